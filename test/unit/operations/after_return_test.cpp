#include <soteria/operations/decide.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

namespace soteria::operations {
namespace {

using backup::step_report;
using domain::operation_phase;
using domain::step_state;

constexpr std::array steps{
    backup::step_definition{"create_job", "create", "delete_job", true, "Job", ""},
    backup::step_definition{"wait_backup", "wait", "", false, "Job", ""},
    backup::step_definition{"mark_incomplete", "run", "", true, "Job", "", true},
    backup::step_definition{"forget", "run", "", true, "Job", "", true},
};

const instant start = *parse_rfc3339("2026-04-12T15:30:00Z");
const limits limit{std::chrono::seconds(100), std::chrono::seconds(100), std::chrono::seconds(30),
                   std::chrono::seconds(20)};

domain::operation begun() {
    domain::operation record;
    record.kind = domain::operation_kind::backup;
    record.ns = "ai";
    record.request.source = {"ai", "llm-cache"};
    record.protected_by_finalizer = true;
    return std::get<begin>(decide(record, steps, limit, start)).next;
}

domain::operation perform_in(const domain::operation& record, const std::string& step, const step_report& report) {
    return after_perform(record, steps, step, report, limit, start).next;
}

// The snapshot is made; mark_incomplete is next.
domain::operation returned(std::map<std::string, std::string> facts = {}) {
    facts["backup"] = "0123abcd";
    return perform_in(perform_in(begun(), "create_job", step_report::done()), "wait_backup",
                      step_report::done(std::move(facts)));
}

domain::operation decided(const domain::operation& record, instant now) {
    const auto next = decide(record, steps, limit, now);
    return std::get<write>(next).next;
}

} // namespace

BOOST_AUTO_TEST_SUITE(after_the_point_of_no_return)

BOOST_AUTO_TEST_CASE(a_failed_step_is_told_and_the_backup_stays_a_success) {
    const auto marked = perform_in(returned(), "mark_incomplete", step_report::done());
    const auto end = perform_in(marked, "forget", step_report::failed("repository_locked", "somebody else locks it"));
    BOOST_TEST((end.phase == operation_phase::succeeded));
    BOOST_TEST((end.steps[3].state == step_state::failed));
    BOOST_TEST(!end.error.has_value());
    BOOST_TEST(end.message == "the backup of ai/llm-cache is complete; forget did not work: somebody else locks it");
    BOOST_TEST(end.result.at("backup") == "0123abcd");
}

BOOST_AUTO_TEST_CASE(a_failed_step_does_not_keep_the_next_one_from_being_tried) {
    const auto after = perform_in(returned(), "mark_incomplete", step_report::failed("restic_failed", "no"));
    BOOST_TEST((after.phase == operation_phase::running));
    BOOST_TEST((after.steps[3].state == step_state::running));
    const auto next = decide(after, steps, limit, start);
    BOOST_TEST(std::get<perform>(next).step == "forget");
}

BOOST_AUTO_TEST_CASE(a_cancel_gives_up_the_rest_and_nothing_is_undone) {
    auto record = returned();
    record.cancelled_by = "brad";
    const auto end = decided(record, start);
    BOOST_TEST((end.phase == operation_phase::succeeded));
    BOOST_TEST((end.heading == domain::direction::forward));
    BOOST_TEST((end.steps[2].state == step_state::failed));
    BOOST_TEST(end.steps[3].message == "cancelled by brad");
}

BOOST_AUTO_TEST_CASE(a_timeout_gives_up_the_rest) {
    const auto end = decided(returned(), start + std::chrono::seconds(100));
    BOOST_TEST((end.phase == operation_phase::succeeded));
    BOOST_TEST((end.steps[3].state == step_state::failed));
}

BOOST_AUTO_TEST_CASE(before_it_a_cancel_turns_back) {
    auto record = perform_in(begun(), "create_job", step_report::done());
    record.cancelled_by = "brad";
    BOOST_TEST((decided(record, start).phase == operation_phase::rolling_back));
}

BOOST_AUTO_TEST_CASE(an_incomplete_backup_ends_incomplete_with_its_sentence) {
    const auto record = returned({{"incomplete", "2 files could not be read: /data/a, /data/b"}});
    const auto marked = perform_in(record, "mark_incomplete", step_report::done());
    const auto end = perform_in(marked, "forget", step_report::done());
    BOOST_TEST((end.phase == operation_phase::incomplete));
    BOOST_TEST(end.reason == "Incomplete");
    BOOST_TEST(end.message == "2 files could not be read: /data/a, /data/b");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::operations
