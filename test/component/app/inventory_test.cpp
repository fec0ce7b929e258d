// The service against simulators: what it says of forty claims, and how that follows what happens.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria::test;

namespace {

std::string labels(const std::string& ns, const std::string& pvc, const std::string& volume) {
    return "{namespace=\"" + ns + "\",pvc=\"" + pvc + "\",volume=\"" + volume + "\",driver=\"longhorn\"}";
}

std::string text(const json::object& from, const std::string& key) {
    return from.contains(key) ? std::string(from.at(key).as_string()) : "(none)";
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_inventory_of_the_demo)

BOOST_AUTO_TEST_CASE(shows_every_state_a_claim_can_be_in) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    const std::map<std::string, std::string> expected{
        {"ai/llm-cache", "fresh"},
        {"ai/model-store", "stale"},
        {"ai/scratch", "missing"},
        {"ai/training-data", "missing"},
        {"databases/postgres-data-2", "stale"},
        {"media/movies", "unsupported"},
        {"mail/rspamd", "unbound"},
        {"media/old-photos", "stale"},
    };
    eventually("Longhorn was asked", [&] { return service.health("ai/llm-cache") == "fresh"; });
    for (const auto& [pvc, health] : expected)
        BOOST_TEST(service.health(pvc) == health, pvc << " is " << service.health(pvc) << " and not " << health);
    BOOST_TEST(service.row("media/old-photos").at("deleted").as_bool());
    BOOST_TEST(service.row("media/old-photos").at("backup_count").as_int64() == 12);
    const auto shown = service.get("/v1/inventory").object();
    std::size_t rows = 0;
    for (const auto& ns : shown.at("namespaces").as_array())
        rows += ns.at("pvcs").as_array().size();
    BOOST_TEST(rows == 37U, "deleted claims are only shown when asked for");
}

BOOST_AUTO_TEST_CASE(gives_the_same_etag_while_the_content_is_the_same_and_answers_304_to_it) {
    const std::string unknown = "soteria_pvcs{health_reason=\"unknown\"}";
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    eventually("all is known", [&] { return service.metric(unknown) == 0; });
    const auto first = service.get("/v1/inventory");
    BOOST_REQUIRE(first.headers.contains("etag"));
    BOOST_TEST(service.get("/v1/inventory", {{"If-None-Match", first.headers.at("etag")}}).status == 304);
    const running_service replica(cluster.settings(), cluster.access());
    replica.wait_ready();
    eventually("all is known", [&] { return replica.metric(unknown) == 0; });
    BOOST_TEST(replica.get("/v1/inventory").headers.at("etag") == first.headers.at("etag"));
}

BOOST_AUTO_TEST_CASE(follows_claims_that_come_and_go_and_so_do_the_series) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    eventually("Longhorn was asked", [&] { return service.health("web/wiki-data") == "fresh"; });
    const auto volume = text(service.row("web/wiki-data"), "volume");
    const auto series = labels("web", "wiki-data", volume);
    BOOST_TEST(service.metric("pvc_backup_health" + series) == 1);
    BOOST_TEST(service.metric("pvc_backup_count" + series) == 37);
    BOOST_TEST(service.metric("pvc_backup_age_hours" + series) == 0.2, boost::test_tools::tolerance(0.05));
    BOOST_TEST(service.metric("soteria_pvcs{health_reason=\"unsupported\"}") == 2);
    cluster.with([](auto& kubernetes, auto&) { kubernetes.remove("persistentvolumeclaims", "web", "wiki-data"); });
    eventually("the claim is gone", [&] { return service.row("web/wiki-data").contains("deleted"); });
    BOOST_TEST(!service.has_metric("pvc_backup_health" + series));
}

BOOST_AUTO_TEST_CASE(is_right_within_two_seconds_after_a_backup_of_our_own) {
    demo_cluster cluster;
    auto settings = cluster.settings();
    settings.metrics_refresh = 1h; // so that only the end of the backup can be the reason
    const running_service service(settings, cluster.access());
    service.wait_ready();
    eventually("Longhorn was asked", [&] { return service.health("ai/scratch") == "missing"; });
    const auto operation = service.start("/v1/backup", {{"namespace", "ai"}, {"pvc", "scratch"}});
    const auto ended = service.finished(operation);
    BOOST_TEST(text(ended, "phase") == "Succeeded", json::serialize(ended));
    eventually(
        "its row is fresh", [&] { return service.health("ai/scratch") == "fresh"; }, 2s);
    BOOST_TEST(service.row("ai/scratch").at("backup_count").as_int64() == 1);
    BOOST_TEST(service.metric("soteria_backup_requests_total{driver=\"longhorn\",result=\"accepted\"}") == 1);
    BOOST_TEST(service.metric("soteria_operations_total{kind=\"backup\",driver=\"longhorn\",outcome=\"succeeded\"}") ==
               1);
    BOOST_TEST(service.metric("soteria_operations{kind=\"backup\",phase=\"Succeeded\"}") == 1);
}

BOOST_AUTO_TEST_CASE(has_the_restored_claim_bound_to_a_volume_of_its_own) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    const auto operation = service.start("/v1/restores", {{"namespace", "databases"},
                                                          {"pvc", "old-mongo-data"},
                                                          {"snapshot", "latest"},
                                                          {"target_pvc", "mongo-restored"}});
    const auto ended = service.finished(operation);
    BOOST_TEST(text(ended, "phase") == "Succeeded", json::serialize(ended));
    eventually("it is bound", [&] { return service.health("databases/mongo-restored") == "missing"; });
    BOOST_TEST(text(service.row("databases/mongo-restored"), "volume") ==
               text(ended.at("result").as_object(), "volume"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_longhorn_that_cannot_be_asked)

BOOST_AUTO_TEST_CASE(makes_the_inventory_unknown_after_three_periods_and_never_the_service_unready) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    eventually("Longhorn was asked", [&] { return service.health("ai/llm-cache") == "fresh"; });
    const auto volume = text(service.row("ai/llm-cache"), "volume");
    cluster.close_longhorn();
    eventually("it is unknown", [&] { return service.health("ai/llm-cache") == "unknown"; });
    const auto row = service.row("ai/llm-cache");
    BOOST_TEST(row.at("backup_count").as_int64() == 14);
    BOOST_TEST(!row.at("healthy").as_bool());
    BOOST_TEST(text(row, "health_detail").find("Longhorn cannot be asked") == 0U, text(row, "health_detail"));
    BOOST_TEST(service.health("media/movies") == "unsupported");
    BOOST_TEST(service.metric("pvc_backup_health" + labels("ai", "llm-cache", volume)) == 0);
    BOOST_TEST(service.metric("pvc_backup_count" + labels("ai", "llm-cache", volume)) == 14);
    BOOST_TEST(service.metric("soteria_inventory_refresh_failures_total") > 0);
    const auto ready = service.get("/readyz?verbose");
    BOOST_TEST(ready.status == 200);
    BOOST_TEST(ready.body.find("\"name\":\"longhorn\",\"ok\":false,\"required\":false") != std::string::npos,
               ready.body);
    BOOST_TEST(ready.body.find("127.0.0.1") == std::string::npos, "the route is public and tells no address");
    const auto before = service.metric("soteria_inventory_refresh_timestamp_seconds");
    BOOST_TEST(before > 0);
    cluster.open_longhorn();
    eventually("it is known again", [&] { return service.health("ai/llm-cache") == "fresh"; });
    eventually("a refresh was complete",
               [&] { return service.metric("soteria_inventory_refresh_timestamp_seconds") > before; });
}

BOOST_AUTO_TEST_CASE(from_the_start_is_no_reason_not_to_serve) {
    demo_cluster cluster;
    cluster.close_longhorn();
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    eventually("the row says why", [&] {
        return text(service.row("ai/llm-cache"), "health_detail").find("Longhorn cannot be asked") == 0;
    });
    BOOST_TEST(service.health("ai/llm-cache") == "unknown");
    BOOST_TEST(service.metric("soteria_inventory_refresh_timestamp_seconds") == 0);
    const auto refused = service.post("/v1/backup", {{"namespace", "ai"}, {"pvc", "llm-cache"}});
    BOOST_TEST((refused.status == 503 || refused.status == 502 || refused.status == 504), refused.body);
}

BOOST_AUTO_TEST_CASE(because_its_target_was_taken_away_leaves_unknown_rather_than_missing) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    eventually("Longhorn was asked", [&] { return service.health("ai/llm-cache") == "fresh"; });
    cluster.control("targets/default", {{"url", ""}});
    bool was_missing = false;
    eventually("it is unknown", [&] {
        const auto health = service.health("ai/llm-cache");
        was_missing = was_missing || health == "missing";
        return health == "unknown";
    });
    BOOST_TEST(!was_missing);
    BOOST_TEST(service.row("ai/llm-cache").at("backup_count").as_int64() == 14);
    cluster.control("targets/default", {{"url", "s3://backups@eu-central-1/"}});
    eventually("it is fresh again", [&] { return service.health("ai/llm-cache") == "fresh"; });
}

BOOST_AUTO_TEST_SUITE_END()
