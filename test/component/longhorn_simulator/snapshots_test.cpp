#include "replay.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using replay::rig;

BOOST_AUTO_TEST_SUITE(snapshots_are_taken_as_recorded)

BOOST_AUTO_TEST_CASE(of_a_detached_volume_with_a_passing_error_text) {
    rig cluster;
    cluster.seed(R"({"volumes":[{"name":"rec-i","size":"64Mi","replicas":1,"actualSize":0},
                                {"name":"rec-a","size":"64Mi","replicas":1}]})");
    cluster.exchange("snapshotCreate-detached");
    cluster.exchange("snapshotCRCreate-badname");
    cluster.exchange("snapshotCRCreate-detached-ok");
    cluster.sequence("snapshotCRGet-detached-ok-until-ready", replay::snapshot_summary, 500ms);
    cluster.pass(4s);
    BOOST_TEST(cluster.get("/v1/volumes/rec-i").at("state") == "detached");
}

BOOST_AUTO_TEST_CASE(of_an_attached_volume) {
    rig cluster;
    cluster.seed(R"({"volumes":[{"name":"rec-a","size":"64Mi","replicas":1,"actualSize":31457280}]})");
    cluster.exchange("attach-unknown-host");
    cluster.post("/v1/volumes/rec-a?action=snapshotCRCreate",
                 R"({"name":"rec-a-s1","labels":{"purpose":"recording"}})");
    cluster.exchange("attach-ok");
    cluster.pass(12s);
    cluster.exchange("vol-get-attached");
    cluster.exchange("attach-again-same");
    cluster.exchange("snapshotCRCreate-duplicate");
    cluster.exchange("snapshotCRCreate-attached");
    cluster.sequence("snapshotCRGet-attached-until-ready", replay::snapshot_summary, 200ms);
    const auto made = cluster.post("/v1/volumes/rec-a?action=snapshotCRCreate", "{}");
    cluster.call("snap-8b5795cb74a14a1e", std::string(made.at("name").as_string()));
    cluster.exchange("snapshotCRList");
    cluster.exchange("snapshotCreate-attached");
    cluster.exchange("snapshotBackup-engine-snap-at-once");
    cluster.exchange("snapshotBackup-target-unset");
    cluster.post("/v1/volumes/rec-a?action=detach", R"({"attachmentID":"rec"})");
    cluster.pass(20s);
    cluster.exchange("detach-unknown-ticket");
}

BOOST_AUTO_TEST_SUITE_END()
