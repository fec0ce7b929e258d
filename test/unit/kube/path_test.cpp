#include <soteria/kube/path.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::kube;

BOOST_AUTO_TEST_SUITE(paths_of_the_api)

BOOST_AUTO_TEST_CASE(core_kinds_are_under_api_and_others_under_apis) {
    BOOST_TEST(persistent_volumes.prefix() == "/api/v1");
    BOOST_TEST(leases.prefix() == "/apis/coordination.k8s.io/v1");
    BOOST_TEST(persistent_volumes.api_version() == "v1");
    BOOST_TEST(leases.api_version() == "coordination.k8s.io/v1");
}

BOOST_AUTO_TEST_CASE(namespace_name_and_subresource_are_left_out_where_empty) {
    BOOST_TEST(resource_path(persistent_volume_claims, "") == "/api/v1/persistentvolumeclaims");
    BOOST_TEST(resource_path(persistent_volume_claims, "ai") == "/api/v1/namespaces/ai/persistentvolumeclaims");
    BOOST_TEST(resource_path(persistent_volume_claims, "ai", "c", "status") ==
               "/api/v1/namespaces/ai/persistentvolumeclaims/c/status");
    BOOST_TEST(resource_path(persistent_volumes, "ignored", "pv") == "/api/v1/persistentvolumes/pv");
}

BOOST_AUTO_TEST_CASE(nothing_in_a_name_can_leave_its_place_in_the_path) {
    BOOST_TEST(resource_path(config_maps, "a/b", "../x?y#z %") ==
               "/api/v1/namespaces/a%2Fb/configmaps/..%2Fx%3Fy%23z%20%25");
    BOOST_TEST(percent_encoded("\xc3\xa4") == "%C3%A4");
}

BOOST_AUTO_TEST_CASE(a_query_grows_with_the_right_separator) {
    std::string path = "/x";
    add_query(path, "labelSelector", "a=b,c");
    add_query(path, "limit", "5");
    BOOST_TEST(path == "/x?labelSelector=a%3Db%2Cc&limit=5");
}

BOOST_AUTO_TEST_SUITE_END()
