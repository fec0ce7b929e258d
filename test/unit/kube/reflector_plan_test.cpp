#include <soteria/kube/reflector_plan.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

failure expired() {
    return {errc::not_found, "too old", "expired"};
}

failure unreachable() {
    return {errc::unavailable, "refused"};
}

watch_ended ended(std::chrono::milliseconds lived, std::optional<failure> why = std::nullopt, bool progressed = false) {
    watch_ended outcome;
    outcome.lived = lived;
    outcome.why = std::move(why);
    outcome.progressed = progressed;
    return outcome;
}

// "list", "list <token>", "watch <version> <seconds>", "wait <milliseconds>"
std::string text(const reflector_action& action) {
    if (const auto* list = std::get_if<list_action>(&action))
        return list->continue_token.empty() ? "list" : "list " + list->continue_token;
    if (const auto* watch = std::get_if<watch_action>(&action))
        return "watch " + watch->resource_version + " " + std::to_string(watch->timeout.count());
    return "wait " + std::to_string(std::get<wait_action>(action).pause.count());
}

struct plan {
    reflector_state state{[] { return 0.5; }};

    std::string after(const reflector_outcome& outcome) { return text(next(state, outcome)); }

    // Up to a watch from version 10.
    void list_all() {
        BOOST_TEST(after(nothing_yet{}) == "list");
        BOOST_TEST(after(page_listed{"10", ""}) == "watch 10 450");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_reflectors_plan)

BOOST_FIXTURE_TEST_CASE(lists_page_by_page_and_then_watches_from_the_lists_version, plan) {
    BOOST_TEST(after(nothing_yet{}) == "list");
    BOOST_TEST(after(page_listed{"10", "more"}) == "list more");
    BOOST_TEST(after(page_listed{"10", "last"}) == "list last");
    BOOST_TEST(after(page_listed{"10", ""}) == "watch 10 450");
}

BOOST_FIXTURE_TEST_CASE(goes_on_at_once_after_a_proper_end_from_the_last_version_seen, plan) {
    list_all();
    state.resource_version = "17"; // a bookmark
    BOOST_TEST(after(ended(5min)) == "watch 17 450");
}

BOOST_FIXTURE_TEST_CASE(pauses_when_watches_end_as_soon_as_they_begin, plan) {
    list_all();
    BOOST_TEST(after(ended(5ms)) == "wait 1200");
    BOOST_TEST(after(waited{}) == "watch 10 450");
    BOOST_TEST(after(ended(5ms)) == "wait 2400");
}

BOOST_FIXTURE_TEST_CASE(does_not_pause_when_a_short_watch_brought_something, plan) {
    list_all();
    state.resource_version = "11";
    BOOST_TEST(after(ended(5ms, std::nullopt, true)) == "watch 11 450");
}

BOOST_FIXTURE_TEST_CASE(pauses_longer_and_longer_while_the_server_is_away_and_then_goes_on_from_the_last_version,
                        plan) {
    list_all();
    std::vector<std::string> pauses;
    for (int tries = 0; tries < 8; ++tries) {
        pauses.push_back(after(ended(0ms, unreachable())));
        BOOST_TEST(after(waited{}) == "watch 10 450");
    }
    const std::vector<std::string> wanted{"wait 1200",  "wait 2400",  "wait 4800",  "wait 9600",
                                          "wait 19200", "wait 38400", "wait 45000", "wait 45000"};
    BOOST_TEST(pauses == wanted, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(starts_with_small_pauses_again_after_a_watch_that_lived, plan) {
    list_all();
    after(ended(0ms, unreachable()));
    after(ended(0ms, unreachable()));
    BOOST_TEST(after(ended(10s, unreachable())) == "wait 1200");
}

BOOST_FIXTURE_TEST_CASE(lists_again_at_once_when_the_version_has_expired, plan) {
    list_all();
    BOOST_TEST(after(ended(0ms, expired())) == "list");
}

BOOST_FIXTURE_TEST_CASE(does_not_turn_in_a_hot_loop_where_every_version_has_expired, plan) {
    list_all();
    BOOST_TEST(after(ended(0ms, expired())) == "list");
    BOOST_TEST(after(page_listed{"12", ""}) == "watch 12 450");
    BOOST_TEST(after(ended(0ms, expired())) == "wait 1200");
    BOOST_TEST(after(waited{}) == "list");
}

BOOST_FIXTURE_TEST_CASE(starts_the_list_over_when_its_continue_token_has_expired, plan) {
    after(nothing_yet{});
    BOOST_TEST(after(page_listed{"10", "more"}) == "list more");
    BOOST_TEST(after(list_failed{expired()}) == "list");
}

BOOST_FIXTURE_TEST_CASE(starts_a_failed_list_over_after_a_pause, plan) {
    after(nothing_yet{});
    after(page_listed{"10", "more"});
    BOOST_TEST(after(list_failed{unreachable()}) == "wait 1200");
    BOOST_TEST(after(waited{}) == "list");
}

BOOST_FIXTURE_TEST_CASE(waits_at_least_as_long_as_the_server_asks, plan) {
    auto busy = unreachable();
    busy.retry_after = 20s;
    BOOST_TEST(after(list_failed{busy}) == "wait 20000");
}

BOOST_FIXTURE_TEST_CASE(lists_again_after_bytes_that_were_no_events, plan) {
    list_all();
    BOOST_TEST(after(ended(1min, failure(errc::bad_answer, "nonsense"))) == "wait 1200");
    BOOST_TEST(after(waited{}) == "list");
}

BOOST_AUTO_TEST_CASE(asks_for_watches_of_five_to_ten_minutes) {
    for (const double random : {0.0, 0.999}) {
        reflector_state state([random] { return random; });
        next(state, nothing_yet{});
        const auto action = next(state, page_listed{"1", ""});
        const auto seconds = std::get<watch_action>(action).timeout.count();
        BOOST_TEST(seconds >= 300);
        BOOST_TEST(seconds < 600);
    }
}

BOOST_AUTO_TEST_SUITE_END()
