#include "replay.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using replay::rig;

namespace {

constexpr const char* source = R"({
    "targets":[{"name":"default","url":"s3://lhbucket@us-east-1/"}],
    "volumes":[{"name":"rec-big","size":"512Mi","actualSize":419430400,"replicas":1}],
    "backups":[{"name":"backup-9e73f95eeb824e65","volume":"rec-big","snapshotName":"big-s1"},
               {"name":"backup-a51fc146f1b74f1d","volume":"rec-big","snapshotName":"big-s1"},
               {"name":"backup-0b89376455ac418a","volume":"rec-r2","size":419430400,"volumeSize":"512Mi",
                "labels":{"KubernetesStatus":{"namespace":"default","pvcName":"pvc-r2","lastPVCRefAt":""}}}]})";

rig with_seconds(double restore_seconds) {
    simulator::longhorn_options options = rig::defaults();
    options.restore_seconds = restore_seconds;
    return rig(options);
}

} // namespace

BOOST_AUTO_TEST_SUITE(restores_run_as_recorded)

BOOST_AUTO_TEST_CASE(a_slow_restore_until_the_volume_is_detached) {
    rig cluster = with_seconds(18);
    cluster.seed(R"({"volumes":[{"name":"other","size":"64Mi"}]})"); // the next volume starts with "detaching"
    cluster.seed(source);
    cluster.exchange("restore-clean-post");
    cluster.sequence("restore-clean-states", replay::volume_summary, 700ms);
}

BOOST_AUTO_TEST_CASE(a_quick_one_shows_no_progress_and_keeps_the_sources_claim_as_history) {
    rig cluster;
    cluster.seed(source);
    cluster.call("10.89.0.13", "10.89.0.10"); // the manager had been restarted when this was recorded
    cluster.exchange("restore-post-with-pvc-history");
    cluster.sequence("restore-fast-states", replay::volume_summary, 300ms);
    cluster.exchange("vol-get-restored-with-pvc-history");
}

BOOST_AUTO_TEST_CASE(the_asked_size_is_ignored_and_attaching_is_refused_meanwhile) {
    rig cluster = with_seconds(18);
    cluster.seed(source);
    cluster.exchange("restore-post");
    cluster.pass(2500ms);
    for (const char* file :
         {"attach-while-restoring", "snapshotCRCreate-while-restoring", "snapshotBackup-while-restoring"}) {
        cluster.exchange(file);
    }
    cluster.pass(1s);
    cluster.manager.state().persistent_volume_seen("pv-rec-r1", "rec-r1", "Available", "", "");
    cluster.exchange("vol-get-restoring-start");
    cluster.exchange("detach-while-restoring");
    cluster.pass(10s);
    cluster.exchange("vol-get-restoring-mid");
}

BOOST_AUTO_TEST_CASE(a_backup_asked_for_meanwhile_keeps_the_volume_attached_after_the_restore) {
    simulator::longhorn_options options = rig::defaults();
    options.restore_seconds = 17;
    options.backup_seconds = 42;
    rig cluster(options);
    cluster.seed(source);
    cluster.post("/v1/volumes", R"({"name":"rec-r1","numberOfReplicas":1,"dataEngine":"v1",
        "fromBackup":"s3://lhbucket@us-east-1/?backup=backup-9e73f95eeb824e65&volume=rec-big"})");
    cluster.manager.state().line.after(2500ms, [&] {
        cluster.manager.state().create_snapshot("rec-r1", "r1-s", {});
        cluster.manager.state().start_backup("rec-r1", {.snapshot = "r1-s", .mode = "", .marks = {}});
    });
    cluster.sequence("restore-states", replay::volume_summary, 3s);
}

BOOST_AUTO_TEST_CASE(deleting_its_backup_does_not_end_a_restore) {
    rig cluster = with_seconds(25);
    cluster.seed(source);
    cluster.post("/v1/volumes", R"({"name":"rec-del2","numberOfReplicas":1,"dataEngine":"v1",
        "fromBackup":"s3://lhbucket@us-east-1/?backup=backup-9e73f95eeb824e65&volume=rec-big"})");
    cluster.manager.state().line.after(10s, [&] { cluster.manager.state().delete_backup("backup-9e73f95eeb824e65"); });
    cluster.sequence("restore-backup-deleted-midway-states", replay::volume_summary, 1500ms);
    BOOST_TEST(!cluster.manager.state().backups.contains("backup-9e73f95eeb824e65"));
}

BOOST_AUTO_TEST_CASE(seen_from_its_first_reconciliation_on) {
    rig cluster;
    cluster.seed(source);
    cluster.post("/v1/volumes", R"({"name":"rec-early","numberOfReplicas":1,"dataEngine":"v1","frontend":"iscsi",
        "fromBackup":"s3://lhbucket@us-east-1/?backup=backup-9e73f95eeb824e65&volume=rec-big"})");
    cluster.pass(400ms);
    cluster.sequence("restore-rec-early-states", replay::volume_summary, 1s);
    cluster.exchange("vol-get-restored-detached");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_gone_fails_the_restore) {
    rig cluster;
    cluster.seed(source);
    cluster.manager.state().set_store("default", false, false);
    cluster.exchange("restore-post-s3-down");
    cluster.sequence("restore-s3-down-states", replay::volume_summary, 700ms);
}

BOOST_AUTO_TEST_CASE(a_store_that_dies_midway_fails_the_restore_for_good) {
    rig cluster = with_seconds(80);
    cluster.seed(R"({"volumes":[{"name":"other","size":"64Mi"}]})");
    cluster.seed(source);
    cluster.exchange("restore-post-broken-midway");
    cluster.manager.state().line.after(20s, [&] { cluster.manager.state().set_store("default", false, false); });
    cluster.sequence("restore-broken-midway-states", replay::volume_summary, 3s);
    for (const char* file : {"vol-get-restore-failed", "attach-failed-restore", "snapshotCRCreate-failed-restore",
                             "vol-delete-failed-restore"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(a_volume_is_deleted_in_the_middle_of_its_restore) {
    rig cluster = with_seconds(60);
    cluster.seed(source);
    cluster.exchange("restore-post-then-volume-deleted");
    cluster.pass(13s);
    cluster.exchange("vol-delete-while-restoring");
    cluster.sequence("vol-delete-while-restoring-states", replay::volume_summary, 200ms);
}

BOOST_AUTO_TEST_CASE(a_backup_that_is_gone_or_has_no_backup_volume_yet_is_refused) {
    rig cluster;
    cluster.seed(R"({"targets":[{"name":"default","url":"s3://lhbucket@us-east-1/"}]})");
    cluster.exchange("restore-post-deleted-backup");
    cluster.seed(R"({"backups":[{"name":"backup-9e73f95eeb824e65","volume":"rec-big","volumeSize":"512Mi",
                                 "backupVolume":false}]})");
    cluster.exchange("vol-create-fromBackup-right-after-first-backup");
}

BOOST_AUTO_TEST_SUITE_END()
