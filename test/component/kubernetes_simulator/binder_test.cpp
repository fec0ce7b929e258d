// Who is bound to whom, as the controller-manager's volume binder decides.
#include "fixture.hpp"

namespace simulator {

namespace {

struct bound_pair : cluster_fixture {
    // A claim "c" that names "v", and the volume "v" that names the claim by uid.
    answered made_claim = call("POST", claims, claim("c", "v"));

    void make_volume(const std::string& uid, const std::string& rest = {}) {
        const auto reference = R"(,"claimRef":{"namespace":"default","name":"c")" +
                               (uid.empty() ? std::string() : R"(,"uid":")" + uid + "\"") + "}" + rest;
        BOOST_TEST(call("POST", volumes, volume("v", reference)).status == 201);
        settle();
    }

    std::string uid() { return made_claim.text({"metadata", "uid"}); }

    std::string claim_phase(const std::string& name = "c") {
        return get(claims + "/" + name).text({"status", "phase"});
    }

    std::string volume_phase(const std::string& name = "v") {
        return get(volumes + "/" + name).text({"status", "phase"});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_volume_binder)

BOOST_FIXTURE_TEST_CASE(binds_a_pair_that_names_each_other, bound_pair) {
    make_volume(uid());
    const auto seen = get(claims + "/c");
    BOOST_TEST(seen.text({"status", "phase"}) == "Bound");
    BOOST_TEST(seen.text({"status", "capacity", "storage"}) == "2Gi");
    BOOST_TEST(seen.text({"metadata", "annotations", "pv.kubernetes.io/bind-completed"}) == "yes");
    BOOST_TEST(look(seen.body, {"metadata", "annotations", "pv.kubernetes.io/bound-by-controller"}) == nullptr);
    BOOST_TEST(volume_phase() == "Bound");
}

BOOST_FIXTURE_TEST_CASE(binds_a_volume_that_names_the_claim_without_uid_and_fills_it_in, bound_pair) {
    make_volume("");
    BOOST_TEST(claim_phase() == "Bound");
    BOOST_TEST(get(volumes + "/v").text({"spec", "claimRef", "uid"}) == uid());
}

BOOST_FIXTURE_TEST_CASE(releases_a_volume_that_was_for_another_claim_of_that_name, bound_pair) {
    make_volume("of-the-claim-before");
    BOOST_TEST(claim_phase() == "Pending");
    BOOST_TEST(volume_phase() == "Released");
}

BOOST_FIXTURE_TEST_CASE(leaves_a_claim_pending_whose_volume_is_missing, bound_pair) {
    settle();
    BOOST_TEST(claim_phase() == "Pending");
}

BOOST_FIXTURE_TEST_CASE(leaves_a_claim_pending_whose_volume_is_anothers, bound_pair) {
    make_volume(uid());
    call("POST", claims, claim("thief", "v"));
    settle();
    BOOST_TEST(claim_phase("thief") == "Pending");
    BOOST_TEST(claim_phase() == "Bound");
    BOOST_TEST(get(volumes + "/v").text({"spec", "claimRef", "name"}) == "c");
}

BOOST_FIXTURE_TEST_CASE(gives_a_free_volume_to_the_claim_that_names_it_if_it_is_large_enough, cluster_fixture) {
    call("POST", volumes, volume("free"));
    settle();
    BOOST_TEST(get(volumes + "/free").text({"status", "phase"}) == "Available");
    const auto large =
        R"({"metadata":{"name":"large"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"slow",)"
        R"("volumeName":"free","resources":{"requests":{"storage":"10Gi"}}}})";
    call("POST", claims, large);
    settle();
    BOOST_TEST(get(claims + "/large").text({"status", "phase"}) == "Pending");
    call("POST", claims, claim("fits", "free"));
    settle();
    BOOST_TEST(get(claims + "/fits").text({"status", "phase"}) == "Bound");
    const auto taken = get(volumes + "/free");
    BOOST_TEST(taken.text({"spec", "claimRef", "name"}) == "fits");
    BOOST_TEST(taken.text({"metadata", "annotations", "pv.kubernetes.io/bound-by-controller"}) == "yes");
}

BOOST_FIXTURE_TEST_CASE(finds_the_volume_that_names_a_claim_which_names_none, cluster_fixture) {
    call("POST", claims,
         R"({"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"slow",)"
         R"("resources":{"requests":{"storage":"1Gi"}}}})");
    call("POST", volumes, volume("v", R"(,"claimRef":{"namespace":"default","name":"c"})"));
    settle();
    const auto seen = get(claims + "/c");
    BOOST_TEST(seen.text({"status", "phase"}) == "Bound");
    BOOST_TEST(seen.text({"spec", "volumeName"}) == "v");
    BOOST_TEST(seen.text({"metadata", "annotations", "pv.kubernetes.io/bound-by-controller"}) == "yes");
}

BOOST_FIXTURE_TEST_CASE(releases_a_retained_volume_and_does_not_bind_it_again, bound_pair) {
    make_volume(uid());
    call("DELETE", claims + "/c");
    settle();
    BOOST_TEST(get(claims + "/c").status == 404);
    BOOST_TEST(volume_phase() == "Released");
    call("POST", claims, claim("c", "v"));
    settle();
    BOOST_TEST(claim_phase() == "Pending");
    call("PATCH", volumes + "/v", R"({"spec":{"claimRef":null}})");
    settle();
    BOOST_TEST(claim_phase() == "Bound");
}

BOOST_FIXTURE_TEST_CASE(deletes_a_provisioned_volume_whose_policy_says_so, bound_pair) {
    make_volume(uid(), R"(,"persistentVolumeReclaimPolicy":"Delete")");
    call("PATCH", volumes + "/v",
         R"({"metadata":{"annotations":{"pv.kubernetes.io/provisioned-by":"driver.longhorn.io"}}})");
    call("DELETE", claims + "/c");
    settle();
    BOOST_TEST(get(volumes + "/v").status == 404);
}

BOOST_FIXTURE_TEST_CASE(fails_to_delete_a_volume_that_no_provisioner_made, bound_pair) {
    make_volume(uid(), R"(,"persistentVolumeReclaimPolicy":"Delete")");
    call("DELETE", claims + "/c");
    settle();
    BOOST_TEST(volume_phase() == "Failed");
}

BOOST_FIXTURE_TEST_CASE(keeps_a_bound_volume_until_its_claim_is_gone, bound_pair) {
    make_volume(uid());
    BOOST_TEST(!call("DELETE", volumes + "/v").text({"metadata", "deletionTimestamp"}).empty());
    settle();
    BOOST_TEST(volume_phase() == "Bound");
    call("DELETE", claims + "/c");
    settle();
    BOOST_TEST(get(volumes + "/v").status == 404);
}

BOOST_FIXTURE_TEST_CASE(keeps_a_claim_that_a_scheduled_pod_uses, bound_pair) {
    const std::string pods = "/api/v1/namespaces/default/pods";
    call("POST", pods,
         R"({"metadata":{"name":"user"},"spec":{"nodeName":"node1","containers":[{"name":"a","image":"b"}],"volumes":)"
         R"([{"name":"d","persistentVolumeClaim":{"claimName":"c"}}]}})");
    BOOST_TEST(!call("DELETE", claims + "/c").text({"metadata", "deletionTimestamp"}).empty());
    settle();
    BOOST_TEST(get(claims + "/c").status == 200);
    call("DELETE", pods + "/user");
    settle();
    BOOST_TEST(get(claims + "/c").status == 404);
}

BOOST_FIXTURE_TEST_CASE(calls_a_bound_claim_lost_whose_volume_has_gone, bound_pair) {
    make_volume(uid());
    cluster->remove("persistentvolumes", "", "v");
    settle();
    call("PATCH", volumes + "/v", R"({"metadata":{"finalizers":null}})");
    settle();
    BOOST_TEST(get(volumes + "/v").status == 404);
    BOOST_TEST(claim_phase() == "Lost");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
