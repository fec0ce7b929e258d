#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/past.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

std::string event(const std::string& type, int version) {
    return R"({"type":")" + type +
           R"(","object":{"metadata":{"namespace":"ai","name":"a","uid":"u1","resourceVersion":")" +
           std::to_string(version) + "\"}}}\n";
}

cluster_access at_test() {
    cluster_access access;
    access.server = "http://test";
    return access;
}

struct asking {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, at_test()};
    std::string shown;

    past_question question{persistent_volume_claims, "10", "20", "events/look_back"};

    result<void> ask(async::deadline until = async::deadline::after(20s)) {
        return test::run(context, read_past(
                                      kubernetes, question,
                                      [this](const watch_event& one) {
                                          shown += (shown.empty() ? "" : " ") + one.resource_version +
                                                   (one.type == watch_event::kind::deleted ? "-" : "");
                                      },
                                      until));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_past_of_a_kind, asking)

BOOST_AUTO_TEST_CASE(is_what_a_watch_shows_up_to_a_version_that_is_surely_past_it) {
    auto& watch = http.on("GET", "*watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=4")
                      .answer(200, event("ADDED", 12) + event("DELETED", 15) + event("BOOKMARK", 25))
                      .then_silent();
    BOOST_TEST(ask().has_value());
    BOOST_TEST(shown == "12 15-");
    BOOST_TEST(watch.uses() == 1U);
    BOOST_TEST(http.open_streams() == 0U);
}

BOOST_AUTO_TEST_CASE(ends_before_what_is_later) {
    http.on("GET", "*").answer(200, event("ADDED", 12) + event("MODIFIED", 21) + event("MODIFIED", 22)).then_silent();
    BOOST_TEST(ask().has_value());
    BOOST_TEST(shown == "12");
}

BOOST_AUTO_TEST_CASE(ends_with_the_very_version_that_it_goes_to) {
    http.on("GET", "*").answer(200, event("MODIFIED", 20)).then_silent();
    BOOST_TEST(ask().has_value());
    BOOST_TEST(shown == "20");
}

BOOST_AUTO_TEST_CASE(is_asked_for_again_from_where_a_watch_ended_that_did_not_say_enough) {
    http.on("GET", "*resourceVersion=10&*").answer(200, event("ADDED", 12) + event("BOOKMARK", 13));
    http.on("GET", "*resourceVersion=13&*").answer(200, event("MODIFIED", 14) + event("BOOKMARK", 20));
    BOOST_TEST(ask().has_value());
    BOOST_TEST(shown == "12 14");
}

BOOST_AUTO_TEST_CASE(is_unknown_where_the_server_does_not_reach_back_so_far) {
    const std::string expired = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})";
    http.on("GET", "*").answer(410, expired);
    const auto refused = ask();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().reason == "expired");
    http.on("GET", "*").answer(200, R"({"type":"ERROR","object":)" + expired + "}\n");
    const auto told_later = ask();
    BOOST_REQUIRE(!told_later);
    BOOST_TEST(told_later.error().reason == "expired");
}

BOOST_AUTO_TEST_CASE(is_unknown_while_the_server_does_not_say_that_it_is_past_it) {
    http.on("GET", "*").answer(200, event("ADDED", 12)).then_silent();
    const auto in_vain = ask(async::deadline::after(1ms));
    BOOST_REQUIRE(!in_vain);
    BOOST_TEST((in_vain.error().code == errc::timed_out), in_vain.error().message);
}

BOOST_AUTO_TEST_CASE(is_given_up_where_it_is_too_long) {
    question.most_events = 2;
    http.on("GET", "*").answer(200, event("ADDED", 12) + event("MODIFIED", 13) + event("MODIFIED", 14));
    const auto too_much = ask();
    BOOST_REQUIRE(!too_much);
    BOOST_TEST((too_much.error().code == errc::unprocessable));
}

BOOST_AUTO_TEST_CASE(is_nothing_between_a_version_and_itself_or_an_earlier_one) {
    question.after = "20";
    BOOST_TEST(ask().has_value());
    question.after = "30";
    BOOST_TEST(ask().has_value());
    BOOST_TEST(http.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
