#include "replay.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using replay::rig;

BOOST_AUTO_TEST_SUITE(volumes_are_made_and_deleted_as_recorded)

BOOST_AUTO_TEST_CASE(a_new_volume_until_it_is_detached) {
    rig cluster;
    cluster.exchange("vol-create-ok");
    cluster.sequence("vol-create-states", replay::volume_summary, 300ms);
    cluster.exchange("vol-get-detached");
    cluster.exchange("vol-create-name-exists");
}

BOOST_AUTO_TEST_CASE(names_are_corrected_silently_or_refused) {
    rig cluster;
    for (const char* file :
         {"vol-create-name-upper", "vol-get-upper-asked-name", "vol-create-name-long", "vol-get-long-asked-name",
          "vol-create-name-long-again", "vol-create-name-bad", "vol-create-name-dot", "vol-create-name-empty"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(sizes_are_rounded_up_to_2_mib_and_other_fields_are_checked) {
    rig cluster;
    cluster.call("map[v1:1 v2:1]", "map[v1:3 v2:3]"); // the setting on the recorded cluster
    for (const char* file :
         {"vol-create-size-missing", "vol-create-size-odd", "vol-create-size-number", "vol-create-size-garbage",
          "vol-create-replicas-string", "vol-create-replicas-99", "vol-create-replicas-omitted",
          "vol-create-unknown-field", "vol-create-nodeselector-unknown", "vol-create-target-unknown",
          "vol-create-not-json", "vol-create-empty-body", "vol-create-fromBackup-badurl",
          "vol-create-fromBackup-empty-query", "vol-create-fromBackup-nobackup"}) {
        cluster.exchange(file);
    }
    BOOST_TEST(cluster.get("/v1/volumes/rec-x3").at("size") == "2097152");
    BOOST_TEST(cluster.get("/v1/volumes/rec-x4").at("size") == "69206016");
}

BOOST_AUTO_TEST_CASE(deleting_takes_a_moment_in_any_state) {
    rig cluster;
    cluster.seed(R"({"volumes":[{"name":"t2","size":"64Mi","replicas":1},{"name":"t1","size":"64Mi","replicas":1}]})");
    cluster.post("/v1/volumes/t2?action=attach", R"({"hostId":"node1","disableFrontend":true,"attachmentID":"rec"})");
    cluster.pass(10s);
    cluster.exchange("vol-delete-ok-t2");
    cluster.sequence("vol-deleting-t2", replay::volume_summary, 200ms);
    cluster.exchange("vol-delete-ok-t1");
}

BOOST_AUTO_TEST_CASE(a_faulted_volume_offers_little_and_refuses_little) {
    rig cluster;
    cluster.seed(
        R"({"volumes":[{"name":"rec-f2","size":"64Mi","replicas":1,"frontend":"iscsi","robustness":"faulted"}]})");
    for (const char* file : {"vol-get-faulted", "attach-faulted", "snapshotCRCreate-faulted", "vol-delete-faulted"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_SUITE_END()
