#include "source/net/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::net {

namespace {

errc failed(CURLcode code, bool sent, bool harmless) {
    return failed_transfer({code, sent, harmless, "POST http://upstream/x", ""}).code;
}

errc late(bool sent, bool harmless) {
    return late_transfer({CURLE_OK, sent, harmless, "POST http://upstream/x", ""}).code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_end_of_a_transfer)

BOOST_AUTO_TEST_CASE(before_anything_was_sent_is_unavailable) {
    for (const auto code : {CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_PEER_FAILED_VERIFICATION,
                            CURLE_SSL_CACERT_BADFILE, CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR, CURLE_RECV_ERROR})
        for (const bool harmless : {true, false})
            BOOST_TEST((failed(code, false, harmless) == errc::unavailable), curl_easy_strerror(code));
}

BOOST_AUTO_TEST_CASE(after_sending_leaves_a_changes_outcome_unknown_whatever_the_code) {
    for (const auto code : {CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE,
                            CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT})
        BOOST_TEST((failed(code, true, false) == errc::outcome_unknown), curl_easy_strerror(code));
    BOOST_TEST((late(true, false) == errc::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(of_a_read_is_never_outcome_unknown) {
    for (int code = 1; code < CURL_LAST; ++code)
        for (const bool sent : {true, false})
            BOOST_TEST((failed(static_cast<CURLcode>(code), sent, true) != errc::outcome_unknown));
    BOOST_TEST((late(true, true) == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(that_is_no_http_is_a_bad_answer) {
    for (const auto code : {CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR})
        for (const bool harmless : {true, false})
            BOOST_TEST((failed(code, true, harmless) == errc::bad_answer));
}

BOOST_AUTO_TEST_CASE(names_the_request_without_its_query_and_says_what_to_do) {
    const auto why = failed_transfer(
        {CURLE_RECV_ERROR, true, false, describe_request("POST", "http://upstream/x?token=1"), "connection reset"});
    BOOST_TEST(why.message == "POST http://upstream/x: the request was sent and its answer was lost; look at the "
                              "upstream before trying again (connection reset)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
