#include <soteria/operations/decide.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

namespace soteria::operations {
namespace {

using backup::step_report;
using domain::operation_phase;
using domain::step_state;

constexpr std::array steps{
    backup::step_definition{"resolve", "run", "", false, "LonghornBackup", ""},
    backup::step_definition{"create_volume", "create", "delete_volume", true, "LonghornVolume", ""},
    backup::step_definition{"create_claim", "create", "delete_claim", true, "PersistentVolumeClaim", ""},
    backup::step_definition{"wait_restored", "wait", "", false, "LonghornVolume", ""},
};

const instant start = *parse_rfc3339("2026-04-12T15:30:00Z");
const limits limit{std::chrono::seconds(100), std::chrono::seconds(100), std::chrono::seconds(30),
                   std::chrono::seconds(20)};

domain::operation queued() {
    domain::operation operation;
    operation.kind = domain::operation_kind::restore;
    operation.ns = "ai";
    operation.name = "restore-1";
    operation.request.target = {"ai", "copy"};
    operation.protected_by_finalizer = true;
    return operation;
}

domain::operation begun() {
    const auto next = decide(queued(), steps, limit, start);
    return std::get<begin>(next).next;
}

// The record after `count` steps were done.
domain::operation after_steps(std::size_t count) {
    auto record = begun();
    for (std::size_t i = 0; i < count; ++i)
        record = after_perform(record, steps, record.steps[i].name, step_report::done(), limit, start).next;
    return record;
}

std::string undone_next(const domain::operation& record) {
    const auto next = decide(record, steps, limit, start);
    const auto* what = std::get_if<undo>(&next);
    return what == nullptr ? "nothing" : what->step;
}

} // namespace

BOOST_AUTO_TEST_SUITE(deciding)

BOOST_AUTO_TEST_CASE(an_unprotected_record_gets_its_finalizer_before_anything_else) {
    auto record = queued();
    record.protected_by_finalizer = false;
    BOOST_TEST(std::holds_alternative<protect>(decide(record, steps, limit, start)));
}

BOOST_AUTO_TEST_CASE(an_unprotected_record_that_is_deleted_is_left_to_kubernetes) {
    auto record = queued();
    record.protected_by_finalizer = false;
    record.delete_requested = true;
    BOOST_TEST(std::holds_alternative<nothing>(decide(record, steps, limit, start)));
}

BOOST_AUTO_TEST_CASE(the_first_intent_lists_all_steps_and_starts_the_first) {
    const auto record = begun();
    BOOST_TEST((record.phase == operation_phase::running));
    BOOST_TEST(record.steps.size() == steps.size());
    BOOST_TEST((record.steps[0].state == step_state::running));
    BOOST_TEST((record.steps[1].state == step_state::pending));
    BOOST_TEST((record.started_at == start));
}

BOOST_AUTO_TEST_CASE(a_done_step_and_the_next_intent_are_one_write) {
    const auto after = after_perform(begun(), steps, "resolve", step_report::done({{"volume", "v"}}), limit, start);
    BOOST_TEST((after.write == writing::at_once));
    BOOST_TEST((after.next.steps[0].state == step_state::done));
    BOOST_TEST((after.next.steps[1].state == step_state::running));
    BOOST_TEST(after.next.fact("volume") == "v");
}

BOOST_AUTO_TEST_CASE(the_last_step_done_is_success_in_the_same_write) {
    auto record = after_steps(3);
    const auto after =
        after_perform(record, steps, "wait_restored", step_report::done({{"volume", "v"}}), limit, start);
    BOOST_TEST((after.next.phase == operation_phase::succeeded));
    BOOST_TEST(after.next.result.at("claim_name") == "copy");
    BOOST_TEST(after.next.result.at("volume") == "v");
    BOOST_TEST((after.next.finished_at == start));
}

BOOST_AUTO_TEST_CASE(a_failed_step_turns_back_before_the_first_undo) {
    const auto after = after_perform(after_steps(2), steps, "create_claim",
                                     step_report::failed("target_exists", "is there"), limit, start);
    BOOST_TEST((after.next.phase == operation_phase::rolling_back));
    BOOST_TEST((after.next.heading == domain::direction::undoing));
    BOOST_TEST(after.next.error->code == "target_exists");
    BOOST_TEST(after.next.reason == "TargetExists");
    BOOST_TEST((after.write == writing::at_once));
}

BOOST_AUTO_TEST_CASE(undos_come_in_reverse_and_steps_without_one_are_passed_over) {
    auto record = after_steps(3); // wait_restored runs
    record.cancelled_by = "brad";
    const auto turned = std::get<write>(decide(record, steps, limit, start)).next;
    BOOST_TEST(turned.error->code == "cancelled");
    BOOST_TEST(undone_next(turned) == "create_claim");
    const domain::leftover none;
    const auto first = after_undo(turned, "create_claim", step_report::done(), true, none, limit, start).next;
    BOOST_TEST(undone_next(first) == "create_volume");
    const auto second = after_undo(first, "create_volume", step_report::done(), true, none, limit, start).next;
    const auto end = std::get<write>(decide(second, steps, limit, start)).next;
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.message.find("cancelled by brad") == 0U);
    BOOST_TEST(end.message.find("nothing of it is left") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_step_that_may_still_be_under_way_is_looked_for_twice) {
    auto record = after_steps(2); // create_claim runs
    record.delete_requested = true;
    const auto turned = std::get<write>(decide(record, steps, limit, start)).next;
    BOOST_TEST(needs_second_look(turned, "create_claim"));
    BOOST_TEST(!needs_second_look(turned, "create_volume"));
    const auto once = after_undo(turned, "create_claim", step_report::done(), false, {}, limit, start);
    BOOST_TEST((once.write == writing::not_needed));
    BOOST_TEST(undone_next(once.next) == "create_claim");
}

BOOST_AUTO_TEST_CASE(an_undo_that_never_works_becomes_a_leftover_with_its_reason) {
    auto record = after_steps(2);
    record.cancelled_by = "brad";
    const auto turned = std::get<write>(decide(record, steps, limit, start)).next;
    const auto report = step_report::retry("Longhorn is down", std::chrono::milliseconds(1));
    const domain::leftover volume{"LonghornVolume", "", "v", ""};
    const auto early = after_undo(turned, "create_volume", report, false, volume, limit, start);
    BOOST_TEST((early.write == writing::not_needed));
    const auto late = after_undo(turned, "create_volume", report, false, volume, limit, start + limit.undo_patience);
    BOOST_REQUIRE(late.next.leftovers.size() == 1U);
    BOOST_TEST(late.next.leftovers[0].why == "Longhorn is down");
    BOOST_TEST((late.next.find_step("create_volume")->state == step_state::undo_failed));
}

BOOST_AUTO_TEST_CASE(an_undo_that_is_refused_is_tried_again_after_a_pause) {
    auto record = after_steps(2);
    record.cancelled_by = "brad";
    const auto turned = std::get<write>(decide(record, steps, limit, start)).next;
    const auto refused = step_report::failed("forbidden", "no right");
    const auto after = after_undo(turned, "create_volume", refused, false, {}, limit, start);
    BOOST_TEST(after.next.leftovers.empty());
    BOOST_TEST(after.pause.count() > 0);
    BOOST_TEST(undone_next(after.next) == "create_claim");
}

BOOST_AUTO_TEST_CASE(time_out_and_stall_turn_back_with_their_own_words) {
    const auto record = after_steps(1);
    const auto stalled = std::get<write>(decide(record, steps, limit, start + 2 * limit.stall)).next;
    BOOST_TEST(stalled.error->code == "stalled");
    BOOST_TEST(stalled.error->detail.find("no progress for 60 seconds") == 0U, stalled.error->detail);
    auto alive = record;
    alive.last_progress_at = start + std::chrono::seconds(99);
    const auto late = std::get<write>(decide(alive, steps, limit, start + limit.restore_timeout)).next;
    BOOST_TEST(late.error->code == "timed_out");
}

BOOST_AUTO_TEST_CASE(a_records_own_deadline_counts_where_it_is_shorter) {
    auto record = after_steps(1);
    record.last_progress_at = start + std::chrono::seconds(5);
    record.request.deadline = std::chrono::seconds(5);
    const auto late = std::get<write>(decide(record, steps, limit, start + std::chrono::seconds(5))).next;
    BOOST_TEST(late.error->code == "timed_out");
    BOOST_TEST(late.error->detail.find("within 5 seconds") != std::string::npos);
    record.request.deadline = limit.restore_timeout + std::chrono::seconds(5);
    record.last_progress_at = start + limit.restore_timeout;
    BOOST_TEST(std::get<write>(decide(record, steps, limit, start + limit.restore_timeout)).next.error->code ==
               "timed_out");
}

BOOST_AUTO_TEST_CASE(progress_is_written_when_it_moved_enough) {
    auto record = after_steps(3);
    record.progress = domain::progress{40, {}, {}, {}};
    auto report = step_report::waiting("restoring", std::chrono::milliseconds(2000));
    record = after_perform(record, steps, "wait_restored", report, limit, start).next;
    report.progress = domain::progress{41, {}, {}, {}};
    BOOST_TEST((after_perform(record, steps, "wait_restored", report, limit, start).write == writing::not_needed));
    report.progress = domain::progress{42, {}, {}, {}};
    BOOST_TEST((after_perform(record, steps, "wait_restored", report, limit, start).write == writing::when_convenient));
    report.progress = domain::progress{41, {}, {}, {}};
    auto patient = limit;
    patient.stall = std::chrono::seconds(1000);
    const auto later = after_perform(record, steps, "wait_restored", report, patient, start + std::chrono::seconds(61));
    BOOST_TEST((later.write == writing::when_convenient));
}

BOOST_AUTO_TEST_CASE(a_finished_record_is_released_once_and_then_left_alone) {
    auto record = after_steps(4);
    BOOST_TEST(std::holds_alternative<release>(decide(record, steps, limit, start)));
    record.protected_by_finalizer = false;
    BOOST_TEST(std::holds_alternative<nothing>(decide(record, steps, limit, start)));
}

BOOST_AUTO_TEST_CASE(a_cancel_before_the_begin_makes_nothing) {
    auto record = queued();
    record.cancelled_by = "brad";
    const auto end = std::get<write>(decide(record, steps, limit, start)).next;
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.steps.empty());
}

BOOST_AUTO_TEST_CASE(bytes_that_move_are_progress_where_the_percentage_stands_still) {
    auto record = after_steps(3);
    record.progress = domain::progress{42, 1000, 100'000'000, std::nullopt};
    auto report = step_report::waiting("writing", std::chrono::seconds(2));
    report.progress = domain::progress{42, 2000, 100'000'000, std::nullopt};
    const auto later = start + std::chrono::seconds(5);
    BOOST_TEST((after_perform(record, steps, "wait_restored", report, limit, later).next.last_progress_at == later));
}

BOOST_AUTO_TEST_CASE(waiting_for_its_turn_is_no_stall_and_is_on_record_before_it_would_be_taken_for_one) {
    const auto record = after_steps(3);
    const auto report = step_report::queued("waiting for the Job ai/other", std::chrono::seconds(2));
    const auto early = after_perform(record, steps, "wait_restored", report, limit, start + std::chrono::seconds(5));
    BOOST_TEST((early.write != writing::at_once));
    const auto late = after_perform(record, steps, "wait_restored", report, limit, start + std::chrono::seconds(16));
    BOOST_TEST((late.write == writing::at_once));
    BOOST_TEST((late.next.last_progress_at == start + std::chrono::seconds(16)));
}

BOOST_AUTO_TEST_CASE(what_an_undo_leaves_for_a_person_stands_in_the_leftovers) {
    auto record = after_steps(3);
    record.cancelled_by = "brad";
    const auto turned = std::get<write>(decide(record, steps, limit, start)).next;
    auto report = step_report::done();
    report.leftovers.push_back({"PersistentVolume", "", "pv-1", "its class keeps it"});
    const auto after = after_undo(turned, "create_claim", report, true, {}, limit, start).next;
    BOOST_TEST_REQUIRE(after.leftovers.size() == 1U);
    BOOST_TEST(after.leftovers[0].name == "pv-1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(deciding_without_the_driver)

BOOST_AUTO_TEST_CASE(what_has_not_begun_fails) {
    const auto next = std::get<write>(decide_without_driver(queued(), start)).next;
    BOOST_TEST((next.phase == operation_phase::failed));
    BOOST_TEST_REQUIRE(next.error.has_value());
    BOOST_TEST(next.error->code == "driver_not_configured");
    BOOST_TEST(std::holds_alternative<release>(decide_without_driver(next, start)));
}

BOOST_AUTO_TEST_CASE(what_has_not_begun_and_is_not_wanted_any_more_is_cancelled) {
    auto record = queued();
    record.delete_requested = true;
    const auto next = std::get<write>(decide_without_driver(record, start)).next;
    BOOST_TEST((next.phase == operation_phase::cancelled));
}

BOOST_AUTO_TEST_CASE(what_has_begun_says_once_that_it_stands_still_also_where_it_is_to_go_back) {
    auto going_back = after_steps(2);
    going_back.phase = operation_phase::rolling_back;
    going_back.heading = domain::direction::undoing;
    going_back.cancelled_by = "brad";
    for (const auto& record : {after_steps(2), going_back}) {
        const auto next = std::get<write>(decide_without_driver(record, start)).next;
        BOOST_TEST((next.phase == record.phase));
        BOOST_TEST(next.message != record.message);
        BOOST_TEST(std::holds_alternative<nothing>(decide_without_driver(next, start)));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::operations
