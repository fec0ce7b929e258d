#include "router_harness.hpp"
#include "source/web/event_sight.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web::test {

BOOST_FIXTURE_TEST_SUITE(the_route_of_events, router_harness)

BOOST_AUTO_TEST_CASE(opens_a_stream_that_no_proxy_keeps_back) {
    const auto answer = get("/v1/events");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.content_type == "text/event-stream");
    BOOST_TEST(header(answer, "Cache-Control") == "no-store");
    BOOST_TEST(header(answer, "X-Accel-Buffering") == "no");
    BOOST_TEST(static_cast<bool>(answer.receiver));
    BOOST_TEST(orders.size() == 1u);
}

BOOST_AUTO_TEST_CASE(opens_none_for_a_head) {
    const auto answer = send("HEAD", "/v1/events");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.content_type == "text/event-stream");
    BOOST_TEST(!answer.receiver);
    BOOST_TEST(orders.empty());
}

BOOST_AUTO_TEST_CASE(hands_on_what_is_wanted_and_who_wants_it) {
    get("/v1/events?namespace=ai&pvc=llm.cache&operation=backup.ai.nightly", {{"X-Auth-Request-User", "brad"}});
    BOOST_TEST(orders.at(0).filter.ns == "ai");
    BOOST_TEST(orders.at(0).filter.pvc == "llm.cache");
    BOOST_TEST(orders.at(0).filter.operation == "backup.ai.nightly");
    BOOST_TEST(!orders.at(0).last_event_id);
    BOOST_TEST(orders.at(0).who.user == "brad");
}

BOOST_AUTO_TEST_CASE(takes_the_last_id_from_the_query_and_before_that_from_the_header) {
    get("/v1/events?last_event_id=1.5.6");
    BOOST_TEST(orders.at(0).last_event_id.value() == "1.5.6");
    get("/v1/events?last_event_id=1.5.6", {{"last-event-id", "1.7.8"}});
    BOOST_TEST(orders.at(1).last_event_id.value() == "1.7.8");
}

BOOST_AUTO_TEST_CASE(refuses_what_can_match_nothing) {
    BOOST_TEST(member(get("/v1/events?namespace=A"), "code") == "invalid_name");
    BOOST_TEST(member(get("/v1/events?pvc=-"), "code") == "invalid_name");
    BOOST_TEST(member(get("/v1/events?operation=nightly"), "code") == "bad_parameter");
    BOOST_TEST(member(get("/v1/events?ns=ai"), "code") == "unknown_parameter");
    BOOST_TEST(orders.empty());
}

BOOST_AUTO_TEST_CASE(says_that_there_is_no_place) {
    stream_failure = failure(errc::unavailable, "all event streams are in use", "too_many_streams");
    const auto answer = get("/v1/events");
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(member(answer, "code") == "too_many_streams");
    BOOST_TEST(header(answer, "Retry-After") != "");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

using namespace std::chrono_literals;

struct sight_at_noon {
    const event_sight::time_point noon{1000s};
    const auth::permission ai = auth::to_see_backups("ai");
    const auth::permission web = auth::to_see_backups("web");
    event_sight sight{auth::identity(), 15s};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(what_a_streams_caller_may_see, sight_at_noon)

BOOST_AUTO_TEST_CASE(is_not_known_before_it_is_asked_and_not_for_longer_than_the_answer_counts) {
    BOOST_TEST(!sight.may_see(ai, noon).has_value());
    sight.learn({ai, web}, {web}, noon);
    BOOST_TEST(sight.may_see(ai, noon + 15s).value() == false);
    BOOST_TEST(!sight.may_see(ai, noon + 16s).has_value());
    BOOST_TEST(sight.may_see(web, noon + 30s).value() == true);
    BOOST_TEST(!sight.may_see(web, noon + 31s).has_value());
    sight.learn({web}, {}, noon + 20s);
    BOOST_TEST(sight.may_see(web, noon + 20s).value() == false);
    sight.forget(noon + 31s);
    BOOST_TEST(!sight.may_see(ai, noon).has_value());
    BOOST_TEST(sight.may_see(web, noon + 31s).has_value());
}

BOOST_AUTO_TEST_CASE(is_asked_again_ahead_of_time_where_it_was_allowed) {
    sight.learn({ai, web}, {web}, noon);
    BOOST_TEST(sight.due(noon + 15s).empty());
    BOOST_TEST((sight.due(noon + 16s) == std::vector{web}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
