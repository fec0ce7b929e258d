// Each variable of the environment and what it changes in the running service.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

namespace {

json::object backup_of(const std::string& ns, const std::string& pvc) {
    return {{"namespace", ns}, {"pvc", pvc}};
}

json::object restore_to(const std::string& target) {
    return {{"namespace", "ai"}, {"pvc", "llm-cache"}, {"snapshot", "latest"}, {"target_pvc", target}};
}

std::string phase_of(const json::object& operation) {
    return std::string(operation.at("phase").as_string());
}

// The service with one setting changed, once Longhorn has been asked.
struct changed_setting {
    demo_cluster cluster;
    config::settings settings = cluster.settings();
    std::unique_ptr<running_service> service;

    explicit changed_setting(const std::function<void(config::settings&)>& change) {
        change(settings);
        service = std::make_unique<running_service>(settings, cluster.access());
        service->wait_ready();
        eventually("all is known", [&] { return service->metric("soteria_pvcs{health_reason=\"unknown\"}") == 0; });
    }

    std::size_t count(const std::string& resource) {
        return cluster.with([&](auto& kubernetes, auto&) { return kubernetes.count(resource); });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(each_setting_has_its_effect)

BOOST_AUTO_TEST_CASE(backup_max_age_hours_moves_the_line_between_fresh_and_stale) {
    changed_setting s([](auto& settings) { settings.backup_max_age = 30min; });
    BOOST_TEST(s.service->health("ai/llm-cache") == "stale");
    BOOST_TEST(s.service->health("web/wiki-data") == "fresh");
}

BOOST_AUTO_TEST_CASE(metrics_refresh_seconds_is_how_soon_somebody_elses_backup_shows) {
    changed_setting s([](auto& settings) { settings.metrics_refresh = 50ms; });
    BOOST_TEST(s.service->health("ai/scratch") == "missing");
    const auto volume = std::string(s.service->row("ai/scratch").at("volume").as_string());
    s.cluster.with([&](auto&, auto& manager) {
        manager.seed(json::object{{"backups", {json::object{{"name", "backup-of-somebody"}, {"volume", volume}}}}});
    });
    eventually(
        "it is seen", [&] { return s.service->health("ai/scratch") == "fresh"; }, 5s);
}

BOOST_AUTO_TEST_CASE(longhorn_backup_mode_is_asked_of_longhorn) {
    changed_setting s([](auto& settings) { settings.longhorn_backup_mode = "full"; });
    const auto ended = s.service->finished(s.service->start("/v1/backup", backup_of("ai", "scratch")));
    BOOST_TEST(phase_of(ended) == "Succeeded", json::serialize(ended));
    const auto asked = json::serialize(s.cluster.longhorn_log());
    BOOST_TEST(asked.find(R"(\"backupMode\":\"full\")") != std::string::npos, asked);
}

BOOST_AUTO_TEST_CASE(max_running_backups_queues_the_others) {
    changed_setting s([](auto& settings) { settings.max_running_backups = 1; });
    s.cluster.control("faults", {{"do", "stall_backup"}, {"at", 10}, {"times", 0}});
    s.service->start("/v1/backup", backup_of("ai", "scratch"));
    eventually("one runs", [&] { return s.service->metric("soteria_operations_running{kind=\"backup\"}") == 1; });
    const auto second = s.service->start("/v1/backup", backup_of("ai", "notebooks"));
    eventually("the other is queued",
               [&] { return s.service->metric("soteria_operations{kind=\"backup\",phase=\"Queued\"}") == 1; });
    BOOST_TEST(phase_of(s.service->get("/v1/operations/" + second).object()) == "Queued");
    BOOST_TEST(s.service->metric("soteria_operations_running{kind=\"backup\"}") == 1);
}

BOOST_AUTO_TEST_CASE(max_running_restores_queues_the_others) {
    changed_setting s([](auto& settings) { settings.max_running_restores = 1; });
    s.cluster.control("faults", {{"do", "stall_restore"}, {"at", 10}, {"times", 0}});
    s.service->start("/v1/restores", restore_to("one"));
    eventually("one runs", [&] { return s.service->metric("soteria_operations_running{kind=\"restore\"}") == 1; });
    const auto second = s.service->start("/v1/restores", restore_to("two"));
    eventually("the other is queued",
               [&] { return s.service->metric("soteria_operations{kind=\"restore\",phase=\"Queued\"}") == 1; });
    BOOST_TEST(phase_of(s.service->get("/v1/operations/" + second).object()) == "Queued");
}

BOOST_AUTO_TEST_CASE(backup_timeout_seconds_ends_a_backup_that_never_would) {
    changed_setting s([](auto& settings) { settings.backup_timeout = 1s; });
    s.cluster.control("faults", {{"do", "stall_backup"}, {"at", 10}, {"times", 0}});
    const auto ended = s.service->finished(s.service->start("/v1/backup", backup_of("ai", "scratch")));
    BOOST_TEST(phase_of(ended) == "Failed", json::serialize(ended));
}

BOOST_AUTO_TEST_CASE(restore_timeout_seconds_rolls_back_a_restore_that_never_would_end) {
    changed_setting s([](auto& settings) { settings.restore_timeout = 1s; });
    const auto claims = s.count("persistentvolumeclaims");
    s.cluster.control("faults", {{"do", "stall_restore"}, {"at", 10}, {"times", 0}});
    const auto ended = s.service->finished(s.service->start("/v1/restores", restore_to("never")));
    BOOST_TEST(phase_of(ended) == "Failed", json::serialize(ended));
    BOOST_TEST(s.count("persistentvolumeclaims") == claims, "the claim it made is gone again");
}

BOOST_AUTO_TEST_CASE(stall_seconds_ends_what_makes_no_progress) {
    changed_setting s([](auto& settings) { settings.stall = 1s; });
    s.cluster.control("faults", {{"do", "stall_backup"}, {"at", 10}, {"times", 0}});
    const auto ended = s.service->finished(s.service->start("/v1/backup", backup_of("ai", "scratch")));
    BOOST_TEST(phase_of(ended) == "Failed", json::serialize(ended));
    BOOST_TEST(ended.at("error").at("code").as_string() == "stalled", json::serialize(ended));
}

BOOST_AUTO_TEST_CASE(history_count_is_how_many_finished_operations_are_kept) {
    changed_setting s([](auto& settings) { settings.history_count = 1; });
    s.service->finished(s.service->start("/v1/backup", backup_of("ai", "scratch")));
    const auto second = s.service->start("/v1/backup", backup_of("ai", "notebooks"));
    eventually("the first is forgotten", [&] {
        const auto all = s.service->get("/v1/operations").object().at("operations").as_array();
        return all.size() == 1 && all[0].at("id").as_string() == second && phase_of(all[0].as_object()) == "Succeeded";
    });
    BOOST_TEST(s.count("backups.soteria.dev") == 1U);
}

BOOST_AUTO_TEST_CASE(history_hours_is_how_long_finished_operations_are_kept) {
    changed_setting s([](auto& settings) { settings.history = 0h; });
    s.service->finished(s.service->start("/v1/backup", backup_of("ai", "scratch")));
    eventually("it is forgotten", [&] { return s.count("backups.soteria.dev") == 0; });
    eventually("nor is it shown any more",
               [&] { return s.service->get("/v1/operations").object().at("operations").as_array().empty(); });
}

BOOST_AUTO_TEST_CASE(lease_seconds_is_what_the_lease_says) {
    changed_setting s([](auto& settings) { settings.lease = 7s; });
    eventually("it leads", [&] { return s.count("leases.coordination.k8s.io") > 0; });
    const auto lease = s.cluster.with(
        [](auto& kubernetes, auto&) { return kubernetes.get("leases.coordination.k8s.io", "soteria", "soteria"); });
    BOOST_REQUIRE(lease.has_value());
    BOOST_TEST(lease->at("spec").at("leaseDurationSeconds").as_int64() == 7);
}

BOOST_AUTO_TEST_CASE(listen_addr_is_where_it_serves_and_a_taken_one_is_refused_in_a_sentence) {
    changed_setting s([](auto&) {});
    auto settings = s.settings;
    settings.listen_address = "127.0.0.1:" + std::to_string(s.service->port());
    BOOST_CHECK_EXCEPTION(running_service(settings, s.cluster.access()), std::runtime_error, [&](const auto& error) {
        return std::string(error.what()).find(settings.listen_address) != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(each_setting_of_access_has_its_effect)

BOOST_AUTO_TEST_CASE(auth_required_groups_tokens_and_proxies) {
    changed_setting s([](auto&) {});
    auto settings = s.settings;
    settings.auth_required = true;
    settings.allowed_groups = {"ops"};
    settings.bearer_tokens = {secret_string("open-sesame")};
    const running_service closed(settings, s.cluster.access());
    const std::string path = "/v1/whoami";
    const headers of_ops{{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "/ops"}};
    BOOST_TEST(s.service->get(path).status == 200);
    BOOST_TEST(closed.get(path).status == 401);
    BOOST_TEST(closed.get("/metrics").status == 200);
    BOOST_TEST(closed.get(path, {{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "dev"}}).status == 403);
    BOOST_TEST(closed.get(path, of_ops).status == 200);
    BOOST_TEST(closed.get(path, {{"Authorization", "Bearer open-sesame"}}).status == 200);
    BOOST_TEST(closed.metric("soteria_authz_denials_total{reason=\"no_identity\"}") == 1);
    BOOST_TEST(closed.metric("soteria_authz_denials_total{reason=\"group_not_allowed\"}") == 1);
    settings.trusted_proxies = {network::parse("192.0.2.0/24").value()};
    const running_service distrustful(settings, s.cluster.access());
    BOOST_TEST(distrustful.get(path, of_ops).status == 401);
}

BOOST_AUTO_TEST_SUITE_END()
