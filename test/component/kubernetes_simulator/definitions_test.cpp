// Custom resources with a schema, as kube-apiserver 1.35 treats them.
#include "fixture.hpp"

namespace simulator {

namespace {

const std::string definition = R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
 "metadata":{"name":"restores.soteria.dev"},"spec":{"group":"soteria.dev","scope":"Namespaced",
 "names":{"plural":"restores","singular":"restore","kind":"Restore"},
 "versions":[{"name":"v1alpha1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":
 {"type":"object","required":["spec"],"properties":{
  "spec":{"type":"object","required":["pvc"],"properties":{
   "pvc":{"type":"string","minLength":1,"maxLength":5,"pattern":"^[a-z]+$"},
   "mode":{"type":"string","enum":["x","y"],"default":"x"},"n":{"type":"integer","minimum":0},
   "modes":{"type":"array","maxItems":1,"items":{"type":"string"}},
   "labels":{"type":"object","additionalProperties":{"type":"string"}}}},
  "status":{"type":"object","properties":{"phase":{"type":"string"}}}}}}}]}})";

struct defined : cluster_fixture {
    defined() {
        const auto made = call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
        BOOST_TEST(made.status == 201);
    }
};

struct row {
    std::string spec;
    std::string message;
};

const std::vector<row> invalid_specs{
    {R"({"mode":"zz"})",
     "[spec.mode: Unsupported value: \"zz\": supported values: \"x\", \"y\", spec.pvc: Required value]"},
    {R"({"pvc":"ABCDEFG"})", "spec.pvc: Too long: may not be more than 5 bytes"},
    {R"({"pvc":"AB"})", "spec.pvc: Invalid value: \"AB\": spec.pvc in body should match '^[a-z]+$'"},
    {R"({"pvc":""})", "spec.pvc: Invalid value: \"\": spec.pvc in body should be at least 1 chars long"},
    {R"({"pvc":"a","n":-1})", "spec.n: Invalid value: -1: spec.n in body should be greater than or equal to 0"},
    {R"({"pvc":3,"n":"x"})", "[spec.n: Invalid value: \"string\": spec.n in body must be of type integer: \"string\", "
                             "spec.pvc: Invalid value: \"integer\": spec.pvc in body must be of type string: "
                             "\"integer\"]"},
    {R"({"pvc":"a","modes":["x","y"]})", "spec.modes: Too many: 2: must have at most 1 items"},
    {R"({"pvc":"a","labels":{"k":1}})",
     "spec.labels.k: Invalid value: \"integer\": spec.labels.k in body must be of type string: \"integer\""}};

} // namespace

BOOST_AUTO_TEST_SUITE(custom_resources_with_a_schema)

BOOST_FIXTURE_TEST_CASE(unknown_fields_are_pruned_in_silence_and_defaults_filled_in, defined) {
    const auto made = call("POST", restores, restore("r", R"({"pvc":"ab","junk":1,"labels":{"any":"thing"}})"));
    const auto expected = json::parse(R"({"pvc":"ab","mode":"x","labels":{"any":"thing"}})");
    BOOST_TEST(made.status == 201);
    BOOST_TEST((made.body.at("spec") == expected));
    const auto patched = call("PATCH", restores + "/r/status", R"({"status":{"phase":"Running","junk":true}})");
    BOOST_TEST((patched.body.at("status") == json::parse(R"({"phase":"Running"})")));
}

BOOST_FIXTURE_TEST_CASE(strict_validation_names_them, defined) {
    const auto made =
        call("POST", restores + "?fieldValidation=Strict", restore("r", R"({"pvc":"ab","junk":1})", R"(,"junk2":1)"));
    BOOST_TEST(made.status == 400);
    BOOST_TEST(made.text({"message"}) ==
               "Restore in version \"v1alpha1\" cannot be handled as a Restore: strict decoding "
               "error: unknown field \"junk2\", unknown field \"spec.junk\"");
    call("POST", restores, restore("r", R"({"pvc":"ab"})"));
    const auto patched = call("PATCH", restores + "/r?fieldValidation=Strict", R"({"spec":{"zz":1}})");
    BOOST_TEST(patched.status == 422);
    BOOST_TEST(patched.text({"message"}).ends_with("strict decoding error: unknown field \"spec.zz\""));
}

BOOST_FIXTURE_TEST_CASE(what_the_schema_forbids_is_invalid, defined) {
    for (const auto& one : invalid_specs) {
        BOOST_TEST_CONTEXT(one.spec) {
            const auto seen = call("POST", restores, restore("r", one.spec));
            BOOST_TEST(seen.status == 422);
            BOOST_TEST(seen.text({"message"}) == "Restore.soteria.dev \"r\" is invalid: " + one.message);
        }
    }
    const auto missing =
        call("POST", restores, R"({"apiVersion":"soteria.dev/v1alpha1","kind":"Restore","metadata":{"name":"r"}})");
    BOOST_TEST(missing.text({"message"}) == "Restore.soteria.dev \"r\" is invalid: spec: Required value");
}

BOOST_FIXTURE_TEST_CASE(a_definition_brings_any_kind, cluster_fixture) {
    const std::string things = "/apis/example.org/v1/things";
    BOOST_TEST(get(things).status == 404);
    cluster->apply(
        json::parse(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":
                    "things.example.org"},"spec":{"group":"example.org","scope":"Cluster","names":{"plural":"things",
                    "kind":"Thing"},"versions":[{"name":"v1","served":true,"storage":true}]}})")
            .as_object());
    const auto made = call("POST", things, R"({"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"t"}})");
    BOOST_TEST(made.status == 201);
    BOOST_TEST(get(things).text({"kind"}) == "ThingList");
    BOOST_TEST(cluster->count("things.example.org") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
