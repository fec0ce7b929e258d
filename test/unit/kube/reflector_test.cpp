#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/reflector.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

std::string object(const std::string& name, const std::string& uid, int version) {
    return R"({"metadata":{"namespace":"ai","name":")" + name + R"(","uid":")" + uid + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

std::string event(const std::string& type, const std::string& content) {
    return R"({"type":")" + type + R"(","object":)" + content + "}\n";
}

std::string list_of(int version, const std::string& items, const std::string& token = "") {
    return R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"(","continue":")" + token +
           R"("},"items":[)" + items + "]}";
}

const std::string expired = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})";

cluster_access at_test() {
    cluster_access access;
    access.server = "http://test";
    return access;
}

reflector_settings claims_of_app() {
    reflector_settings settings(persistent_volume_claims);
    settings.label_selector = "app=x";
    return settings;
}

struct reflected {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, at_test()};
    store<persistent_volume_claim> claims{context.get_executor()};
    reflector<persistent_volume_claim> mirror{kubernetes, claims_of_app(), claims, decode_persistent_volume_claim,
                                              [] { return 0.0; }};

    // "a:u1@5 b:u2@6"
    std::string contents() const {
        std::string text;
        for (const auto& [key, each] : claims.all())
            text += (text.empty() ? "" : " ") + key.name + ":" + each->meta.uid + "@" + each->meta.resource_version;
        return text;
    }

    void until_it_holds(const std::string& wanted) {
        test::run_until(context, [&] { return contents() == wanted; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_reflector, reflected)

BOOST_AUTO_TEST_CASE(fills_the_store_from_pages_and_then_from_the_watch) {
    http.on("GET", "*limit=500&labelSelector*").answer(200, list_of(10, object("a", "u1", 5), "more"));
    http.on("GET", "*continue=more*").answer(200, list_of(10, object("b", "u2", 6)));
    auto& watch = http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("a:u1@5 b:u2@6");
    test::run_until(context, [&] { return claims.synced() && http.open_streams() == 1; });
    BOOST_TEST(http.requests().back().url ==
               "http://test/api/v1/persistentvolumeclaims?watch=true&allowWatchBookmarks=true&resourceVersion=10"
               "&timeoutSeconds=300&labelSelector=app%3Dx");
    watch.push(event("ADDED", object("c", "u3", 11)) + event("MODIFIED", object("a", "u1", 12)));
    until_it_holds("a:u1@12 b:u2@6 c:u3@11");
    watch.push(event("DELETED", object("b", "u2", 13)));
    until_it_holds("a:u1@12 c:u3@11");
    BOOST_TEST(mirror.health().last_contact.has_value());
    BOOST_TEST(!mirror.health().last_error.has_value());
    BOOST_TEST(http.unscripted() == 0U);
}

BOOST_AUTO_TEST_CASE(is_not_synced_before_the_last_page) {
    http.on("GET", "*").answer(200, list_of(10, object("a", "u1", 5), "more"));
    auto& second = http.on("GET", "*continue=more*").answer(200, list_of(10, ""));
    second.withhold();
    http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("a:u1@5");
    BOOST_TEST(!claims.synced());
    second.release();
    test::run_until(context, [&] { return claims.synced(); });
}

BOOST_AUTO_TEST_CASE(goes_on_from_the_last_bookmark_after_a_proper_end) {
    http.on("GET", "*limit*").answer(200, list_of(10, ""));
    const std::string bookmark = event("BOOKMARK", R"({"metadata":{"resourceVersion":"44"}})");
    http.on("GET", "*watch=true*resourceVersion=10&*").answer(200, bookmark);
    auto& second = http.on("GET", "*watch=true*resourceVersion=44&*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    test::run_until(context, [&] { return second.uses() == 1; });
    BOOST_TEST(mirror.health().lists == 1U);
}

BOOST_AUTO_TEST_CASE(a_watch_cut_in_the_middle_of_a_line_loses_nothing) {
    http.on("GET", "*limit*").answer(200, list_of(10, ""));
    const auto whole = event("ADDED", object("a", "u1", 11)) + event("ADDED", object("b", "u2", 12));
    http.on("GET", "*resourceVersion=10&*").answer(200, whole.substr(0, whole.size() - 20)).split_every(13);
    http.on("GET", "*resourceVersion=11&*").answer(200, event("ADDED", object("b", "u2", 12))).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("a:u1@11 b:u2@12");
}

BOOST_AUTO_TEST_CASE(lists_again_after_410_and_tells_what_disappeared_or_was_made_anew) {
    std::vector<std::string> heard;
    claims.subscribe([&](auto what, const auto& each) {
        const char* const words[] = {"added ", "modified ", "deleted "};
        heard.push_back(words[static_cast<int>(what)] + each->meta.name + " " + each->meta.uid);
    });
    http.on("GET", "*limit*").answer(200, list_of(10, object("a", "u1", 5) + "," + object("b", "u2", 6)));
    http.on("GET", "*watch=true*").answer(200, event("ERROR", expired));
    http.on("GET", "*limit*").answer(200, list_of(20, object("b", "u9", 15)));
    http.on("GET", "*watch=true*resourceVersion=20&*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("b:u9@15");
    const std::vector<std::string> wanted{"added a u1", "added b u2", "deleted b u2", "added b u9", "deleted a u1"};
    BOOST_TEST(heard == wanted, boost::test_tools::per_element());
    test::run_until(context, [&] { return http.open_streams() == 1; });
}

BOOST_AUTO_TEST_CASE(a_410_as_the_answer_itself_is_the_same) {
    http.on("GET", "*limit*").answer(200, list_of(10, object("a", "u1", 5)));
    http.on("GET", "*watch=true*").answer(410, expired);
    http.on("GET", "*limit*").answer(200, list_of(20, object("b", "u2", 15)));
    http.on("GET", "*watch=true*resourceVersion=20&*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("b:u2@15");
}

BOOST_AUTO_TEST_CASE(an_object_that_cannot_be_read_hides_no_other_and_is_not_taken_for_deleted) {
    claims.apply(decode_persistent_volume_claim(boost::json::parse(object("odd", "u0", 1)).as_object()).value());
    const std::string odd = R"({"metadata":{"namespace":"ai","name":"odd","uid":"u0","resourceVersion":"3"},"spec":5})";
    http.on("GET", "*limit*").answer(200, list_of(10, odd + "," + object("a", "u1", 5)));
    http.on("GET", "*watch=true*").answer(200, event("MODIFIED", odd) + event("ADDED", object("b", "u2", 11)));
    http.on("GET", "*resourceVersion=11&*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_holds("a:u1@5 b:u2@11 odd:u0@1");
}

BOOST_AUTO_TEST_CASE(tells_what_went_wrong_until_the_next_success) {
    http.on("GET", "*limit*")
        .answer(403, R"({"reason":"Forbidden","message":"User \"u\" cannot list resource \"x\""})");
    http.on("GET", "*limit*").answer(200, list_of(10, ""));
    http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    test::run_until(context, [&] { return mirror.health().last_error.has_value(); });
    BOOST_TEST((mirror.health().last_error->code == errc::forbidden));
    BOOST_TEST(!claims.synced());
    test::run_until(context, [&] { return claims.synced(); });
    BOOST_TEST(!mirror.health().last_error.has_value());
}

BOOST_AUTO_TEST_CASE(ends_at_once_and_leaves_nothing_open_when_cancelled_wherever_it_is) {
    auto& list = http.on("GET", "*limit*").answer(200, list_of(10, ""));
    list.withhold();
    {
        test::background running(context, mirror.run());
        test::run_until(context, [&] { return list.uses() == 1; });
        running.stop();
        BOOST_TEST(running.ended());
    }
    http.on("GET", "*limit*").answer(200, list_of(10, ""));
    http.on("GET", "*watch=true*").answer(200).then_silent();
    {
        test::background running(context, mirror.run());
        test::run_until(context, [&] { return http.open_streams() == 1; });
    }
    BOOST_TEST(http.open_streams() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_silence_beyond_the_idle_limit_for_a_dead_connection) {
    auto settings = claims_of_app();
    settings.idle_limit = 0ms;
    reflector<persistent_volume_claim> hasty(kubernetes, settings, claims, decode_persistent_volume_claim);
    http.on("GET", "*limit*").answer(200, list_of(10, ""));
    const std::string bookmark = event("BOOKMARK", R"({"metadata":{"resourceVersion":"11"}})");
    http.on("GET", "*resourceVersion=10&*").answer(200, bookmark).then_silent();
    auto& second = http.on("GET", "*resourceVersion=11&*").answer(200).then_silent();
    const test::background running(context, hasty.run());
    test::run_until(context, [&] { return second.uses() == 1; });
}

BOOST_AUTO_TEST_SUITE_END()
