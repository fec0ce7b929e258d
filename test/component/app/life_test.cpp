// Start and stop.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

BOOST_AUTO_TEST_SUITE(the_service_starts_without_waiting)

BOOST_AUTO_TEST_CASE(for_a_kubernetes_that_is_not_there_and_says_so) {
    kube::cluster_access nowhere;
    nowhere.server = "http://127.0.0.1:1";
    nowhere.ns = "soteria";
    const running_service service(quick_settings("http://127.0.0.1:1"), nowhere);
    BOOST_TEST(service.get("/healthz").status == 200);
    BOOST_TEST(service.get("/metrics").status == 200);
    const auto ready = service.get("/readyz");
    BOOST_TEST(ready.status == 503);
    const json::array expected{"kubernetes"};
    BOOST_TEST(ready.object().at("failing").as_array() == expected, ready.body);
    eventually("the reason is told", [&] {
        const auto verbose = service.get("/readyz?verbose").body;
        return verbose.find("the list of persistentvolumeclaims is not complete yet (unavailable)") !=
               std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(and_is_ready_once_all_lists_are_complete) {
    demo_cluster cluster;
    const running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    BOOST_TEST(!service.row("ai/llm-cache").empty(), "ready means that the inventory is there");
    const auto checks = service.get("/readyz?verbose").object().at("checks").as_array();
    BOOST_TEST(checks.size() == 3U);
    BOOST_TEST(checks[0].at("name").as_string() == "kubernetes");
    BOOST_TEST(checks[0].at("required").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_service_stops_in_order)

BOOST_AUTO_TEST_CASE(and_gives_the_lease_back_so_that_the_next_one_leads_at_once) {
    demo_cluster cluster;
    running_service service(cluster.settings(), cluster.access());
    service.wait_ready();
    const auto holder = [&] {
        const auto lease = cluster.with(
            [](auto& kubernetes, auto&) { return kubernetes.get("leases.coordination.k8s.io", "soteria", "soteria"); });
        if (!lease)
            return std::string();
        const auto* name = lease->at("spec").as_object().if_contains("holderIdentity");
        return name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string();
    };
    // By its own word: the Lease may name it a moment before it has heard so.
    eventually("it leads", [&] { return !holder().empty() && service.metric("soteria_leader") == 1; });
    BOOST_TEST(service.stop());
    BOOST_TEST(holder() == "");
}

BOOST_AUTO_TEST_CASE(with_work_under_way_which_the_next_start_finishes) {
    demo_cluster cluster;
    std::string operation;
    {
        running_service service(cluster.settings(), cluster.access());
        service.wait_ready();
        operation = service.start(
            "/v1/restores",
            {{"namespace", "ai"}, {"pvc", "llm-cache"}, {"snapshot", "latest"}, {"target_pvc", "llm-restored"}});
        BOOST_TEST(service.stop());
    }
    const running_service next(cluster.settings(), cluster.access());
    next.wait_ready();
    const auto ended = next.finished(operation);
    BOOST_TEST(ended.at("phase").as_string() == "Succeeded", json::serialize(ended));
}

BOOST_AUTO_TEST_SUITE_END()
