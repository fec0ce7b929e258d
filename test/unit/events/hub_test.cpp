#include "test/unit/events/changes.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::events;
using namespace soteria::test;

namespace {

struct counting : listener {
    int times = 0;

    void news() noexcept override { ++times; }
};

struct begun {
    hub all;

    begun() { all.begin({"10", "20"}); }

    cursor after(const std::string& id) { return {all, parse_position(id).value()}; }

    resumption asked(const std::string& id) { return all.can_resume(parse_position(id).value()); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_hub)

BOOST_FIXTURE_TEST_CASE(shows_a_new_reader_what_comes_after_it_under_ids_of_both_kinds, begun) {
    all.publish(backup("before", "11"));
    cursor reader(all);
    BOOST_TEST(reader.id() == "id: 1.11.20\n");
    all.publish(restore("a", "21"));
    all.publish(backup("b", "12"));
    BOOST_TEST(read_all(reader) == "1.11.21 a@21|1.12.21 b@12");
    BOOST_TEST(read_all(reader) == "");
    BOOST_TEST(reader.at_end());
}

BOOST_FIXTURE_TEST_CASE(gives_all_readers_the_same_text, begun) {
    cursor one(all);
    cursor other(all);
    all.publish(backup("a", "11"));
    const auto frame = one.next();
    BOOST_TEST(frame->text == "id: 1.11.20\nevent: operation\ndata: a@11\n\n");
    BOOST_TEST(one.text(frame).get() == other.text(other.next()).get());
}

BOOST_FIXTURE_TEST_CASE(gives_rows_of_the_inventory_no_id, begun) {
    cursor reader(all);
    all.publish(row("llm-cache"), "event: inventory\ndata: llm-cache\n\n");
    all.publish(backup("a", "11"));
    BOOST_TEST(read_all(reader) == "llm-cache|1.11.20 a@11");
}

BOOST_FIXTURE_TEST_CASE(shows_who_comes_back_what_it_has_missed_and_nothing_twice, begun) {
    all.publish(backup("a", "11"));
    all.publish(restore("b", "21"));
    all.publish(backup("c", "12"));
    auto reader = after("1.11.20");
    BOOST_TEST(reader.id() == "id: 1.11.20\n");
    BOOST_TEST(read_all(reader) == "1.11.21 b@21|1.12.21 c@12");
}

BOOST_FIXTURE_TEST_CASE(does_not_show_old_rows_to_who_comes_back_as_it_reads_the_inventory_anew, begun) {
    all.publish(backup("a", "11"));
    all.publish(row("old"), "event: inventory\ndata: old\n\n");
    all.publish(backup("b", "12"));
    auto reader = after("1.11.20");
    all.publish(row("new"), "event: inventory\ndata: new\n\n");
    BOOST_TEST(read_all(reader) == "1.12.20 b@12|new");
}

BOOST_FIXTURE_TEST_CASE(never_takes_an_id_back_that_another_replica_has_given, begun) {
    // There, the backup came first: this client has seen a@11, but not r@21.
    all.publish(restore("r", "21"));
    all.publish(backup("a", "11"));
    all.publish(backup("b", "12"));
    auto reader = after("1.11.20");
    BOOST_TEST(read_all(reader) == "1.11.21 r@21|1.12.21 b@12");
}

BOOST_FIXTURE_TEST_CASE(takes_who_has_seen_more_than_it_knows_yet, begun) {
    auto reader = after("1.12.20");
    BOOST_TEST(*reader.heartbeat() == ": \nid: 1.12.20\n\n");
    all.publish(restore("r", "21"));
    all.publish(backup("a", "11"));
    all.publish(backup("b", "12"));
    all.publish(backup("c", "13"));
    BOOST_TEST(read_all(reader) == "1.12.21 r@21|1.13.21 c@13");
    BOOST_TEST(reader.heartbeat().get() == all.heartbeat().get());
}

BOOST_FIXTURE_TEST_CASE(lets_wait_who_must_start_over_but_is_ahead_of_it_so_that_its_id_does_not_go_back, begun) {
    all.no_past();
    BOOST_TEST((asked("1.12.19") == resumption::later));
    all.advance({"12", "20"});
    BOOST_TEST((asked("1.12.19") == resumption::impossible));
}

BOOST_FIXTURE_TEST_CASE(gives_up_who_stays_ahead_of_it_for_two_minutes, begun) {
    auto reader = after("1.900.20");
    for (int beat = 0; beat < cursor::patience; ++beat)
        BOOST_TEST_REQUIRE(reader.heartbeat() != nullptr);
    BOOST_TEST((reader.heartbeat() == nullptr));
    BOOST_TEST(*reader.reset("ids of another history") ==
               "id: 1.10.20\nevent: reset\ndata: {\"reason\":\"ids of another history\"}\n\n");
    all.publish(backup("a", "11"));
    BOOST_TEST(read_all(reader) == "1.11.20 a@11");
}

BOOST_FIXTURE_TEST_CASE(moves_on_without_frames_by_what_the_watches_have_passed, begun) {
    cursor reader(all);
    all.advance({"15", "20"});
    BOOST_TEST(*reader.heartbeat() == ": \nid: 1.15.20\n\n");
    all.advance({"14", "22"});
    BOOST_TEST(*reader.heartbeat() == ": \nid: 1.15.22\n\n");
    all.publish(backup("a", "16"));
    BOOST_TEST(read_all(reader) == "1.16.22 a@16");
}

BOOST_FIXTURE_TEST_CASE(gives_what_a_list_shows_at_once_its_id_only_with_the_last, begun) {
    all.publish(backup("a", "14", false));
    all.publish(row("between"), "event: inventory\ndata: between\n\n");
    all.publish(backup("b", "15", false));
    all.publish(backup("c", "15"));
    auto from_before = after("1.10.20");
    BOOST_TEST(read_all(from_before) == "1.10.20 a@14|1.10.20 b@15|1.15.20 c@15");
    auto from_after = after("1.15.20");
    BOOST_TEST(read_all(from_after) == "");
}

BOOST_FIXTURE_TEST_CASE(does_not_let_go_on_who_has_seen_a_part_of_what_it_knows_by_its_outcome_only, begun) {
    auto with_us = after("1.10.20");
    auto within = after("1.12.20");
    auto beyond = after("1.15.20");
    all.skip(record_kind::backup, "15");
    all.publish(backup("a", "13", false));
    all.publish(backup("b", "15"));
    BOOST_TEST(read_all(with_us) == "1.10.20 a@13|1.15.20 b@15");
    BOOST_TEST(within.lost());
    BOOST_TEST((within.next() == nullptr));
    BOOST_TEST(read_all(beyond) == "");
    BOOST_TEST((asked("1.10.20") == resumption::possible));
    BOOST_TEST((asked("1.13.20") == resumption::impossible));
    BOOST_TEST((asked("1.15.20") == resumption::possible));
}

BOOST_FIXTURE_TEST_CASE(keeps_no_endless_account_of_what_it_skipped, begun) {
    for (int each = 11; each < 60; ++each) {
        all.skip(record_kind::backup, std::to_string(each));
        all.advance({std::to_string(each), "20"});
    }
    BOOST_TEST((asked("1.20.20") != resumption::possible));
    BOOST_TEST((asked("1.58.20") == resumption::possible));
}

BOOST_AUTO_TEST_CASE(keeps_so_many_frames_and_says_from_where_one_can_go_on) {
    hub all({.frames = 3, .bytes = 1U << 20U});
    all.begin({"10", "20"});
    BOOST_TEST((all.can_resume({"10", "20"}) == resumption::possible));
    all.no_past();
    BOOST_TEST((all.can_resume({"9", "20"}) == resumption::impossible));
    for (int each = 11; each <= 14; ++each)
        all.publish(backup("a", std::to_string(each)));
    all.publish(restore("r", "21"));
    // 11 and 12 have been dropped.
    BOOST_TEST((all.can_resume({"11", "20"}) == resumption::impossible));
    BOOST_TEST((all.can_resume({"12", "20"}) == resumption::possible));
    cursor reader(all, {"12", "20"});
    BOOST_TEST(read_all(reader) == "1.13.20 a@13|1.14.20 a@14|1.14.21 r@21");
}

BOOST_AUTO_TEST_CASE(keeps_so_many_bytes) {
    hub all({.frames = 1000, .bytes = 20'000});
    all.begin({"10", "20"});
    for (int each = 100; each < 200; ++each) {
        auto big = backup("a", std::to_string(each));
        big.body = std::string(1000, ' ');
        all.publish(std::move(big));
    }
    BOOST_TEST(all.held_bytes() <= 20'000U);
    BOOST_TEST(all.held_bytes() > 15'000U);
    auto huge = backup("a", "200");
    huge.body = std::string(30'000, ' ');
    all.publish(std::move(huge));
    BOOST_TEST((all.at(all.end() - 1) != nullptr), "one frame is always there");
    BOOST_TEST((all.at(all.end() - 2) == nullptr));
}

BOOST_AUTO_TEST_CASE(cuts_off_a_reader_whose_next_frame_is_gone) {
    hub all({.frames = 3, .bytes = 1U << 20U});
    all.begin({"10", "20"});
    cursor slow(all);
    for (int each = 11; each <= 13; ++each)
        all.publish(backup("a", std::to_string(each)));
    BOOST_TEST(!slow.lost());
    all.publish(backup("a", "14"));
    BOOST_TEST(slow.lost());
    BOOST_TEST((slow.next() == nullptr));
}

BOOST_AUTO_TEST_CASE(lets_nobody_go_on_before_it_has_begun) {
    hub all;
    counting heard;
    all.attach(heard);
    BOOST_TEST((all.can_resume({"10", "20"}) == resumption::later));
    all.begin({"10", "20"});
    BOOST_TEST(heard.times == 1);
    BOOST_TEST((all.can_resume({"10", "20"}) == resumption::possible));
    BOOST_TEST((all.can_resume({"9", "20"}) == resumption::later), "what was before may still come");
    all.publish(backup("a", "11"));
    BOOST_TEST(heard.times == 2);
    all.no_past();
    BOOST_TEST(heard.times == 3);
    all.detach(heard);
    all.publish(backup("a", "12"));
    BOOST_TEST(heard.times == 3);
}

BOOST_FIXTURE_TEST_CASE(takes_in_what_happened_before_it_began, begun) {
    all.publish(backup("new", "11"));
    BOOST_TEST((asked("1.4.5") == resumption::later));
    all.fill({"3", "5"}, {backup("a", "6"), backup("b", "10"), restore("r", "8")});
    BOOST_TEST((asked("1.4.5") == resumption::possible));
    BOOST_TEST((asked("1.2.9") == resumption::impossible));
    auto reader = after("1.4.5");
    BOOST_TEST(read_all(reader) == "1.6.5 a@6|1.10.5 b@10|1.10.8 r@8|1.11.20 new@11");
    auto later_one = after("1.7.9");
    BOOST_TEST(read_all(later_one) == "1.10.9 b@10|1.11.20 new@11");
}

BOOST_AUTO_TEST_CASE(does_not_take_the_past_where_it_would_leave_a_gap) {
    hub all({.frames = 3, .bytes = 1U << 20U});
    all.begin({"10", "20"});
    for (int each = 11; each <= 14; ++each)
        all.publish(backup("a", std::to_string(each)));
    all.fill({"3", "5"}, {backup("p", "6")});
    BOOST_TEST((all.can_resume({"3", "5"}) == resumption::impossible));
    BOOST_TEST((all.can_resume({"11", "20"}) == resumption::possible));
}

BOOST_AUTO_TEST_CASE(keeps_of_the_past_what_fits) {
    hub all({.frames = 3, .bytes = 1U << 20U});
    all.begin({"10", "20"});
    all.publish(backup("new", "11"));
    all.fill({"3", "5"}, {backup("a", "6"), backup("b", "7"), restore("r", "8")});
    BOOST_TEST((all.can_resume({"5", "5"}) == resumption::impossible));
    cursor reader(all, {"6", "5"});
    BOOST_TEST(read_all(reader) == "1.7.5 b@7|1.7.8 r@8|1.11.20 new@11");
}

BOOST_FIXTURE_TEST_CASE(tells_everybody_to_look_again_when_versions_went_back, begun) {
    all.publish(backup("a", "11"));
    cursor reader(all);
    auto ahead = after("1.90.90");
    all.restart({"2", "20"}, "the cluster's history has been replaced");
    BOOST_TEST(read_all(reader) == "1.2.20 {\"reason\":\"the cluster's history has been replaced\"}");
    BOOST_TEST(read_all(ahead) == "1.2.20 {\"reason\":\"the cluster's history has been replaced\"}");
    all.publish(backup("a", "3"));
    BOOST_TEST(read_all(reader) == "1.3.20 a@3");
    BOOST_TEST(read_all(ahead) == "1.3.20 a@3");
    BOOST_TEST((asked("1.1.20") == resumption::impossible));
}

BOOST_FIXTURE_TEST_CASE(tells_everybody_to_look_again_when_there_is_too_much_to_tell_and_ids_stay, begun) {
    cursor reader(all);
    auto ahead = after("1.12.20");
    all.publish_reset("most of the inventory has changed");
    all.publish(backup("a", "11"));
    BOOST_TEST(read_all(reader) == "1.10.20 {\"reason\":\"most of the inventory has changed\"}|1.11.20 a@11");
    BOOST_TEST(read_all(ahead) == "1.12.20 {\"reason\":\"most of the inventory has changed\"}");
    BOOST_TEST(all.published(topic::reset) == 1U);
    BOOST_TEST(all.published(topic::operation) == 1U);
    auto next = after("1.10.20");
    BOOST_TEST(read_all(next) == "1.11.20 a@11");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_filter)

BOOST_AUTO_TEST_CASE(lets_through_what_concerns_its_namespace_pvc_or_operation) {
    auto about = restore("restore.lab.x", "5").about;
    about.record_namespace = "lab";
    about.target = {"lab", "copy"};
    for (const filter& wanted :
         {filter{}, filter{"ai", "", ""}, filter{"lab", "", ""}, filter{"lab", "copy", ""},
          filter{"ai", "llm-cache", ""}, filter{"", "copy", ""}, filter{"", "", "restore.lab.x"}})
        BOOST_TEST(matches(wanted, about), wanted.ns << "/" << wanted.pvc << "/" << wanted.operation);
    for (const filter& wanted : {filter{"web", "", ""}, filter{"ai", "other", ""}, filter{"", "", "restore.lab.y"},
                                 filter{"web", "", "restore.lab.x"}})
        BOOST_TEST(!matches(wanted, about), wanted.ns << "/" << wanted.pvc << "/" << wanted.operation);
}

BOOST_AUTO_TEST_CASE(lets_rows_through_by_their_pvc_and_none_where_an_operation_is_followed) {
    BOOST_TEST(matches({}, row("llm-cache")));
    BOOST_TEST(matches({"ai", "llm-cache", ""}, row("llm-cache")));
    BOOST_TEST(!matches({"ai", "other", ""}, row("llm-cache")));
    BOOST_TEST(!matches({"web", "", ""}, row("llm-cache")));
    BOOST_TEST(!matches({"", "", "backup.ai.x"}, row("llm-cache")));
}

BOOST_AUTO_TEST_CASE(lets_every_reset_through) {
    subject about;
    about.what = topic::reset;
    BOOST_TEST(matches({"ai", "llm-cache", "backup.ai.x"}, about));
    about.what = topic::restart;
    BOOST_TEST(matches({"ai", "llm-cache", "backup.ai.x"}, about));
}

BOOST_AUTO_TEST_SUITE_END()
