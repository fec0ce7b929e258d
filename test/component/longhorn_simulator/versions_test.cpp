#include "replay.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using replay::rig;

namespace {

rig of_version(int minor) {
    simulator::longhorn_options options = rig::defaults();
    options.version = minor;
    options.target_url = "s3://backups@eu/";
    return rig(options);
}

constexpr const char* source = R"({
    "volumes":[{"name":"pvc-1","size":"1Gi","replicas":1,"state":"attached"}],
    "snapshots":[{"name":"snap-1","volume":"pvc-1"}],
    "backups":[{"name":"backup-0000000000000001","volume":"pvc-1"}]})";

const auto versions = boost::unit_test::data::make({6, 7, 8, 9, 10, 11, 12});

} // namespace

BOOST_AUTO_TEST_SUITE(versions_differ_as_the_capability_matrix_says)

BOOST_DATA_TEST_CASE(fields_and_names_of_backup_volumes, versions, version) {
    rig cluster = of_version(version);
    cluster.seed(source);
    const auto one = cluster.get("/v1/backupvolumes").at("data").at(0).as_object();
    BOOST_TEST(one.contains("volumeName") == (version >= 8));
    BOOST_TEST(one.at("actions").as_object().contains("backupListByVolume") == (version >= 8));
    BOOST_TEST((one.at("name") == "pvc-1") == (version < 8));
    const auto list = cluster.send("POST", "/v1/backupvolumes/x?action=backupListByVolume", R"({"name":"pvc-1"})");
    BOOST_TEST((list.status == 200) == (version >= 8));
    const auto backup =
        cluster.post("/v1/backupvolumes/x?action=backupGet", R"({"name":"backup-0000000000000001"})").as_object();
    BOOST_TEST(backup.contains("backupMode") == (version >= 7));
    BOOST_TEST(backup.contains("backupTargetName") == (version >= 8));
    BOOST_TEST(backup.contains("blockSize") == (version >= 10));
    BOOST_TEST(cluster.get("/v1/volumes/pvc-1").as_object().contains("notReadyMessage") == (version >= 12));
    BOOST_TEST((cluster.send("GET", "/v1/backuptargets/default").status == 200) == (version >= 8));
}

BOOST_DATA_TEST_CASE(when_a_dead_target_is_told, versions, version) {
    rig cluster = of_version(version);
    cluster.seed(source);
    cluster.manager.state().set_store("default", false, true);
    const auto answered = cluster.send("POST", "/v1/volumes/pvc-1?action=snapshotBackup", R"({"name":"snap-1"})");
    BOOST_TEST(answered.status == (version >= 9 ? 500 : 200));
    cluster.pass(2s);
    const auto& backups = cluster.manager.state().backups;
    const auto failed =
        std::count_if(backups.begin(), backups.end(), [](const auto& one) { return one.second.state == "Error"; });
    BOOST_TEST(failed == (version >= 9 ? 0 : 1));
}

BOOST_DATA_TEST_CASE(when_a_missing_snapshot_is_told, versions, version) {
    rig cluster = of_version(version);
    cluster.seed(source);
    const auto answered = cluster.send("POST", "/v1/volumes/pvc-1?action=snapshotBackup", R"({"name":"nothing"})");
    BOOST_TEST(answered.status == (version >= 10 ? 500 : 200));
    cluster.pass(60s);
    const auto& backups = cluster.manager.state().backups;
    const auto in = [&](const char* state) {
        return std::count_if(backups.begin(), backups.end(),
                             [&](const auto& one) { return one.second.state == state; });
    };
    BOOST_TEST(in("Pending") == (version == 6 ? 1 : 0));
    BOOST_TEST(in("Error") == (version >= 7 && version < 10 ? 1 : 0));
}

BOOST_DATA_TEST_CASE(deleting_a_backup, versions, version) {
    rig cluster = of_version(version);
    cluster.seed(source);
    cluster.post("/v1/backupvolumes/x?action=backupDelete", R"({"name":"backup-0000000000000001"})");
    cluster.pass(100ms);
    const auto& backups = cluster.manager.state().backups;
    BOOST_TEST(backups.empty() == (version < 8));
    BOOST_TEST((version < 8 || backups.begin()->second.state == "Deleting"));
    cluster.pass(2s);
    BOOST_TEST(backups.empty());
}

BOOST_AUTO_TEST_SUITE_END()
