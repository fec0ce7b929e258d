// Refusals, word for word as kube-apiserver 1.35 gives them.
#include "fixture.hpp"

namespace simulator {

namespace {

struct row {
    std::string method;
    std::string target;
    std::string body;
    int status;
    std::string reason;
    std::string message;
};

const std::string subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const std::string label_rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const std::string changed =
    "the object has been modified; please apply your changes to the latest version and try again";
const std::string method_not_allowed = "the server does not allow this method on the requested resource";

// `a` is there in every kind used.
const std::vector<row> refusals{
    {"GET", claims + "/zzz", "", 404, "NotFound", "persistentvolumeclaims \"zzz\" not found"},
    {"GET", restores + "/nope", "", 404, "NotFound", "restores.soteria.dev \"nope\" not found"},
    {"PATCH", restores + "/nope/status", "{}", 404, "NotFound", "restores.soteria.dev \"nope\" not found"},
    {"PUT", config_maps + "/nope", config_map("nope"), 404, "NotFound", "configmaps \"nope\" not found"},
    {"DELETE", leases + "/nope", "", 404, "NotFound", "leases.coordination.k8s.io \"nope\" not found"},
    {"POST", "/api/v1/namespaces/nope/configmaps", config_map("a"), 404, "NotFound", "namespaces \"nope\" not found"},
    {"POST", "/api/v1/namespaces/nope/configmaps?dryRun=All", config_map("a"), 404, "NotFound",
     "namespaces \"nope\" not found"},
    {"GET", "/api/v1/foos", "", 404, "NotFound", "the server could not find the requested resource"},
    {"POST", config_maps, config_map("a"), 409, "AlreadyExists", "configmaps \"a\" already exists"},
    {"POST", config_maps + "?dryRun=All", config_map("a"), 409, "AlreadyExists", "configmaps \"a\" already exists"},
    {"POST", "/api/v1/namespaces", R"({"metadata":{"name":"default"}})", 409, "AlreadyExists",
     "namespaces \"default\" already exists"},
    {"POST", restores, restore("a"), 409, "AlreadyExists", "restores.soteria.dev \"a\" already exists"},
    {"PATCH", config_maps + "/a", R"({"metadata":{"resourceVersion":"1"}})", 409, "Conflict",
     "Operation cannot be fulfilled on configmaps \"a\": " + changed},
    {"PATCH", restores + "/a/status", R"({"metadata":{"resourceVersion":"1"}})", 409, "Conflict",
     "Operation cannot be fulfilled on restores.soteria.dev \"a\": " + changed},
    {"PUT", config_maps + "/a", config_map("a", R"(,"resourceVersion":"3")"), 409, "Conflict",
     "Operation cannot be fulfilled on configmaps \"a\": " + changed},
    {"PUT", config_maps + "/a", config_map("d"), 400, "BadRequest",
     "the name of the object (d) does not match the name on the URL (a)"},
    {"POST", config_maps, config_map("b", R"(,"namespace":"zz")"), 400, "BadRequest",
     "the namespace of the provided object does not match the namespace sent on the request"},
    {"POST", config_maps, config_map("b", R"(,"resourceVersion":"5")"), 500, "",
     "resourceVersion should not be set on objects to be created"},
    {"PUT", leases + "/a", R"({"metadata":{"name":"a"}})", 422, "Invalid",
     "leases.coordination.k8s.io \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for "
     "an update"},
    {"PUT", restores + "/a", restore("a"), 422, "Invalid",
     "restores.soteria.dev \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an "
     "update"},
    {"POST", "/api/v1/namespaces", R"({"metadata":{"name":"Bad_Name"}})", 422, "Invalid",
     "Namespace \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": " + label_rule},
    {"POST", claims, claim("A_x", "v"), 422, "Invalid",
     "PersistentVolumeClaim \"A_x\" is invalid: metadata.name: Invalid value: \"A_x\": " + subdomain_rule},
    {"POST", restores, restore("R_2"), 422, "Invalid",
     "Restore.soteria.dev \"R_2\" is invalid: metadata.name: Invalid value: \"R_2\": " + subdomain_rule},
    {"POST", config_maps, R"({"metadata":{}})", 422, "Invalid",
     "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"},
    {"POST", claims, R"({"metadata":{"name":"b"},"spec":{}})", 422, "Invalid",
     "PersistentVolumeClaim \"b\" is invalid: [spec.accessModes: Required value: at least 1 access mode is required, "
     "spec.resources[storage]: Required value]"},
    {"POST", volumes, R"({"metadata":{"name":"b"},"spec":{}})", 422, "Invalid",
     "PersistentVolume \"b\" is invalid: [spec.accessModes: Required value, spec.capacity: Required value, "
     "spec.capacity: Unsupported value: null: supported values: \"storage\", spec: Required value: must specify a "
     "volume type]"},
    {"POST", claims + "?fieldValidation=Strict", R"({"metadata":{"name":"b","foo":1},"spec":{}})", 400, "BadRequest",
     "PersistentVolumeClaim in version \"v1\" cannot be handled as a PersistentVolumeClaim: strict decoding error: "
     "unknown field \"metadata.foo\""},
    {"POST", config_maps, config_map("b", R"(,"labels":{"a":1})"), 400, "BadRequest",
     "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field "
     "ObjectMeta.metadata.labels of type string"},
    {"POST", config_maps, config_map("b", R"(,"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap"}])"), 422,
     "Invalid",
     "ConfigMap \"b\" is invalid: [metadata.ownerReferences.name: Invalid value: \"\": must not be empty, "
     "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty]"},
    {"POST", config_maps, config_map("b", R"(,"finalizers":["x"])"), 422, "Invalid",
     "ConfigMap \"b\" is invalid: metadata.finalizers[0]: Invalid value: \"x\": name is neither a standard finalizer "
     "name nor is it fully qualified"},
    {"POST", config_maps + "?dryRun=Foo", config_map("b"), 422, "Invalid",
     "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Foo\"]: supported values: \"All\""},
    {"DELETE", config_maps + "/a", R"({"propagationPolicy":"Nope"})", 422, "Invalid",
     "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Nope\": supported values: "
     "\"Foreground\", \"Background\", \"Orphan\", \"nil\""},
    {"POST", config_maps, R"({"kind":"PersistentVolume","apiVersion":"v1","metadata":{"name":"b"}})", 400, "BadRequest",
     "PersistentVolume in version \"v1\" cannot be handled as a ConfigMap: converting (v1.PersistentVolume) to "
     "(core.ConfigMap): unknown conversion"},
    {"POST", restores, R"({"apiVersion":"soteria.dev/v1alpha1","kind":"Backup","metadata":{"name":"b"}})", 422,
     "Invalid", "Backup.soteria.dev \"b\" is invalid: kind: Invalid value: \"Backup\": must be Restore"},
    {"GET", config_maps + "?limit=x", "", 400, "BadRequest", "strconv.ParseInt: parsing \"x\": invalid syntax"},
    {"GET", config_maps + "?resourceVersion=abc", "", 400, "BadRequest",
     "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid "
     "syntax"},
    {"GET", config_maps + "?watch=true&resourceVersion=abc", "", 500, "",
     "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"},
    {"GET", config_maps + "?labelSelector=a%3D%3D%3Db", "", 400, "BadRequest",
     "unable to parse requirement: found '=', expected: identifier"},
    {"GET", claims + "?fieldSelector=spec.foo%3Db", "", 400, "BadRequest",
     "\"spec.foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""},
    {"GET", config_maps + "?watch=true&sendInitialEvents=true", "", 422, "Invalid",
     "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
     "resourceVersionMatch to NotOlderThan"},
    {"GET", config_maps + "?resourceVersionMatch=Exact", "", 422, "Invalid",
     "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
     "unless resourceVersion is provided"},
    {"PUT", config_maps, "{}", 405, "MethodNotAllowed", method_not_allowed},
    {"POST", config_maps + "/a", "{}", 405, "MethodNotAllowed", method_not_allowed},
    {"POST", "/api/v1/configmaps", config_map("b"), 405, "MethodNotAllowed", method_not_allowed},
};

struct furnished : cluster_fixture {
    furnished() {
        call("POST", config_maps, config_map("a"));
        call("POST", claims, claim("a", "pv-a"));
        call("POST", leases, R"({"metadata":{"name":"a"}})");
        call("POST", restores, restore("a"));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(refusals_of_the_simulated_api_server)

BOOST_FIXTURE_TEST_CASE(each_is_a_status_worded_as_the_real_one, furnished) {
    for (const auto& one : refusals) {
        BOOST_TEST_CONTEXT(one.method << " " << one.target << " " << one.body) {
            const auto seen = call(one.method, one.target, one.body);
            BOOST_TEST(seen.status == one.status);
            BOOST_TEST(seen.text({"kind"}) == "Status");
            BOOST_TEST(seen.text({"status"}) == "Failure");
            BOOST_TEST(seen.text({"reason"}) == one.reason);
            BOOST_TEST(seen.text({"message"}) == one.message);
            BOOST_TEST(json::serialize(seen.body.at("code")) == std::to_string(one.status));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(none_of_them_changes_anything, furnished) {
    const auto before = get(config_maps).revision();
    for (const auto& one : refusals) {
        call(one.method, one.target, one.body);
    }
    BOOST_TEST(get(config_maps).revision() == before);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_group_is_a_plain_404, cluster_fixture) {
    const auto seen = get("/apis/nope.dev/v1/foos");
    BOOST_TEST(seen.status == 404);
    BOOST_TEST(seen.body.empty());
}

BOOST_FIXTURE_TEST_CASE(a_patch_must_be_a_merge_patch_and_a_body_json, furnished) {
    auto asked = make("PATCH", config_maps + "/a", "{}");
    asked.headers["content-type"] = "application/json";
    BOOST_TEST(soteria::test::run(context, exchange(asked)).status == 415);
    asked = make("POST", config_maps, config_map("b"));
    asked.headers["content-type"] = "text/plain";
    BOOST_TEST(soteria::test::run(context, exchange(asked)).status == 415);
    BOOST_TEST(call("POST", config_maps, "{broken").status == 400);
    BOOST_TEST(call("PATCH", config_maps + "/a", "[1]").status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_revision_of_the_future_is_a_504, furnished) {
    const auto seen = get(config_maps + "?resourceVersion=999999");
    BOOST_TEST(seen.status == 504);
    BOOST_TEST(seen.text({"reason"}) == "Timeout");
    BOOST_TEST(seen.body.at("details").at("retryAfterSeconds") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
