#include "recordings.hpp"

#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/phase.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

using restore = restore_phase::kind;
using upload = backup_phase::kind;

std::string name_of(restore what) {
    switch (what) {
    case restore::not_started:
        return "not_started";
    case restore::restoring:
        return "restoring";
    case restore::finished:
        return "finished";
    case restore::failed:
        return "failed";
    }
    return "?";
}

std::string name_of(upload what) {
    switch (what) {
    case upload::absent:
        return "absent";
    case upload::running:
        return "running";
    case upload::completed:
        return "completed";
    case upload::failed:
        return "failed";
    }
    return "?";
}

// "not_started restoring:0 restoring:16 finished:100": each distinct phase of a recorded restore.
std::string phases_of(const std::string& name) {
    std::string all;
    std::string last;
    for (const auto& state : test::load_recording(name).states) {
        const auto one = decode<volume>(state.body);
        BOOST_REQUIRE(one.has_value());
        const auto phase = restore_phase_of(*one);
        auto text = name_of(phase.what);
        if (phase.what == restore::restoring)
            text += ":" + std::to_string(phase.percent);
        if (text != last)
            all += (all.empty() ? "" : " ") + text;
        last = text;
    }
    return all;
}

std::string upload_phases_of(const std::string& name, const std::string& snapshot) {
    std::string all;
    std::string last;
    for (const auto& state : test::load_recording(name).states) {
        const auto backups = decode_list<backup>(state.body);
        BOOST_REQUIRE(backups.has_value());
        const auto phase = backup_phase_of(*backups, snapshot);
        auto text = name_of(phase.what);
        if (phase.what == upload::running)
            text += ":" + std::to_string(phase.percent);
        if (text != last)
            all += (all.empty() ? "" : " ") + text;
        last = text;
    }
    return all;
}

volume restoring_volume() {
    volume one;
    one.name = "v";
    one.state = "attached";
    one.restore_initiated = one.restore_required = true;
    return one;
}

backup named_backup(const std::string& name, const std::string& state) {
    backup one;
    one.name = name;
    one.snapshot_name = "s";
    one.state = state;
    return one;
}

backup completed_backup(const std::string& name, const std::string& created) {
    auto one = named_backup(name, "Completed");
    one.url = "s3://x?backup=" + name;
    one.created_at = parse_rfc3339(created);
    return one;
}

} // namespace

BOOST_AUTO_TEST_SUITE(A_restore_is_followed_to_its_end)

BOOST_AUTO_TEST_CASE(the_recorded_throttled_restore) {
    BOOST_TEST(phases_of("restore-clean-states") ==
               "not_started restoring:0 restoring:14 restoring:48 restoring:78 restoring:100 finished");
}

BOOST_AUTO_TEST_CASE(the_recorded_restore_that_a_backup_ticket_kept_attached) {
    BOOST_TEST(phases_of("restore-states") == "not_started restoring:0 restoring:16 restoring:47 restoring:76 "
                                              "restoring:100 finished restoring:100 finished");
}

BOOST_AUTO_TEST_CASE(the_recorded_restore_that_is_faster_than_the_progress_reports) {
    BOOST_TEST(phases_of("restore-fast-states") == "not_started restoring:0 finished restoring:100 finished");
}

BOOST_AUTO_TEST_CASE(the_recorded_restore_whose_store_died_midway) {
    BOOST_TEST(phases_of("restore-broken-midway-states") == "not_started restoring:0 restoring:3 restoring:13 failed");
}

BOOST_AUTO_TEST_CASE(the_recorded_restore_from_a_dead_store) {
    BOOST_TEST(phases_of("restore-s3-down-states") == "not_started restoring:0 failed");
}

BOOST_AUTO_TEST_CASE(a_failure_says_why_while_the_replica_tells_and_says_something_later) {
    const auto states = test::load_recording("restore-broken-midway-states").states;
    const auto early = decode<volume>(states.at(states.size() - 3).body);
    BOOST_TEST(restore_phase_of(*early).text.starts_with("failed to wait for restore complete"));
    const auto late = decode<volume>(states.back().body);
    BOOST_TEST(!restore_phase_of(*late).text.empty());
}

BOOST_AUTO_TEST_CASE(the_slowest_working_replica_gives_the_percentage) {
    auto one = restoring_volume();
    one.restore_status = {{"r1", true, 80, "in_progress", ""},
                          {"r2", true, 30, "in_progress", ""},
                          {"r3", false, 0, "error", "disk full"}};
    const auto phase = restore_phase_of(one);
    BOOST_TEST(phase.percent == 30);
    BOOST_TEST(name_of(phase.what) == "restoring");
    BOOST_TEST(phase.text == "disk full");
}

BOOST_AUTO_TEST_CASE(a_restore_that_cannot_be_scheduled_says_so) {
    auto one = restoring_volume();
    one.conditions["Scheduled"] = {"False", "ReplicaSchedulingFailure", "insufficient storage"};
    BOOST_TEST(restore_phase_of(one).text == "insufficient storage");
}

BOOST_AUTO_TEST_CASE(a_faulted_volume_is_a_failed_restore_even_after_the_copy) {
    auto one = restoring_volume();
    one.restore_required = false;
    BOOST_TEST(name_of(restore_phase_of(one).what) == "finished");
    one.robustness = "faulted";
    BOOST_TEST(name_of(restore_phase_of(one).what) == "failed");
}

BOOST_AUTO_TEST_CASE(a_volume_on_its_way_is_not_finished_yet) {
    auto one = restoring_volume();
    one.restore_required = false;
    for (const auto* state : {"", "attaching", "detaching", "creating", "deleting"}) {
        one.state = state;
        BOOST_TEST(name_of(restore_phase_of(one).what) == "restoring", "in state \"" << state << '"');
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(A_backup_is_followed_to_its_end)

BOOST_AUTO_TEST_CASE(the_recorded_first_backup) {
    const auto all = decode_list<backup>(test::load_recording("backup-first-progress").states.back().body);
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(upload_phases_of("backup-first-progress", all->at(0).snapshot_name) == "running:0 running:48 completed");
}

BOOST_AUTO_TEST_CASE(the_recorded_backup_of_a_detached_volume) {
    BOOST_TEST(upload_phases_of("backup-detached-progress", "i-s1") == "running:0 completed");
}

BOOST_AUTO_TEST_CASE(the_recorded_backup_whose_store_died) {
    const auto states = test::load_recording("backup-broken-midway-progress").states;
    auto all = decode_list<backup>(states.back().body);
    BOOST_REQUIRE(all.has_value());
    std::erase_if(*all, [](const backup& one) { return one.name != "backup-9ea0b313ca644a2b"; });
    const auto phase = backup_phase_of(*all, "big-s1");
    BOOST_TEST(name_of(phase.what) == "failed");
    BOOST_TEST(phase.text.starts_with("failed to write data during saving blocks"));
}

BOOST_AUTO_TEST_CASE(other_snapshots_and_no_snapshot_are_no_match) {
    const std::vector<backup> all{completed_backup("b", "2026-01-01T00:00:00Z")};
    BOOST_TEST(name_of(backup_phase_of(all, "other").what) == "absent");
    BOOST_TEST(name_of(backup_phase_of(all, "").what) == "absent");
    BOOST_TEST(name_of(backup_phase_of(std::vector<backup>(), "s").what) == "absent");
}

BOOST_AUTO_TEST_CASE(of_duplicates_the_oldest_completed_one_counts) {
    const std::vector<backup> all{named_backup("failed", "Error"), completed_backup("late", "2026-01-02T00:00:00Z"),
                                  completed_backup("early", "2026-01-01T00:00:00Z"),
                                  named_backup("busy", "InProgress")};
    const auto phase = backup_phase_of(all, "s");
    BOOST_TEST(name_of(phase.what) == "completed");
    BOOST_TEST(phase.chosen.name == "early");
    BOOST_TEST(phase.percent == 100);
}

BOOST_AUTO_TEST_CASE(a_running_duplicate_counts_more_than_a_failed_one) {
    auto busy = named_backup("busy", "InProgress");
    busy.progress = 40;
    const auto phase = backup_phase_of({named_backup("failed", "Error"), busy, named_backup("new", "")}, "s");
    BOOST_TEST(name_of(phase.what) == "running");
    BOOST_TEST(phase.chosen.name == "busy");
    BOOST_TEST(phase.percent == 40);
}

BOOST_AUTO_TEST_CASE(a_pending_backup_says_what_it_waits_for) {
    auto one = named_backup("b", "Pending");
    one.messages["info"] = "snapshot is not ready";
    BOOST_TEST(name_of(backup_phase_of(one).what) == "running");
    BOOST_TEST(backup_phase_of(one).text == "snapshot is not ready");
}

BOOST_AUTO_TEST_CASE(a_backup_whose_deletion_failed_or_goes_on_is_no_good_backup) {
    const auto all = decode_list<backup>(test::load_recording("backupListByVolume-failed-deletes").body());
    BOOST_REQUIRE(all.has_value());
    const auto phase = backup_phase_of(all->at(0));
    BOOST_TEST(all->at(0).state == "Error");
    BOOST_TEST(name_of(phase.what) == "failed");
    BOOST_TEST(phase.text.starts_with("Failed to delete the backup"));
    auto deleting = completed_backup("b", "2026-01-01T00:00:00Z");
    deleting.state = "Deleting";
    BOOST_TEST(name_of(backup_phase_of(deleting).what) == "failed");
    BOOST_TEST(backup_phase_of(deleting).text == "the backup is being deleted");
}

BOOST_AUTO_TEST_CASE(a_backup_pulled_from_the_store_is_complete_with_progress_0) {
    const auto all = decode_list<backup>(test::load_recording("backupListByVolume-pulled-from-store").body());
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->at(0).progress == 0);
    BOOST_TEST(name_of(backup_phase_of(all->at(0)).what) == "completed");
    BOOST_TEST(backup_phase_of(all->at(0)).percent == 100);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(A_snapshot_is_waited_for)

BOOST_AUTO_TEST_CASE(the_recorded_snapshot_of_a_detached_volume_complains_and_then_is_ready) {
    const auto states = test::load_recording("snapshotCRGet-detached-ok-until-ready").states;
    BOOST_REQUIRE(states.size() == 3U);
    const auto waiting = snapshot_phase_of(*decode<snapshot>(states[1].body));
    BOOST_TEST(!waiting.ready);
    BOOST_TEST(waiting.waiting_for.find("Waiting for the volume to be attached") != std::string::npos);
    const auto ready = snapshot_phase_of(*decode<snapshot>(states[2].body));
    BOOST_TEST(ready.ready);
    BOOST_TEST(ready.waiting_for.empty());
}

BOOST_AUTO_TEST_SUITE_END()
