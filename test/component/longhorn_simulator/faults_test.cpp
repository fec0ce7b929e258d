#include "replay.hpp"
#include "test/simulator/http/server.hpp"
#include "test/simulator/http/target.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using replay::rig;
namespace bj = boost::json;

namespace {

constexpr const char* source = R"({
    "targets":[{"name":"default","url":"s3://backups@eu/"}],
    "volumes":[{"name":"pvc-1","size":"1Gi","replicas":1,"state":"attached"}],
    "snapshots":[{"name":"snap-1","volume":"pvc-1"}],
    "backups":[{"name":"backup-0000000000000001","volume":"pvc-1"}]})";

void restore(const rig& cluster, const std::string& name) {
    cluster.post("/v1/volumes", R"({"name":")" + name + R"(","numberOfReplicas":1,"dataEngine":"v1",
        "fromBackup":"s3://backups@eu/?backup=backup-0000000000000001&volume=pvc-1"})");
}

// Through the handler, where the faults of calls are.
simulator::response call(const rig& cluster, const std::string& method, const std::string& target) {
    boost::asio::io_context context;
    simulator::request asked;
    const auto where = simulator::parse_target(target);
    asked.method = method;
    asked.path = where.path;
    asked.query = where.query;
    asked.headers = {{"host", "longhorn"}, {"user-agent", "test"}};
    simulator::response answered;
    const auto handle = cluster.manager.handle();
    boost::asio::co_spawn(context, handle(asked), [&](const std::exception_ptr& problem, simulator::response made) {
        BOOST_TEST(!problem);
        answered = std::move(made);
    });
    context.run();
    return answered;
}

void fault(const rig& cluster, const std::string& json) {
    cluster.post("/_simulator/faults", json);
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_is_asked_to_go_wrong_goes_wrong)

BOOST_AUTO_TEST_CASE(a_restore_fails_at_a_percentage_with_a_text) {
    simulator::longhorn_options options = rig::defaults();
    options.restore_seconds = 20;
    rig cluster(options);
    cluster.seed(source);
    fault(cluster, R"({"do":"fail_restore","volume":"r1","at":30,"error":"the disk burns"})");
    restore(cluster, "r1");
    restore(cluster, "r2");
    cluster.pass(17500ms);
    const auto failed = cluster.get("/v1/volumes/r1");
    BOOST_TEST(failed.at("robustness") == "faulted");
    BOOST_TEST(failed.at("restoreStatus").at(0).at("error") == "the disk burns");
    cluster.pass(60s);
    BOOST_TEST(cluster.get("/v1/volumes/r1").at("conditions").at("Restore").at("reason") == "RestoreFailure");
    BOOST_TEST(cluster.get("/v1/volumes/r1").at("restoreRequired").as_bool());
    BOOST_TEST(cluster.get("/v1/volumes/r2").at("state") == "detached");
    BOOST_TEST(!cluster.get("/v1/volumes/r2").at("restoreRequired").as_bool());
}

BOOST_AUTO_TEST_CASE(a_stalled_restore_stays_until_the_faults_are_removed) {
    rig cluster;
    cluster.seed(source);
    fault(cluster, R"({"do":"stall_restore","volume":"r1","at":40})");
    restore(cluster, "r1");
    cluster.pass(600s);
    BOOST_TEST(cluster.get("/v1/volumes/r1").at("restoreStatus").at(0).at("progress") == 40);
    BOOST_TEST(cluster.send("DELETE", "/_simulator/faults").status == 200);
    cluster.pass(10s);
    BOOST_TEST(cluster.get("/v1/volumes/r1").at("state") == "detached");
}

BOOST_AUTO_TEST_CASE(a_backup_fails_stalls_doubles_or_completes_without_details) {
    rig cluster;
    cluster.seed(source);
    const auto back_up = [&] { cluster.post("/v1/volumes/pvc-1?action=snapshotBackup", R"({"name":"snap-1"})"); };
    const auto listed = [&] {
        return cluster.post("/v1/backupvolumes/x?action=backupListByVolume", R"({"name":"pvc-1"})")
            .at("data")
            .as_array();
    };
    const auto count = [&](std::string_view state) {
        const auto all = listed();
        return std::count_if(all.begin(), all.end(),
                             [&](const bj::value& one) { return one.at("state").as_string() == state; });
    };
    fault(cluster, R"({"do":"fail_backup","error":"no room"})");
    back_up();
    cluster.pass(10s);
    BOOST_TEST(count("Error") == 1);
    fault(cluster, R"({"do":"stall_backup","at":10})");
    back_up();
    cluster.pass(60s);
    BOOST_TEST(count("InProgress") == 1);
    BOOST_TEST(cluster.send("DELETE", "/_simulator/faults").status == 200);
    fault(cluster, R"({"do":"duplicate_backup"})");
    cluster.pass(10s);
    const auto before = listed().size();
    back_up();
    BOOST_TEST(listed().size() == before + 2);
    cluster.pass(10s);
    fault(cluster, R"({"do":"blank_completed","milliseconds":5000})");
    back_up();
    cluster.pass(6500ms);
    const auto all = listed();
    const auto blank = std::find_if(all.begin(), all.end(), [](const bj::value& one) {
        return one.at("state") == "Completed" && one.at("url") == "";
    });
    BOOST_TEST((blank != all.end()));
    cluster.pass(6s);
    for (const bj::value& one : listed()) {
        BOOST_TEST((one.at("state") != "Completed" || one.at("url") != ""));
    }
}

BOOST_AUTO_TEST_CASE(a_stuck_delete_flips_between_Deleting_and_Error) {
    rig cluster;
    cluster.seed(source);
    fault(cluster, R"({"do":"stuck_backup_delete"})");
    cluster.post("/v1/backupvolumes/x?action=backupDelete", R"({"name":"backup-0000000000000001"})");
    const auto& one = cluster.manager.state().backups.at("backup-0000000000000001");
    cluster.pass(100ms);
    BOOST_TEST(one.state == "Deleting");
    cluster.pass(3s);
    BOOST_TEST(one.state == "Error");
    BOOST_TEST(!one.url.empty());
    cluster.pass(29s);
    BOOST_TEST(one.state == "Deleting");
}

BOOST_AUTO_TEST_CASE(calls_are_answered_by_lies) {
    rig cluster;
    cluster.seed(source);
    const auto lie = [&](const std::string& description) {
        fault(cluster, R"({"method":"GET","path":"/v1/volumes/pvc-1",)" + description + "}");
        return call(cluster, "GET", "/v1/volumes/pvc-1");
    };
    BOOST_TEST(lie(R"("do":"error","status":500,"error":"please retry later")").body.find("please retry later") !=
               std::string::npos);
    BOOST_TEST(lie(R"("do":"empty")").status == 502);
    BOOST_TEST(lie(R"("do":"html")").content_type.starts_with("text/html"));
    boost::system::error_code error;
    bj::parse(lie(R"("do":"truncated")").body, error);
    BOOST_TEST(error.failed());
    BOOST_TEST(bj::parse(lie(R"("do":"other_name","name":"pvc-2")").body).at("name") == "pvc-2");
    BOOST_TEST(static_cast<bool>(lie(R"("do":"refused")").stream));
    BOOST_TEST(call(cluster, "GET", "/v1/volumes/pvc-1").status == 200);
    fault(cluster, R"({"method":"DELETE","path":"/v1/volumes/*","do":"lost_502"})");
    BOOST_TEST(call(cluster, "DELETE", "/v1/volumes/pvc-1").status == 502);
    cluster.pass(1s);
    BOOST_TEST(cluster.send("GET", "/v1/volumes/pvc-1").status == 404, "The lost answer's DELETE was not done.");
    const auto log = cluster.get("/_simulator/state").at("log").as_array();
    BOOST_TEST_REQUIRE(log.size() == 8U);
    BOOST_TEST(log.back().at("method") == "DELETE");
    BOOST_TEST(log.back().at("status") == 502);
}

BOOST_AUTO_TEST_CASE(a_fault_that_does_not_exist_is_refused) {
    rig cluster;
    BOOST_TEST(cluster.send("POST", "/_simulator/faults", R"({"do":"explode"})").status == 400);
    BOOST_TEST(cluster.send("POST", "/_simulator/faults", R"({"do":"error","sttaus":500})").status == 400);
    BOOST_TEST(cluster.send("POST", "/_simulator/seed", R"({"volumes":[{"name":"a","colour":"red"}]})").status == 400);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(many_volumes)

BOOST_AUTO_TEST_CASE(a_thousand_restores_run_side_by_side_among_two_thousand_volumes) {
    simulator::longhorn_options options = rig::defaults();
    options.restore_seconds = 10;
    rig cluster(options);
    cluster.seed(source);
    for (int number = 0; number < 1000; ++number) {
        cluster.manager.seed(bj::object{{"volumes", {{{"name", "old-" + std::to_string(number)}, {"size", "1Gi"}}}}});
        restore(cluster, "new-" + std::to_string(number));
    }
    cluster.pass(13s);
    BOOST_TEST(cluster.get("/_simulator/state?log=false").at("counts").at("restoring") == 1000);
    BOOST_TEST(cluster.get("/v1/volumes").at("data").as_array().size() == 2001U);
    cluster.pass(30s);
    BOOST_TEST(cluster.get("/_simulator/state?log=false").at("counts").at("restoring") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
