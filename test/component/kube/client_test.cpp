#include "test/support/cluster.hpp"

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::kube;
namespace json = boost::json;

namespace {

std::string outcome(const auto& done) {
    return done ? "done" : std::string(to_string(done.error().code)) + " " + done.error().reason;
}

struct called : test::cluster {
    result<json::object> create(json::object object, bool dry_run = false) {
        auto with = options();
        with.dry_run = dry_run;
        return test::run(context, client->create(persistent_volume_claims, std::move(object), with));
    }

    result<json::object> get(const std::string& name) {
        return test::run(context, client->get(persistent_volume_claims, "ai", name, options()));
    }

    result<json::object> patch(const std::string& name, std::string_view body) {
        return test::run(context,
                         client->patch(persistent_volume_claims, "ai", name, json::parse(body).as_object(), options()));
    }

    result<void> remove(const std::string& name, const std::string& uid) {
        delete_preconditions sure;
        sure.uid = uid;
        return test::run(context, client->remove(persistent_volume_claims, "ai", name, sure, options()));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_kubernetes_client_over_a_socket, called)

BOOST_AUTO_TEST_CASE(creates_reads_changes_and_deletes) {
    const auto made = create(test::claim("a"));
    BOOST_REQUIRE_MESSAGE(made, made.error().message);
    const std::string uid(made->at("metadata").at("uid").as_string());
    const std::string version(made->at("metadata").at("resourceVersion").as_string());
    BOOST_TEST(get("a").value().at("metadata").at("uid").as_string() == uid);
    BOOST_TEST(outcome(create(test::claim("a"))) == "conflict already_exists");
    BOOST_TEST(outcome(patch("a", R"({"metadata":{"labels":{"x":"y"},"resourceVersion":")" + version + R"("}})")) ==
               "done");
    BOOST_TEST(outcome(patch("a", R"({"metadata":{"labels":{"x":"z"},"resourceVersion":")" + version + R"("}})")) ==
               "conflict conflict");
    BOOST_TEST(outcome(remove("a", "another-uid")) == "conflict conflict");
    BOOST_TEST(outcome(remove("a", uid)) == "done");
    test::run_until(context, [&] { return !kubernetes.get("persistentvolumeclaims", "ai", "a"); });
    BOOST_TEST(outcome(get("a")) == "not_found not_found");
    BOOST_TEST(outcome(remove("a", uid)) == "not_found not_found");
}

BOOST_AUTO_TEST_CASE(makes_nothing_in_a_dry_run) {
    BOOST_TEST(outcome(create(test::claim("a"), true)) == "done");
    BOOST_TEST(kubernetes.count("persistentvolumeclaims") == 0U);
}

BOOST_AUTO_TEST_CASE(is_told_of_unknown_fields_and_missing_namespaces) {
    auto odd = test::claim("a");
    odd["spec"].as_object()["storageClasName"] = "typo";
    BOOST_TEST(outcome(create(odd)) == "invalid ");
    auto homeless = test::claim("a");
    homeless["metadata"].as_object()["namespace"] = "nowhere";
    BOOST_TEST(outcome(create(homeless)) == "not_found namespace_not_found");
    BOOST_TEST(kubernetes.count("persistentvolumeclaims") == 0U);
}

BOOST_AUTO_TEST_CASE(knows_a_kind_that_is_not_installed) {
    constexpr resource missing{"example.dev", "v1", "things", "Thing", true};
    const auto got = test::run(context, client->list(missing, "", 0, "", "", options()));
    BOOST_TEST(outcome(got) == "not_found unknown_kind");
}

BOOST_AUTO_TEST_CASE(says_that_nobody_is_there) {
    stop_server();
    auto soon = options();
    soon.retry = false;
    const auto got = test::run(context, client->get(persistent_volume_claims, "ai", "a", soon));
    BOOST_TEST(outcome(got) == "unavailable ");
}

BOOST_AUTO_TEST_SUITE_END()
