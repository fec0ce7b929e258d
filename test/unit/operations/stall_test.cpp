// What does not move is seen to stand still, with the reason, long before it is given up.
#include "source/operations/sight.hpp"

#include <soteria/operations/decide.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

namespace soteria::operations {
namespace {

using backup::step_report;
using domain::operation_phase;
using std::chrono::seconds;

constexpr std::array steps{
    backup::step_definition{"create_volume", "create", "delete_volume", true, "LonghornVolume", ""},
    backup::step_definition{"wait_restored", "wait", "", false, "LonghornVolume", ""},
    backup::step_definition{"wait_bound", "wait", "", false, "PersistentVolumeClaim", ""},
};

const instant start = *parse_rfc3339("2026-04-12T15:30:00Z");
const limits limit{seconds(1000), seconds(1000), seconds(30), seconds(20)};

step_report at_percent(int percent) {
    auto report = step_report::waiting("Longhorn is restoring the data", seconds(2));
    report.progress = domain::progress{percent, {}, {}, {}};
    return report;
}

step_report unschedulable() {
    auto report = at_percent(40);
    report.message = "insufficient storage.";
    report.code = "unschedulable";
    return report;
}

// A restore at 40 %, which was written at `start`.
domain::operation restoring() {
    domain::operation record;
    record.kind = domain::operation_kind::restore;
    record.ns = "ai";
    record.name = "restore-1";
    record.request.target = {"ai", "copy"};
    record.protected_by_finalizer = true;
    record = std::get<begin>(decide(record, steps, limit, start)).next;
    record = after_perform(record, steps, "create_volume", step_report::done(), limit, start).next;
    return after_perform(record, steps, "wait_restored", at_percent(40), limit, start).next;
}

consequence after(const domain::operation& record, const step_report& report, instant now) {
    return after_perform(record, steps, "wait_restored", report, limit, now);
}

domain::operation stalled() {
    return after(restoring(), unschedulable(), start + limit.stall).next;
}

} // namespace

BOOST_AUTO_TEST_SUITE(an_operation_that_does_not_move)

BOOST_AUTO_TEST_CASE(is_stalled_after_its_time_and_says_since_when_why_and_until_when) {
    const auto record = restoring();
    BOOST_TEST(!after(record, unschedulable(), start + seconds(29)).next.stalled_since.has_value());
    const auto found = after(record, unschedulable(), start + seconds(30));
    BOOST_TEST((found.write == writing::at_once));
    BOOST_TEST((found.next.phase == operation_phase::running));
    BOOST_TEST((found.next.stalled_since == start + seconds(30)));
    BOOST_TEST(found.next.reason == "Unschedulable");
    BOOST_TEST(found.next.message ==
               "no progress since 2026-04-12T15:30:00Z: insufficient storage; unless it moves, it is "
               "given up at 2026-04-12T15:31:00Z");
    BOOST_TEST(found.next.find_step("wait_restored")->message == "insufficient storage");
}

BOOST_AUTO_TEST_CASE(has_a_word_for_it_also_where_nobody_gives_a_reason) {
    const auto found = after(restoring(), at_percent(40), start + seconds(30)).next;
    BOOST_TEST(found.reason == "Stalled");
    BOOST_TEST(found.message.find(": Longhorn is restoring the data; unless") != std::string::npos, found.message);
}

BOOST_AUTO_TEST_CASE(says_what_holds_it_up_only_now) {
    auto report = at_percent(40);
    report.held_up_by = "the volume v is attaching";
    BOOST_TEST(after(restoring(), report, start + seconds(10)).next.message == "Longhorn is restoring the data");
    const auto found = after(restoring(), report, start + seconds(30)).next;
    BOOST_TEST(found.message.find("the data; the volume v is attaching; unless") != std::string::npos, found.message);
}

BOOST_AUTO_TEST_CASE(is_not_written_again_while_nothing_changes_and_is_when_the_cause_does) {
    const auto record = stalled();
    BOOST_TEST((after(record, unschedulable(), start + seconds(40)).write == writing::not_needed));
    auto other = unschedulable();
    other.code = "replica_failed";
    const auto found = after(record, other, start + seconds(40));
    BOOST_TEST((found.write == writing::when_convenient));
    BOOST_TEST(found.next.reason == "ReplicaFailed");
    BOOST_TEST((found.next.stalled_since == record.stalled_since));
}

BOOST_AUTO_TEST_CASE(goes_on_as_if_nothing_had_been_when_it_moves_again) {
    const auto found = after(stalled(), at_percent(41), start + seconds(45));
    BOOST_TEST((found.write == writing::at_once));
    BOOST_TEST(!found.next.stalled_since.has_value());
    BOOST_TEST(found.next.reason == "WaitRestored");
    BOOST_TEST(found.next.message == "Longhorn is restoring the data");
    BOOST_TEST((found.next.last_progress_at == start + seconds(45)));
    BOOST_TEST(std::holds_alternative<perform>(decide(found.next, steps, limit, start + seconds(100))));
}

BOOST_AUTO_TEST_CASE(goes_on_when_its_turn_is_what_it_waits_for) {
    const auto found =
        after(stalled(), step_report::queued("waiting for the Job ai/other", seconds(2)), start + seconds(45));
    BOOST_TEST(!found.next.stalled_since.has_value());
    BOOST_TEST((found.next.last_progress_at == start + seconds(45)));
}

BOOST_AUTO_TEST_CASE(is_no_more_stalled_with_its_next_step_or_its_end) {
    const auto next = after(stalled(), step_report::done(), start + seconds(45)).next;
    BOOST_TEST(!next.stalled_since.has_value());
    const auto failed = after(stalled(), step_report::failed("restore_failed", "faulted"), start + seconds(45)).next;
    BOOST_TEST(!failed.stalled_since.has_value());
}

BOOST_AUTO_TEST_CASE(is_given_up_after_the_same_time_again_with_the_cause_in_its_error) {
    const auto record = stalled();
    BOOST_TEST(std::holds_alternative<perform>(decide(record, steps, limit, start + seconds(59))));
    const auto given_up = std::get<write>(decide(record, steps, limit, start + seconds(60))).next;
    BOOST_TEST((given_up.phase == operation_phase::rolling_back));
    BOOST_TEST(!given_up.stalled_since.has_value());
    BOOST_TEST(given_up.error->code == "stalled");
    BOOST_TEST(given_up.error->detail == "no progress for 60 seconds; last: insufficient storage");
}

BOOST_AUTO_TEST_CASE(is_not_blamed_for_the_time_in_which_no_replica_looked) {
    auto watched = limit;
    watched.watched_since = start + seconds(500);
    const auto record = restoring();
    const auto soon = start + seconds(510);
    BOOST_TEST(std::holds_alternative<perform>(decide(record, steps, watched, soon)));
    const auto looked = after_perform(record, steps, "wait_restored", unschedulable(), watched, soon);
    BOOST_TEST(!looked.next.stalled_since.has_value());
    BOOST_TEST(std::holds_alternative<write>(decide(record, steps, watched, start + seconds(560))));
}

BOOST_AUTO_TEST_CASE(is_shown_but_not_given_up_while_it_cannot_be_seen) {
    auto report = at_percent(40);
    report.code = "longhorn_unavailable";
    report.held_up_by = "Longhorn cannot be asked: connection refused";
    report.unseen = true;
    sight seen;
    seen.looked(report, limit, start + seconds(2));
    const auto shown = after_perform(restoring(), steps, "wait_restored", report, seen.of(limit), start + seconds(30));
    BOOST_TEST((shown.next.stalled_since == start + seconds(30)));
    BOOST_TEST(shown.next.reason == "LonghornUnavailable");
    BOOST_TEST(shown.next.message ==
               "no progress since 2026-04-12T15:30:00Z: Longhorn is restoring the data; Longhorn cannot be asked: "
               "connection refused; unless it moves, it is given up at 2026-04-12T15:46:40Z");
    BOOST_TEST(std::holds_alternative<perform>(decide(shown.next, steps, seen.of(limit), start + seconds(999))));
    const auto late = std::get<write>(decide(shown.next, steps, seen.of(limit), start + seconds(1000))).next;
    BOOST_TEST(late.error->code == "timed_out");
}

BOOST_AUTO_TEST_CASE(has_its_time_anew_when_it_can_be_seen_again_after_long) {
    auto unseen = at_percent(40);
    unseen.unseen = true;
    sight seen;
    seen.looked(unseen, limit, start + seconds(2));
    seen.looked(unseen, limit, start + seconds(500));
    seen.looked(at_percent(40), limit, start + seconds(502));
    const auto record = stalled();
    BOOST_TEST(std::holds_alternative<perform>(decide(record, steps, seen.of(limit), start + seconds(502 + 59))));
    BOOST_TEST(std::holds_alternative<write>(decide(record, steps, seen.of(limit), start + seconds(502 + 60))));
}

BOOST_AUTO_TEST_CASE(is_not_excused_by_a_short_silence) {
    auto unseen = at_percent(40);
    unseen.unseen = true;
    sight seen;
    seen.looked(unseen, limit, start + seconds(55));
    BOOST_TEST(std::holds_alternative<perform>(decide(stalled(), steps, seen.of(limit), start + seconds(60))));
    seen.looked(at_percent(40), limit, start + seconds(62));
    BOOST_TEST(std::holds_alternative<write>(decide(stalled(), steps, seen.of(limit), start + seconds(62))));
}

BOOST_AUTO_TEST_CASE(is_not_taken_for_one_whose_little_progress_was_not_worth_a_write) {
    const auto record = restoring();
    const auto found = after(record, at_percent(41), start + seconds(16));
    BOOST_TEST((found.write == writing::at_once), "before it would be stalled, movement must be on record");
    BOOST_TEST((found.next.last_progress_at == start + seconds(16)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::operations
