#include "fixture.hpp"

namespace simulator {

namespace {

std::string owned_by(const answered& owner) {
    return R"(,"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":")" + owner.text({"metadata", "name"}) +
           R"(","uid":")" + owner.text({"metadata", "uid"}) + "\"}]";
}

} // namespace

BOOST_AUTO_TEST_SUITE(deletion_in_the_simulated_cluster)

BOOST_FIXTURE_TEST_CASE(what_has_no_finalizer_goes_at_once, cluster_fixture) {
    const auto made = call("POST", restores, restore("r"));
    const auto seen = call("DELETE", restores + "/r", R"({"propagationPolicy":"Background"})");
    const auto expected = json::parse(
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"r","group":"soteria.dev",)"
        R"("kind":"restores","uid":")" +
        made.text({"metadata", "uid"}) + "\"}}");
    BOOST_TEST((json::value(seen.body) == expected));
    BOOST_TEST(get(restores + "/r").status == 404);
}

BOOST_FIXTURE_TEST_CASE(preconditions_keep_what_somebody_else_made, cluster_fixture) {
    const auto made = call("POST", config_maps, config_map("a"));
    const auto uid = made.text({"metadata", "uid"});
    const auto other_uid = call("DELETE", config_maps + "/a", R"({"preconditions":{"uid":"abc"}})");
    BOOST_TEST(other_uid.status == 409);
    BOOST_TEST(other_uid.text({"message"}) ==
               "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (abc) does not match the "
               "UID in record (" +
                   uid + "). The object might have been deleted and then recreated");
    BOOST_TEST(call("DELETE", config_maps + "/a", R"({"preconditions":{"resourceVersion":"1"}})").status == 409);
    const auto right = R"({"preconditions":{"uid":")" + uid + R"(","resourceVersion":")" + made.revision() + "\"}}";
    BOOST_TEST(call("DELETE", config_maps + "/a", right).status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_finalizer_keeps_an_object_until_it_is_taken_away, cluster_fixture) {
    call("POST", restores, restore("r"));
    call("PATCH", restores + "/r", R"({"metadata":{"finalizers":["soteria.dev/rollback"]}})");
    const auto deleted = call("DELETE", restores + "/r");
    BOOST_TEST(deleted.status == 200);
    BOOST_TEST(deleted.text({"kind"}) == "Restore");
    BOOST_TEST(!deleted.text({"metadata", "deletionTimestamp"}).empty());
    const auto again = call("DELETE", restores + "/r");
    BOOST_TEST(again.revision() == deleted.revision());
    const auto added = call("PATCH", restores + "/r", R"({"metadata":{"finalizers":["soteria.dev/other"]}})");
    BOOST_TEST(added.status == 422);
    BOOST_TEST(added.text({"message"}).find("no new finalizers can be added if the object is being deleted") !=
               std::string::npos);
    BOOST_TEST(call("PATCH", restores + "/r/status", R"({"status":{"phase":"RollingBack"}})").status == 200);
    BOOST_TEST(call("PATCH", restores + "/r", R"({"metadata":{"finalizers":null}})").status == 200);
    BOOST_TEST(get(restores + "/r").status == 404);
}

BOOST_FIXTURE_TEST_CASE(dependents_go_with_their_last_owner, cluster_fixture) {
    const auto owner = call("POST", config_maps, config_map("owner"));
    const auto other = call("POST", config_maps, config_map("other"));
    call("POST", config_maps, config_map("one", owned_by(owner)));
    auto both = owned_by(owner);
    both.insert(both.size() - 1, "," + owned_by(other).substr(20, owned_by(other).size() - 21));
    BOOST_TEST(call("POST", config_maps, config_map("two", both)).status == 201);
    settle();
    BOOST_TEST(get(config_maps + "/one").status == 200);
    call("DELETE", config_maps + "/owner");
    settle();
    BOOST_TEST(get(config_maps + "/one").status == 404);
    const auto left = get(config_maps + "/two");
    BOOST_TEST(left.status == 200);
    BOOST_TEST(api::look_array(left.body, {"metadata", "ownerReferences"})->size() == 1U);
    call("DELETE", config_maps + "/other");
    settle();
    BOOST_TEST(get(config_maps + "/two").status == 404);
}

BOOST_FIXTURE_TEST_CASE(an_owner_that_is_not_there_counts_as_gone, cluster_fixture) {
    const auto reference =
        R"(,"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"nobody"}])";
    BOOST_TEST(call("POST", config_maps, config_map("dependent", reference)).status == 201);
    settle();
    BOOST_TEST(get(config_maps + "/dependent").status == 404);
}

BOOST_FIXTURE_TEST_CASE(an_owner_in_another_namespace_counts_as_gone, cluster_fixture) {
    const auto owner = call("POST", config_maps, config_map("owner"));
    call("POST", "/api/v1/namespaces/kube-system/configmaps", config_map("dependent", owned_by(owner)));
    settle();
    BOOST_TEST(get("/api/v1/namespaces/kube-system/configmaps/dependent").status == 404);
}

BOOST_FIXTURE_TEST_CASE(foreground_waits_for_dependents_and_orphan_cuts_them_loose, cluster_fixture) {
    const auto owner = call("POST", config_maps, config_map("owner"));
    call("POST", config_maps, config_map("kept", owned_by(owner) + R"(,"finalizers":["soteria.dev/x"])"));
    const auto leaving = call("DELETE", config_maps + "/owner", R"({"propagationPolicy":"Foreground"})");
    BOOST_TEST(api::array_holds(leaving.body, {"metadata", "finalizers"}, "foregroundDeletion"));
    settle();
    BOOST_TEST(get(config_maps + "/owner").status == 200);
    call("PATCH", config_maps + "/kept", R"({"metadata":{"finalizers":null}})");
    settle();
    BOOST_TEST(get(config_maps + "/owner").status == 404);

    const auto second = call("POST", config_maps, config_map("owner"));
    call("POST", config_maps, config_map("loose", owned_by(second)));
    call("DELETE", config_maps + "/owner", R"({"propagationPolicy":"Orphan"})");
    settle();
    BOOST_TEST(get(config_maps + "/owner").status == 404);
    BOOST_TEST(get(config_maps + "/loose").status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_namespace_ends_when_what_it_holds_is_gone, cluster_fixture) {
    call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"short"}})");
    const std::string inside = "/api/v1/namespaces/short/configmaps";
    call("POST", inside, config_map("plain"));
    call("POST", inside, config_map("kept", R"(,"finalizers":["soteria.dev/x"])"));
    const auto leaving = call("DELETE", "/api/v1/namespaces/short");
    BOOST_TEST(leaving.text({"status", "phase"}) == "Terminating");
    settle();
    BOOST_TEST(get(inside + "/plain").status == 404);
    BOOST_TEST(!get(inside + "/kept").text({"metadata", "deletionTimestamp"}).empty());
    const auto late = call("POST", inside, config_map("late"));
    BOOST_TEST(late.status == 403);
    BOOST_TEST(late.text({"message"}) == "configmaps \"late\" is forbidden: unable to create new content in namespace "
                                         "short because it is being terminated");
    BOOST_TEST(late.body.at("details").at("causes").at(0).at("reason") == "NamespaceTerminating");
    call("PATCH", inside + "/kept", R"({"metadata":{"finalizers":null}})");
    settle();
    BOOST_TEST(get("/api/v1/namespaces/short").status == 404);
    BOOST_TEST(call("POST", inside, config_map("late")).status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
