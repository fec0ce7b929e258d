#include <soteria/operations/conflicts.hpp>
#include <soteria/web/problem.hpp>
#include <soteria/web/problem_codes.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

std::string mapped(const failure& error) {
    const auto made = to_problem(error);
    std::string text = std::to_string(made.status) + " " + made.code;
    for (const auto& [name, value] : made.headers)
        text += " " + name + ":" + value;
    return text;
}

failure from_upstream(errc code, int status) {
    failure error(code, "sentence");
    error.upstream_status = status;
    return error;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_failure_as_a_status)

BOOST_AUTO_TEST_CASE(follows_what_the_caller_can_do_next) {
    BOOST_TEST(mapped({errc::invalid, "s"}) == "400 invalid_request");
    BOOST_TEST(mapped({errc::forbidden, "s"}) == "403 forbidden");
    BOOST_TEST(mapped({errc::not_found, "s"}) == "404 not_found");
    BOOST_TEST(mapped({errc::conflict, "s"}) == "409 conflict");
    BOOST_TEST(mapped({errc::unprocessable, "s"}) == "422 unprocessable");
    BOOST_TEST(mapped({errc::precondition, "s"}) == "412 plan_changed");
    BOOST_TEST(mapped({errc::internal, "s"}) == "500 internal");
}

BOOST_AUTO_TEST_CASE(of_an_upstream_is_502_503_or_504) {
    BOOST_TEST(mapped({errc::unavailable, "s"}) == "503 upstream_unavailable Retry-After:5");
    BOOST_TEST(mapped({errc::retry, "s"}) == "503 try_again Retry-After:5");
    BOOST_TEST(mapped({errc::cancelled, "s"}) == "503 shutting_down Retry-After:5");
    BOOST_TEST(mapped(from_upstream(errc::unavailable, 429)) == "429 throttled Retry-After:5");
    BOOST_TEST(mapped(from_upstream(errc::retry, 429)) == "429 throttled Retry-After:5");
    BOOST_TEST(mapped(from_upstream(errc::unavailable, 503)) == "503 upstream_unavailable Retry-After:5");
    BOOST_TEST(mapped(from_upstream(errc::retry, 503)) == "503 try_again Retry-After:5");
    BOOST_TEST(mapped(from_upstream(errc::unavailable, 500)) == "502 upstream_refused");
    BOOST_TEST(mapped(from_upstream(errc::forbidden, 403)) == "502 upstream_refused");
    BOOST_TEST(mapped({errc::bad_answer, "s"}) == "502 upstream_bad_answer");
    BOOST_TEST(mapped({errc::timed_out, "s"}) == "504 upstream_timeout");
    BOOST_TEST(mapped({errc::outcome_unknown, "s"}) == "504 outcome_unknown");
}

BOOST_AUTO_TEST_CASE(is_502_where_an_upstream_refuses_this_service_and_not_the_caller) {
    auto rights = from_upstream(errc::forbidden, 403);
    rights.reason = "forbidden";
    BOOST_TEST(mapped(rights) == "502 upstream_refused");
    BOOST_TEST(mapped(from_upstream(errc::invalid, 400)) == "502 upstream_refused");
    auto no_kind = from_upstream(errc::not_found, 404);
    BOOST_TEST(mapped(no_kind) == "404 not_found");
    no_kind.reason = "unknown_kind";
    BOOST_TEST(mapped(no_kind) == "502 upstream_refused");
}

BOOST_AUTO_TEST_CASE(has_a_code_of_the_api_and_no_other) {
    BOOST_TEST(mapped({errc::conflict, "s", "invented"}) == "409 conflict");
    BOOST_TEST(mapped({errc::not_found, "s", "target_exists"}) == "404 not_found");
    for (const auto& each : problem_codes())
        BOOST_TEST(std::ranges::count_if(problem_codes(), [&](const auto& other) {
                       return other.status == each.status && other.code == each.code;
                   }) == 1);
}

BOOST_AUTO_TEST_CASE(keeps_the_failures_own_reason_and_pause) {
    BOOST_TEST(mapped({errc::conflict, "s", "target_exists"}) == "409 target_exists");
    failure busy(errc::unavailable, "s", "backup_target_unavailable");
    busy.retry_after = std::chrono::seconds(17);
    BOOST_TEST(mapped(busy) == "503 backup_target_unavailable Retry-After:17");
    failure in_use(errc::conflict, "s", "idempotency_key_in_use");
    in_use.retry_after = std::chrono::seconds(1);
    BOOST_TEST(mapped(in_use) == "409 idempotency_key_in_use Retry-After:1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(problem_details)

BOOST_AUTO_TEST_CASE(are_one_document_with_the_sentence_twice) {
    request about;
    about.path = "/v1/restores";
    about.request_id = "r-1";
    const auto made = to_response(problem(409, "target_exists", "ai/x is there already"), about);
    BOOST_TEST(made.status == 409);
    BOOST_TEST(made.content_type == "application/problem+json");
    BOOST_TEST(made.body == R"({"type":"urn:soteria:problem:target_exists","title":"Conflict","status":409,)"
                            R"("detail":"ai/x is there already","instance":"/v1/restores","code":"target_exists",)"
                            R"("error":"ai/x is there already","request_id":"r-1"})"
                            "\n");
}

BOOST_AUTO_TEST_CASE(name_the_operation_that_stands_in_the_way) {
    const auto running = operations::operation_running("backup.ai.nightly", "on ai/llm-cache");
    const auto made = to_response(to_problem(running), request());
    BOOST_TEST(made.body.find(R"(cancel it","operation":"backup.ai.nightly","request_id":)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stay_utf8_whatever_they_quote) {
    const auto made = to_response(problem(400, "invalid_name", "\"a\xc3\" is no name"), request());
    BOOST_TEST(made.body.find("a\xef\xbf\xbd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(title_422_as_the_present_http_standard_does) {
    BOOST_TEST(status_title(422) == "Unprocessable Content");
    BOOST_TEST(status_title(503) == "Service Unavailable");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
