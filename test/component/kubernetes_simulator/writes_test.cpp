#include "fixture.hpp"

namespace simulator {

BOOST_AUTO_TEST_SUITE(writes_to_the_simulated_api_server)

BOOST_FIXTURE_TEST_CASE(a_created_object_has_what_the_server_adds, cluster_fixture) {
    const auto made = call("POST", config_maps, config_map("a"));
    BOOST_TEST(made.status == 201);
    BOOST_TEST(made.text({"kind"}) == "ConfigMap");
    BOOST_TEST(made.text({"apiVersion"}) == "v1");
    BOOST_TEST(made.text({"metadata", "namespace"}) == "default");
    BOOST_TEST(made.text({"metadata", "uid"}).size() == 36U);
    BOOST_TEST(made.text({"metadata", "uid"}).at(14) == '4');
    BOOST_TEST(made.text({"metadata", "creationTimestamp"}).size() == 20U);
    BOOST_TEST(!made.revision().empty());
    BOOST_TEST(get(config_maps + "/a").body == made.body);
}

BOOST_FIXTURE_TEST_CASE(a_claim_gets_its_defaults_and_the_default_class_only_if_it_names_none, cluster_fixture) {
    call("POST", "/apis/storage.k8s.io/v1/storageclasses",
         R"({"metadata":{"name":"def","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},)"
         R"("provisioner":"x.y"})");
    const auto unset = call("POST", claims,
                            R"({"metadata":{"name":"unset"},"spec":{"accessModes":["ReadWriteOnce"],)"
                            R"("resources":{"requests":{"storage":"1Gi"}}}})");
    const auto empty = call("POST", claims,
                            R"({"metadata":{"name":"empty"},"spec":{"accessModes":["ReadWriteOnce"],)"
                            R"("storageClassName":"","resources":{"requests":{"storage":"1Gi"}}}})");
    BOOST_TEST(unset.text({"spec", "storageClassName"}) == "def");
    BOOST_TEST(unset.text({"spec", "volumeMode"}) == "Filesystem");
    BOOST_TEST(unset.text({"status", "phase"}) == "Pending");
    BOOST_TEST(api::array_holds(unset.body, {"metadata", "finalizers"}, "kubernetes.io/pvc-protection"));
    BOOST_TEST(empty.text({"spec", "storageClassName"}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_generated_name_has_five_characters_more, cluster_fixture) {
    const auto body = R"({"metadata":{"generateName":"gen-"}})";
    const auto first = call("POST", config_maps, body).text({"metadata", "name"});
    const auto second = call("POST", config_maps, body).text({"metadata", "name"});
    BOOST_TEST(first.size() == 9U);
    BOOST_TEST(first.starts_with("gen-"));
    BOOST_TEST(first != second);
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_answers_as_the_real_one_and_stores_nothing, cluster_fixture) {
    const auto tried = call("POST", config_maps + "?dryRun=All", config_map("a"));
    BOOST_TEST(tried.status == 201);
    BOOST_TEST(!tried.text({"metadata", "uid"}).empty());
    BOOST_TEST(tried.revision().empty());
    BOOST_TEST(get(config_maps + "/a").status == 404);

    const auto made = call("POST", config_maps, config_map("a"));
    const auto patched = call("PATCH", config_maps + "/a?dryRun=All", R"({"data":{"a":"c"}})");
    BOOST_TEST(patched.text({"data", "a"}) == "c");
    BOOST_TEST(patched.revision() == made.revision());
    BOOST_TEST(call("DELETE", config_maps + "/a?dryRun=All").status == 200);
    BOOST_TEST(get(config_maps + "/a").body == made.body);
}

BOOST_FIXTURE_TEST_CASE(a_merge_patch_changes_adds_and_takes_away, cluster_fixture) {
    call("POST", config_maps, config_map("a", R"(,"labels":{"x":"1","y":"2"})"));
    const auto seen =
        call("PATCH", config_maps + "/a", R"({"metadata":{"labels":{"x":null,"z":"3"}},"data":{"a":"c"}})");
    const auto expected = json::parse(R"({"y":"2","z":"3"})");
    BOOST_TEST(seen.status == 200);
    BOOST_TEST((*look(seen.body, {"metadata", "labels"}) == expected));
    BOOST_TEST(seen.text({"data", "a"}) == "c");
}

BOOST_FIXTURE_TEST_CASE(a_write_that_changes_nothing_has_no_new_revision, cluster_fixture) {
    const auto made = call("POST", config_maps, config_map("a"));
    BOOST_TEST(call("PATCH", config_maps + "/a", R"({"data":{"a":"b"}})").revision() == made.revision());
    BOOST_TEST(call("PUT", config_maps + "/a", config_map("a")).revision() == made.revision());
    BOOST_TEST(call("PUT", config_maps + "/a", R"({"metadata":{"name":"a"},"data":{}})").revision() != made.revision());
}

BOOST_FIXTURE_TEST_CASE(a_write_under_the_right_revision_succeeds_once, cluster_fixture) {
    const auto made = call("POST", leases, R"({"metadata":{"name":"l"},"spec":{"holderIdentity":"x"}})");
    const auto body = R"({"metadata":{"resourceVersion":")" + made.revision() + R"("},"spec":{"holderIdentity":"y"}})";
    BOOST_TEST(call("PATCH", leases + "/l", body).status == 200);
    BOOST_TEST(call("PATCH", leases + "/l", body).status == 409);
}

BOOST_FIXTURE_TEST_CASE(status_and_the_rest_are_written_apart, cluster_fixture) {
    const auto made = call("POST", restores, restore("r", R"({"pvc":"a"})", R"(,"status":{"phase":"Mine"})"));
    BOOST_TEST(look(made.body, {"status"}) == nullptr);
    const auto status = call("PATCH", restores + "/r/status",
                             R"({"spec":{"pvc":"b"},"status":{"phase":"Running"},"metadata":{"labels":{"x":"y"}}})");
    BOOST_TEST(status.text({"status", "phase"}) == "Running");
    BOOST_TEST(status.text({"spec", "pvc"}) == "a");
    BOOST_TEST(look(status.body, {"metadata", "labels"}) == nullptr);
    const auto rest = call("PATCH", restores + "/r", R"({"spec":{"pvc":"c"},"status":{"phase":"Done"}})");
    BOOST_TEST(rest.text({"status", "phase"}) == "Running");
    BOOST_TEST(rest.text({"spec", "pvc"}) == "c");
    BOOST_TEST(get(restores + "/r/status").body == get(restores + "/r").body);
}

BOOST_FIXTURE_TEST_CASE(the_generation_counts_changes_of_the_spec, cluster_fixture) {
    const auto generation = [](const answered& seen) {
        return look(seen.body, {"metadata", "generation"})->as_int64();
    };
    BOOST_TEST(generation(call("POST", restores, restore("r"))) == 1);
    BOOST_TEST(generation(call("PATCH", restores + "/r/status", R"({"status":{"phase":"Running"}})")) == 1);
    BOOST_TEST(generation(call("PATCH", restores + "/r", R"({"metadata":{"labels":{"a":"b"}}})")) == 1);
    BOOST_TEST(generation(call("PATCH", restores + "/r", R"({"spec":{"pvc":"other"}})")) == 2);
}

BOOST_FIXTURE_TEST_CASE(what_the_server_wrote_cannot_be_changed, cluster_fixture) {
    const auto made = call("POST", config_maps, config_map("a"));
    const auto seen =
        call("PATCH", config_maps + "/a",
             R"({"metadata":{"creationTimestamp":"2001-01-01T00:00:00Z","generation":7},"data":{"a":"c"}})");
    BOOST_TEST(seen.text({"metadata", "creationTimestamp"}) == made.text({"metadata", "creationTimestamp"}));
    BOOST_TEST(look(seen.body, {"metadata", "generation"}) == nullptr);
    BOOST_TEST(call("PATCH", config_maps + "/a", R"({"metadata":{"uid":"1"}})").status == 422);
    BOOST_TEST(call("PUT", config_maps + "/a", config_map("a", R"(,"uid":"1")")).status == 409);
}

BOOST_FIXTURE_TEST_CASE(the_spec_of_a_claim_and_the_source_of_a_volume_stay, cluster_fixture) {
    call("POST", claims, claim("a", "pv-a"));
    call("POST", volumes, volume("pv-b"));
    const auto class_changed = call("PATCH", claims + "/a", R"({"spec":{"storageClassName":"other"}})");
    BOOST_TEST(class_changed.status == 422);
    BOOST_TEST(class_changed.text({"message"}).find("spec is immutable after creation") != std::string::npos);
    BOOST_TEST(call("PATCH", claims + "/a", R"({"spec":{"resources":{"requests":{"storage":"3Gi"}}}})").status == 200);
    BOOST_TEST(call("PATCH", volumes + "/pv-b", R"({"spec":{"csi":{"volumeHandle":"other"}}})").status == 422);
    BOOST_TEST(call("PATCH", volumes + "/pv-b", R"({"spec":{"persistentVolumeReclaimPolicy":"Delete"}})").status ==
               200);
}

BOOST_FIXTURE_TEST_CASE(everybody_may_do_everything, cluster_fixture) {
    const auto seen = call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                           R"({"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}})");
    BOOST_TEST(seen.status == 201);
    BOOST_TEST(look(seen.body, {"status", "allowed"})->as_bool());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
