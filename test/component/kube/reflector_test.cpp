#include "test/support/cluster.hpp"

#include <soteria/kube/reflector.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

struct mirrored : test::cluster {
    store<persistent_volume_claim> claims{context.get_executor()};
    reflector<persistent_volume_claim> mirror{*client, reflector_settings(persistent_volume_claims), claims,
                                              decode_persistent_volume_claim, [] { return 0.0; }};

    // "a b c" or, past ten, their number.
    std::string names() const {
        if (claims.all().size() > 10)
            return std::to_string(claims.all().size());
        std::string text;
        for (const auto& [key, each] : claims.all())
            text += (text.empty() ? "" : " ") + key.name;
        return text;
    }

    void until_there_are(const std::string& wanted) {
        test::run_until(context, [&] { return claims.synced() && names() == wanted; });
    }

    void until_watched(std::size_t times) {
        test::run_until(context, [&] { return mirror.health().watches >= times; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_reflector_over_a_socket, mirrored)

BOOST_AUTO_TEST_CASE(reads_a_long_list_in_pages_and_follows_changes) {
    for (int each = 0; each < 1200; ++each)
        kubernetes.apply(test::claim("c" + std::to_string(each)));
    const test::background running(context, mirror.run());
    until_there_are("1200");
    std::size_t pages = 0;
    for (const auto& each : kubernetes.requests())
        pages += each.query.find("limit=500") != std::string::npos ? 1 : 0;
    BOOST_TEST(pages == 3U);
    BOOST_REQUIRE(test::run(context, client->create(persistent_volume_claims, test::claim("new"), options())));
    until_there_are("1201");
    BOOST_REQUIRE(test::run(context, client->remove(persistent_volume_claims, "ai", "c7", {}, options())));
    until_there_are("1200");
    BOOST_TEST(claims.find({"ai", "c7"}) == nullptr);
    const auto patch = boost::json::parse(R"({"metadata":{"labels":{"a":"b"}}})").as_object();
    BOOST_REQUIRE(test::run(context, client->patch(persistent_volume_claims, "ai", "new", patch, options())));
    test::run_until(context, [&] { return claims.find({"ai", "new"})->meta.labels.contains("a"); });
}

BOOST_AUTO_TEST_CASE(loses_nothing_when_its_watch_is_cut_in_the_middle_of_a_line) {
    const test::background running(context, mirror.run());
    until_watched(1);
    kubernetes.apply(test::claim("a"));
    kubernetes.cut_watches();
    kubernetes.apply(test::claim("b"));
    until_there_are("a b");
    kubernetes.apply(test::claim("c"));
    until_there_are("a b c");
    BOOST_TEST(mirror.health().lists == 1U);
}

BOOST_AUTO_TEST_CASE(goes_on_from_a_bookmark_that_is_later_than_any_change_of_its_own_kind) {
    kubernetes.apply(test::claim("a"));
    const test::background running(context, mirror.run());
    until_watched(1);
    const auto first = watches().back();
    boost::json::object other{{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
    other["metadata"] = boost::json::object{{"namespace", "ai"}, {"name", "other"}};
    const auto version = kubernetes.apply(other).at("metadata").at("resourceVersion").as_string();
    // Each bookmark is heard of as contact; two later, the version of the other kind's change has been passed.
    for (int bookmark = 0; bookmark < 3; ++bookmark) {
        const auto before = mirror.health().last_contact;
        test::run_until(context, [&] { return mirror.health().last_contact != before; });
    }
    kubernetes.cut_watches();
    until_watched(2);
    BOOST_TEST(watches().back().find("resourceVersion=" + std::string(version)) != std::string::npos,
               watches().back() << " after " << first << " should go on from " << version);
    BOOST_TEST(mirror.health().lists == 1U);
}

BOOST_AUTO_TEST_CASE(lists_again_when_its_version_has_expired_and_finds_out_what_has_gone) {
    for (const auto* name : {"a", "b", "c"})
        kubernetes.apply(test::claim(name));
    const test::background running(context, mirror.run());
    until_there_are("a b c");
    until_watched(1);
    stop_server();
    kubernetes.remove("persistentvolumeclaims", "ai", "b");
    kubernetes.apply(test::claim("d"));
    kubernetes.force_gone();
    start_server();
    until_there_are("a c d");
    BOOST_TEST(mirror.health().lists == 2U);
}

BOOST_AUTO_TEST_CASE(is_told_of_expiry_in_a_running_watch_as_well) {
    const test::background running(context, mirror.run());
    until_watched(1);
    kubernetes.force_gone();
    until_watched(2);
    BOOST_TEST(mirror.health().lists == 2U);
    kubernetes.apply(test::claim("a"));
    until_there_are("a");
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_server_comes_back) {
    const test::background running(context, mirror.run());
    until_watched(1);
    stop_server();
    test::run_until(context, [&] { return mirror.health().last_error.has_value(); });
    kubernetes.apply(test::claim("a"));
    start_server();
    until_there_are("a");
    BOOST_TEST(mirror.health().lists == 1U);
    BOOST_TEST(!mirror.health().last_error.has_value());
}

BOOST_AUTO_TEST_CASE(leaves_no_connection_in_use_when_it_is_stopped) {
    {
        const test::background running(context, mirror.run());
        until_watched(1);
        BOOST_TEST(http.running() == 1U);
    }
    BOOST_TEST(http.running() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
