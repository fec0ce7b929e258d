#include "replay.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using replay::rig;

namespace {

constexpr const char* volumes = R"({"volumes":[
    {"name":"rec-big","size":"512Mi","actualSize":419430400,"replicas":1,"frontend":"iscsi"},
    {"name":"rec-a","size":"64Mi","replicas":1},
    {"name":"rec-i","size":"64Mi","actualSize":0,"replicas":1,"kubernetesStatus":{"pvName":"rec-i","pvStatus":"Available"}},
    {"name":"rec-r2","size":"512Mi","actualSize":419430400,"replicas":1,
     "kubernetesStatus":{"pvName":"pv-r2","namespace":"default","pvcName":"pvc-r2"}}]})";

// rec-big attached, with the ready snapshot big-s1.
void prepare(const rig& cluster) {
    cluster.seed(volumes);
    for (const char* name : {"rec-big", "rec-a"}) {
        cluster.post("/v1/volumes/" + std::string(name) + "?action=attach",
                     R"({"hostId":"node1","disableFrontend":true,"attachmentID":"rec"})");
    }
    cluster.pass(10s);
}

void set_target(rig& cluster) {
    cluster.exchange("backuptarget-update");
    cluster.sequence("backuptarget-until-available", replay::target_summary, 200ms);
}

void take_big_snapshot(rig& cluster) {
    cluster.exchange("snapshotCRCreate-big");
    cluster.sequence("snapshotCRGet-big", replay::snapshot_summary, 200ms);
}

} // namespace

BOOST_AUTO_TEST_SUITE(backups_run_as_recorded)

BOOST_AUTO_TEST_CASE(a_target_is_set_and_probed) {
    rig cluster;
    cluster.seed(volumes);
    set_target(cluster);
    for (const char* file : {"backuptarget-sync", "backuptarget-sync-again", "backuptargets-list-available",
                             "backupvolumes-list-empty", "backupListByVolume-none"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(what_snapshotBackup_refuses) {
    rig cluster;
    prepare(cluster);
    cluster.exchange("snapshotCRCreate-big");
    cluster.pass(5s);
    cluster.exchange("snapshotBackup-target-cleared");
    set_target(cluster);
    const auto& backups = cluster.manager.state().backups;
    for (const char* file :
         {"snapshotBackup-noname", "snapshotBackup-unknown-snapshot", "snapshotBackup-unknown-volume",
          "snapshotBackup-foreign-snapshot", "snapshotBackup-bad-label-key", "snapshotBackup-empty-label",
          "snapshotBackup-reserved-label", "snapshotBackup-badmode"}) {
        cluster.exchange(file);
    }
    BOOST_TEST(backups.empty(), "A refused call made a backup.");
}

BOOST_AUTO_TEST_CASE(the_first_backup_of_a_volume_and_what_is_there_afterwards) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1","labels":{"client":"recorder"}})");
    const std::string name = cluster.newest_backup("rec-big");
    cluster.call("backup-9e73f95eeb824e65", name);
    cluster.sequence("backup-first-progress", replay::backup_summary(name), 700ms);
    cluster.pass(1s);
    BOOST_TEST(cluster.get("/v1/volumes/rec-big").at("lastBackup").as_string() == name);
    for (const char* file :
         {"backupGet", "backupGet-wrong-path", "backupGet-unknown", "backupList", "backupListByVolume",
          "backupList-by-volume-name", "backupvolumes-list", "backupvolume-get", "backupvolume-get-by-volume-name",
          "backupVolumeSync", "backupVolumeSync-again"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(the_answer_to_snapshotBackup_names_the_new_backup_without_its_snapshot) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.exchange("snapshotBackup-ok");
}

BOOST_AUTO_TEST_CASE(a_detached_volume_is_attached_for_its_backup_and_left_detached) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    cluster.exchange("snapshotCRCreate-detached-ok");
    cluster.pass(20s);
    cluster.post("/v1/volumes/rec-i?action=snapshotBackup", R"({"name":"i-s1"})");
    const std::string name = cluster.newest_backup("rec-i");
    cluster.call("backup-15a6b352b9594b6c", name);
    cluster.sequence("backup-detached-progress", replay::backup_summary(name), 700ms);
    cluster.pass(4s);
    BOOST_TEST(cluster.get("/v1/volumes/rec-i").at("state") == "detached");
}

BOOST_AUTO_TEST_CASE(a_second_call_makes_a_second_backup_of_the_same_snapshot) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    cluster.call("backup-9e73f95eeb824e65", cluster.newest_backup("rec-big"));
    cluster.pass(10s);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    const std::string second = cluster.newest_backup("rec-big");
    cluster.call("backup-2b480e2edffe45f4", second);
    cluster.sequence("backup-repeat-same-snapshot-progress", replay::backup_summary(second), 700ms);
    BOOST_TEST(cluster.manager.state().backups.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_backup_of_a_volume_with_a_claim_remembers_the_claim) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    cluster.post("/v1/volumes/rec-r2?action=attach",
                 R"({"hostId":"node1","disableFrontend":true,"attachmentID":"rec"})");
    cluster.pass(10s);
    cluster.post("/v1/volumes/rec-r2?action=snapshotCRCreate", R"({"name":"r2-s1"})");
    cluster.pass(5s);
    cluster.post("/v1/volumes/rec-r2?action=snapshotBackup", R"({"name":"r2-s1"})");
    const std::string name = cluster.newest_backup("rec-r2");
    cluster.call("backup-0b89376455ac418a", name);
    cluster.sequence("backup-with-pvc-progress-fast", replay::backup_summary(name), 700ms);
    const auto made = cluster.post("/v1/backupvolumes/x?action=backupGet", R"({"name":")" + name + R"("})");
    BOOST_TEST(made.at("labels").at("KubernetesStatus") ==
               R"({"pvName":"pv-r2","pvStatus":"Bound","namespace":"default","pvcName":"pvc-r2","lastPVCRefAt":"",)"
               R"("workloadsStatus":null,"lastPodRefAt":""})");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_gone_fails_a_backup_within_a_second_until_it_is_noticed) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.pass(20s);
    cluster.manager.state().set_store("default", false, false);
    cluster.exchange("backuptarget-get-s3-down-not-noticed");
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    const std::string name = cluster.newest_backup("rec-big");
    cluster.call("backup-a8f8dde17d054882", name);
    cluster.sequence("backup-s3-down-progress", replay::backup_summary(name), 300ms);
    cluster.exchange("backuptarget-sync-s3-down");
    cluster.sequence("backuptarget-until-unavailable", replay::target_summary, 200ms);
    cluster.exchange("backuptargets-list-unavailable");
    cluster.exchange("snapshotBackup-target-unavailable");
}

BOOST_AUTO_TEST_CASE(a_store_that_dies_midway_fails_the_backup) {
    simulator::longhorn_options options = rig::defaults();
    options.backup_seconds = 80;
    rig cluster(options);
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1","backupMode":"full"})");
    const std::string name = cluster.newest_backup("rec-big");
    cluster.call("backup-9ea0b313ca644a2b", name);
    cluster.manager.state().line.after(20s, [&] { cluster.manager.state().set_store("default", false, false); });
    cluster.sequence("backup-broken-midway-progress", replay::backup_summary(name), 2s);
}

BOOST_AUTO_TEST_CASE(deleting_a_backup_is_asynchronous_and_unknown_ones_succeed) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    const std::string name = cluster.newest_backup("rec-big");
    cluster.call("backup-2b480e2edffe45f4", name);
    cluster.pass(10s);
    cluster.exchange("backupDelete-unknown");
    cluster.exchange("backupDelete-ok");
    BOOST_TEST(cluster.manager.state().backups.at(name).state == "Completed");
    cluster.pass(60ms);
    BOOST_TEST(cluster.manager.state().backups.at(name).state == "Deleting");
    cluster.pass(2s);
    BOOST_TEST(cluster.manager.state().backups.empty());
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    cluster.pass(10s);
    cluster.call("rec-i-71ceeccc", "rec-big-bd3ca3ac");
    cluster.exchange("backupvolume-delete-ok");
    cluster.pass(3s);
    BOOST_TEST(cluster.get("/v1/backupvolumes").at("data").as_array().empty());
    BOOST_TEST(cluster.manager.state().backups.empty());
}

BOOST_AUTO_TEST_CASE(a_cleared_target_hides_the_inventory_and_a_new_one_finds_it_again) {
    rig cluster;
    prepare(cluster);
    set_target(cluster);
    take_big_snapshot(cluster);
    cluster.post("/v1/volumes/rec-big?action=snapshotBackup", R"({"name":"big-s1"})");
    const std::string name = cluster.newest_backup("rec-big");
    cluster.pass(10s);
    cluster.exchange("backuptarget-update-clear");
    cluster.pass(1s);
    cluster.exchange("backuptarget-get-cleared");
    BOOST_TEST(cluster.get("/v1/backupvolumes").at("data").as_array().empty());
    cluster.exchange("backuptarget-update-again");
    cluster.pass(2s);
    const auto found = cluster.post("/v1/backupvolumes/x?action=backupListByVolume", R"({"name":"rec-big"})");
    BOOST_TEST_REQUIRE(found.at("data").as_array().size() == 1U);
    BOOST_TEST(found.at("data").at(0).at("state") == "Completed");
    BOOST_TEST(found.at("data").at(0).at("progress") == 0);
    BOOST_TEST(cluster.get("/v1/backupvolumes").at("data").as_array().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
