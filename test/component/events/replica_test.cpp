#include "fixture.hpp"

using namespace soteria;
using namespace soteria::test;

BOOST_FIXTURE_TEST_SUITE(the_events_of_a_replica, recorded)

BOOST_AUTO_TEST_CASE(tell_every_state_of_a_record_in_its_order_and_its_end) {
    put("old", "Succeeded");
    replica one(*this);
    events::cursor reader(one.hub());
    put("a", "Queued");
    put("a", "Running");
    put("a", "Succeeded");
    drop("a");
    BOOST_TEST(one.read_until(reader, "deleted") == "a Queued|a Running|a Succeeded|a Succeeded deleted");
}

BOOST_AUTO_TEST_CASE(lose_nothing_when_the_watch_is_cut) {
    replica one(*this);
    events::cursor reader(one.hub());
    put("a", "Queued");
    kubernetes.cut_watches();
    put("a", "Running");
    drop("a");
    kubernetes.cut_watches();
    put("b", "Queued");
    BOOST_TEST(one.read_until(reader, "b Queued") == "a Queued|a Running|a Running deleted|b Queued");
}

BOOST_AUTO_TEST_CASE(tell_the_outcome_of_what_the_server_has_forgotten_and_who_was_away_meanwhile_looks_again) {
    put("a", "Running");
    put("gone", "Succeeded");
    replica one(*this);
    events::cursor reader(one.hub());
    const auto before = one.hub().present();
    const auto lists = one.health().lists;
    stop_server();
    put("a", "Succeeded");
    auto within = before;
    within.backups =
        std::string(kubernetes.get("backups.soteria.dev", "ai", "a")->at("metadata").at("resourceVersion").as_string());
    put("short", "Queued");
    drop("short");
    drop("gone");
    put("b", "Queued");
    kubernetes.force_gone();
    start_server();
    BOOST_TEST(one.read_until(reader, "gone Succeeded deleted") == "a Succeeded|b Queued|gone Succeeded deleted");
    BOOST_TEST(one.health().lists == lists + 1);
    BOOST_TEST(one.takes(before), "what it had told up to then is not lost");
    BOOST_TEST(!one.takes(within), "a client that has seen \"short\" elsewhere would never hear of its end");
    events::cursor back(one.hub(), before);
    BOOST_TEST(one.read_until(back, "deleted") == "a Succeeded|b Queued|gone Succeeded deleted");
}

BOOST_AUTO_TEST_CASE(go_on_on_another_replica_from_the_same_id) {
    replica one(*this);
    replica other(*this);
    events::cursor here(one.hub());
    put("a", "Queued");
    put("r", "Queued", "Restore");
    put("a", "Running");
    one.read(here, 3);
    const auto block = *here.heartbeat();
    const auto from = block.find("id: ") + 4;
    const auto seen = events::parse_position(block.substr(from, block.find('\n', from) - from)).value();
    put("a", "Succeeded");
    put("r", "Failed", "Restore");
    BOOST_TEST(other.takes(seen));
    events::cursor there(other.hub(), seen);
    const auto told = other.read(there, 2);
    BOOST_TEST((told == "a Succeeded|r Failed" || told == "r Failed|a Succeeded"), told);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_events_of_a_replica_that_starts, recorded)

BOOST_AUTO_TEST_CASE(reach_back_to_where_the_leader_left_its_mark) {
    put("a", "Running");
    put("done", "Succeeded");
    events::position mark;
    {
        const replica before(*this);
        mark = before.hub().present();
    }
    leave_mark(mark);
    put("a", "Succeeded");
    put("short", "Failed");
    drop("short");
    put("r", "Queued", "Restore");
    drop("done");
    replica next(*this);
    BOOST_TEST(next.takes(mark));
    events::cursor reader(next.hub(), mark);
    BOOST_TEST(next.read_until(reader, "r Queued") ==
               "a Succeeded|short Failed|short Failed deleted|done Succeeded deleted|r Queued");
    put("new", "Queued");
    BOOST_TEST(next.read_until(reader, "new Queued") == "new Queued");
}

BOOST_AUTO_TEST_CASE(do_not_reach_back_where_the_server_has_forgotten) {
    events::position mark;
    {
        const replica before(*this);
        mark = before.hub().present();
    }
    leave_mark(mark);
    put("a", "Succeeded");
    kubernetes.force_gone();
    replica next(*this);
    BOOST_TEST(!next.takes(mark));
    BOOST_TEST(next.takes(next.hub().beginning()));
}

BOOST_AUTO_TEST_CASE(do_not_reach_back_without_a_mark_or_from_one_that_is_none) {
    events::position early;
    {
        const replica before(*this);
        early = before.hub().present();
    }
    put("a", "Succeeded");
    {
        replica next(*this);
        BOOST_TEST(!next.takes(early));
    }
    leave_mark({"garbage", "1"});
    replica next(*this);
    BOOST_TEST(!next.takes(early));
}

BOOST_AUTO_TEST_CASE(begin_where_they_are_when_the_mark_is_ahead_of_them) {
    put("a", "Succeeded");
    leave_mark({"99999", "99999"});
    replica next(*this);
    BOOST_TEST(next.takes(next.hub().beginning()));
}

BOOST_AUTO_TEST_SUITE_END()
