#include "source/backup/restic_gate.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::backup;
using restic::role;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

gate_job job(const std::string& name, role what, bool started, int made_at_second) {
    gate_job made;
    made.key = {"ai", name};
    made.what = what;
    made.repository = "repository";
    made.started = started;
    made.created_at = noon + std::chrono::seconds(made_at_second);
    return made;
}

constexpr bool runs = true;
constexpr bool waits = false;

// The sentence; "may start" where there is none.
std::string gate(std::vector<gate_job> others, const gate_job& candidate) {
    others.push_back(candidate);
    return must_wait(others, candidate).value_or("may start");
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_gate_of_the_repository)

BOOST_AUTO_TEST_CASE(lets_shared_jobs_run_side_by_side) {
    const std::vector<gate_job> others{job("backup-1", role::backup, runs, 0),
                                       job("restore-1", role::restore, runs, 1)};
    BOOST_TEST(gate(others, job("backup-2", role::backup, waits, 2)) == "may start");
    BOOST_TEST(gate(others, job("test", role::restore_test, waits, 2)) == "may start");
}

BOOST_AUTO_TEST_CASE(lets_an_exclusive_job_run_alone_and_names_whom_it_waits_for) {
    for (const auto what : {role::forget, role::mark, role::init}) {
        const auto exclusive = job("exclusive", what, waits, 5);
        BOOST_TEST(gate({}, exclusive) == "may start");
        BOOST_TEST(gate({job("backup-1", role::backup, runs, 0)}, exclusive) ==
                   "waiting for the Job ai/backup-1, which backs up");
        BOOST_TEST(gate({job("other", role::forget, runs, 9)}, exclusive) ==
                   "waiting for the Job ai/other, which forgets old snapshots and needs the repository for itself");
    }
}

BOOST_AUTO_TEST_CASE(keeps_shared_jobs_back_while_an_exclusive_one_runs) {
    for (const auto what : {role::backup, role::restore, role::restore_test})
        BOOST_TEST(gate({job("forget-1", role::forget, runs, 9)}, job("shared", what, waits, 0)) ==
                   "waiting for the Job ai/forget-1, which forgets old snapshots and needs the repository for itself");
}

BOOST_AUTO_TEST_CASE(does_not_let_younger_jobs_overtake_a_waiting_exclusive_one) {
    const std::vector<gate_job> others{job("backup-1", role::backup, runs, 0), job("forget-1", role::forget, waits, 5)};
    BOOST_TEST(gate(others, job("younger", role::backup, waits, 6)) ==
               "waiting behind the Job ai/forget-1, which forgets old snapshots and needs the repository for itself "
               "and is next");
    BOOST_TEST(gate(others, job("older", role::backup, waits, 4)) == "may start");
}

BOOST_AUTO_TEST_CASE(orders_jobs_of_one_second_by_their_names_so_that_one_goes_first) {
    const auto first = job("a", role::forget, waits, 5);
    const auto second = job("b", role::mark, waits, 5);
    BOOST_TEST(gate({second}, first) == "may start");
    BOOST_TEST(gate({first}, second) != "may start");
}

BOOST_AUTO_TEST_CASE(names_the_oldest_of_those_that_go_first) {
    const std::vector<gate_job> others{job("forget-2", role::forget, waits, 6),
                                       job("forget-1", role::forget, waits, 5)};
    BOOST_TEST(gate(others, job("younger", role::backup, waits, 7)).find("ai/forget-1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(knows_no_waiting_for_listings_in_either_direction) {
    BOOST_TEST(gate({job("forget-1", role::forget, runs, 0)}, job("list", role::list, waits, 1)) == "may start");
    BOOST_TEST(gate({job("list", role::list, runs, 0)}, job("forget-1", role::forget, waits, 1)) == "may start");
}

BOOST_AUTO_TEST_CASE(is_not_closed_by_an_init_that_waits) {
    BOOST_TEST(gate({job("init", role::init, waits, 0)}, job("restore", role::restore, waits, 1)) == "may start");
    BOOST_TEST(gate({job("init", role::init, runs, 0)}, job("backup", role::backup, waits, 1)) ==
               "waiting for the Job ai/init, which makes the repository");
}

BOOST_AUTO_TEST_CASE(is_of_one_repository) {
    auto elsewhere = job("forget-1", role::forget, runs, 0);
    elsewhere.repository = "another";
    BOOST_TEST(gate({elsewhere}, job("backup", role::backup, waits, 1)) == "may start");
}

BOOST_AUTO_TEST_CASE(asks_nothing_of_jobs_that_have_ended_or_never_will_start) {
    kube::job one;
    one.meta.ns = "ai";
    one.meta.name = "forget-1";
    one.meta.labels[std::string(restic::role_label)] = "forget";
    one.suspended = true;
    BOOST_TEST(gate_job_of(one).has_value());
    one.meta.deleted_at = noon;
    BOOST_TEST(!gate_job_of(one).has_value());
    one.suspended = false; // its Pod may still run
    BOOST_TEST(gate_job_of(one).has_value());
    one.ended = kube::job::end::failed;
    BOOST_TEST(!gate_job_of(one).has_value());
    kube::job foreign;
    BOOST_TEST(!gate_job_of(foreign).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
