#include "fixture.hpp"
#include "test/simulator/kubernetes/seed.hpp"
#include "test/support/certificates.hpp"

namespace simulator {

BOOST_AUTO_TEST_SUITE(controls_of_the_simulated_cluster)

BOOST_FIXTURE_TEST_CASE(seeds_are_stored_as_they_are, cluster_fixture) {
    cluster->apply(json::parse(R"({"kind":"List","items":[
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"namespace":"ai","name":"cache","uid":"u1"},
         "spec":{"volumeName":"pvc-1","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}},
         "status":{"phase":"Bound","capacity":{"storage":"1Gi"}}},
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pvc-1"},"spec":{"capacity":{"storage":"1Gi"},
         "accessModes":["ReadWriteOnce"],"claimRef":{"namespace":"ai","name":"cache","uid":"u1"},
         "csi":{"driver":"driver.longhorn.io","volumeHandle":"pvc-1"}},"status":{"phase":"Bound"}}]})")
                       .as_object());
    settle();
    const auto claim = cluster->get("persistentvolumeclaims", "ai", "cache");
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(text_at(*claim, {"metadata", "uid"}) == "u1");
    BOOST_TEST(text_at(*claim, {"status", "phase"}) == "Bound");
    BOOST_TEST(cluster->get("namespaces", "", "ai").has_value());
    BOOST_TEST(cluster->list("persistentvolumes").size() == 1U);
    BOOST_TEST(text_at(cluster->list("persistentvolumes")[0], {"status", "phase"}) == "Bound");
    BOOST_TEST(cluster->remove("persistentvolumeclaims", "ai", "cache"));
    BOOST_TEST(!cluster->remove("persistentvolumeclaims", "ai", "other"));
    BOOST_CHECK_THROW((void)cluster->list("nothings"), std::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(requests_are_remembered, cluster_fixture) {
    call("POST", config_maps + "?dryRun=All&fieldValidation=Strict", config_map("a"));
    get(config_maps + "/zzz");
    const auto seen = cluster->requests();
    BOOST_REQUIRE(seen.size() == 2U);
    BOOST_TEST(seen[0].method == "POST");
    BOOST_TEST(seen[0].path == config_maps);
    BOOST_TEST(seen[0].query == "dryRun=All&fieldValidation=Strict");
    BOOST_TEST(seen[0].user_agent == "the test");
    BOOST_TEST(seen[0].status == 201);
    BOOST_TEST(seen[1].status == 404);
    const auto listed = get("/_simulator/requests");
    BOOST_TEST(listed.body.at("requests").as_array().size() == 2U);
    call("DELETE", "/_simulator/requests");
    BOOST_TEST(cluster->requests().empty());
}

BOOST_FIXTURE_TEST_CASE(objects_can_be_applied_and_counted_over_http, cluster_fixture) {
    BOOST_TEST(call("POST", "/_simulator/apply",
                    R"([{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":"a"}}])")
                   .status == 200);
    BOOST_TEST(get("/_simulator/count").body.at("configmaps") == 1);
    BOOST_TEST(get("/_simulator/nothing").status == 404);
}

BOOST_AUTO_TEST_CASE(without_the_option_there_are_no_controls) {
    asio::io_context context;
    kubernetes plain(context);
    request asked;
    asked.method = "POST";
    asked.path = "/_simulator/force-gone";
    BOOST_TEST(soteria::test::run(context, plain.handle()(asked)).status == 404);
}

BOOST_FIXTURE_TEST_CASE(health_and_version_are_answered, cluster_fixture) {
    BOOST_TEST(get("/readyz").status == 200);
    BOOST_TEST(get("/version").text({"minor"}) == "35");
}

BOOST_AUTO_TEST_CASE(seed_files_are_json_or_yaml) {
    const soteria::test::temporary_folder folder;
    const auto write = [&folder](const std::string& name, const std::string& text) {
        std::ofstream(folder.file(name)) << text;
        return read_objects(folder.file(name));
    };
    BOOST_TEST(write("one.json", R"({"kind":"A"})").size() == 1U);
    BOOST_TEST(write("array.json", R"([{"kind":"A"},{"kind":"B"}])").size() == 2U);
    BOOST_TEST(write("list.json", R"({"kind":"List","items":[{"kind":"A"},{"kind":"B"}]})").size() == 2U);
    const auto documents = write("two.yaml", "kind: A\ncount: 3\nyes: true\ntext: \"3\"\nempty: \"\"\n---\n"
                                             "kind: B\nlist: [a, 1]\n---\n");
    BOOST_REQUIRE(documents.size() == 2U);
    const auto expected = json::parse(R"({"kind":"A","count":3,"yes":true,"text":"3","empty":""})");
    BOOST_TEST((documents[0] == expected.as_object()));
    BOOST_CHECK_THROW(read_objects(folder.file("missing.json")), std::runtime_error);
    BOOST_CHECK_THROW(write("broken.yaml", "kind: [A\n"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
