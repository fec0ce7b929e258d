#include <soteria/longhorn/schedule.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::longhorn;
using namespace std::chrono_literals;

namespace {

const poll_settings settings;
const poll_time noon = poll_time{} + 12h;

poll_record begun(poll_time when, int failures = 0) {
    return {when, failures};
}

} // namespace

BOOST_AUTO_TEST_SUITE(Polls_are_made_when_they_are_due)

BOOST_AUTO_TEST_CASE(the_first_refresh_is_due_at_once) {
    BOOST_TEST((next_refresh(settings, {}) <= noon));
}

BOOST_AUTO_TEST_CASE(a_refresh_is_due_one_period_after_the_start_of_the_last) {
    BOOST_TEST((next_refresh(settings, begun(noon)) == noon + 300s));
}

BOOST_AUTO_TEST_CASE(a_failed_refresh_is_repeated_sooner_and_ever_later_up_to_the_period) {
    BOOST_TEST((next_refresh(settings, begun(noon, 1)) == noon + 5s));
    BOOST_TEST((next_refresh(settings, begun(noon, 2)) == noon + 10s));
    BOOST_TEST((next_refresh(settings, begun(noon, 7)) == noon + 300s));
    BOOST_TEST((next_refresh(settings, begun(noon, 1000)) == noon + 300s));
}

BOOST_AUTO_TEST_CASE(a_short_period_is_no_longer_after_a_failure) {
    poll_settings quick;
    quick.refresh = 1s;
    BOOST_TEST((next_refresh(quick, begun(noon, 1)) == noon + 1s));
}

BOOST_AUTO_TEST_CASE(volumes_that_nobody_follows_are_never_due) {
    BOOST_TEST((next_volume_poll(settings, false, {}) == poll_time::max()));
}

BOOST_AUTO_TEST_CASE(followed_volumes_are_due_every_two_seconds_and_less_often_after_failures) {
    BOOST_TEST((next_volume_poll(settings, true, {}) <= noon));
    BOOST_TEST((next_volume_poll(settings, true, begun(noon)) == noon + 2s));
    BOOST_TEST((next_volume_poll(settings, true, begun(noon, 2)) == noon + 8s));
    BOOST_TEST((next_volume_poll(settings, true, begun(noon, 50)) == noon + 30s));
}

BOOST_AUTO_TEST_CASE(nothing_followed_is_nothing_to_do) {
    const auto round = next_backup_round(settings, {}, noon);
    BOOST_TEST(round.empty());
    BOOST_TEST((round.next == poll_time::max()));
}

BOOST_AUTO_TEST_CASE(the_backups_that_are_due_are_taken_and_the_next_one_gives_the_time) {
    followed_backups state;
    state.followed["new"] = {};
    state.followed["old"] = begun(noon - 3s);
    state.followed["fresh"] = begun(noon - 500ms);
    state.followed["failing"] = begun(noon - 3s, 3);
    const auto round = next_backup_round(settings, state, noon);
    BOOST_TEST((round.volumes == std::set<std::string>{"new", "old"}));
    BOOST_TEST(round.soon.empty());
    BOOST_TEST((round.next == noon + 1500ms));
}

BOOST_AUTO_TEST_CASE(what_is_wanted_soon_is_taken_once_even_if_it_was_just_polled) {
    followed_backups state;
    state.followed["v"] = begun(noon - 1ms);
    state.soon["v"] = {};
    const auto round = next_backup_round(settings, state, noon);
    BOOST_TEST((round.volumes == std::set<std::string>{"v"}));
    BOOST_TEST((round.soon == std::set<std::string>{"v"}));
}

BOOST_AUTO_TEST_CASE(what_was_wanted_soon_and_failed_waits) {
    followed_backups state;
    state.soon["v"] = begun(noon, 1);
    const auto round = next_backup_round(settings, state, noon);
    BOOST_TEST(round.empty());
    BOOST_TEST((round.next == noon + 4s));
}

BOOST_AUTO_TEST_SUITE_END()
