#include "fixture.hpp"

namespace simulator {

namespace {

std::string joined(const std::vector<json::object>& events) {
    std::string text;
    for (const auto& line : summary(events)) {
        text += (text.empty() ? "" : ", ") + line;
    }
    return text;
}

kubernetes_options with_history(std::size_t size) {
    kubernetes_options options;
    options.history = size;
    return options;
}

kubernetes_options with_bookmarks() {
    kubernetes_options options;
    options.bookmark_every = std::chrono::milliseconds(10);
    return options;
}

struct short_history : cluster_fixture {
    short_history() : cluster_fixture(with_history(3)) {}
};

struct frequent_bookmarks : cluster_fixture {
    frequent_bookmarks() : cluster_fixture(with_bookmarks()) {}
};

const std::string gone = "ERROR";

} // namespace

BOOST_AUTO_TEST_SUITE(watches_of_the_simulated_api_server)

BOOST_FIXTURE_TEST_CASE(a_watch_goes_on_from_its_revision_and_then_follows, cluster_fixture) {
    const auto from = call("POST", config_maps, config_map("before")).revision();
    call("POST", config_maps, config_map("a"));
    auto seen = watch(config_maps + "?watch=true&resourceVersion=" + from);
    BOOST_TEST(joined(events(seen, 1)) == "ADDED a");
    const auto patched = call("PATCH", config_maps + "/a", R"({"data":{"a":"c"}})");
    call("DELETE", config_maps + "/a");
    const auto following = events(seen, 2);
    BOOST_TEST(joined(following) == "MODIFIED a, DELETED a");
    BOOST_TEST(text_at(following[0], {"object", "kind"}) == "ConfigMap");
    BOOST_TEST(text_at(following[0], {"object", "metadata", "resourceVersion"}) == patched.revision());
    BOOST_TEST(text_at(following[1], {"object", "metadata", "resourceVersion"}) > patched.revision());
    BOOST_TEST(text_at(following[1], {"object", "data", "a"}) == "c");
}

BOOST_FIXTURE_TEST_CASE(a_watch_without_revision_begins_with_what_is_there, cluster_fixture) {
    call("POST", config_maps, config_map("a"));
    call("PATCH", config_maps + "/a", R"({"data":{"a":"c"}})");
    auto seen = watch(config_maps + "?watch=true");
    BOOST_TEST(joined(events(seen, 1)) == "ADDED a");
    call("POST", config_maps, config_map("b"));
    BOOST_TEST(joined(events(seen, 1)) == "ADDED b");
}

BOOST_FIXTURE_TEST_CASE(initial_events_end_with_a_marked_bookmark, cluster_fixture) {
    call("POST", restores, restore("a"));
    call("POST", restores, restore("b"));
    auto seen = watch(restores + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                                 "allowWatchBookmarks=true");
    const auto initial = events(seen, 3);
    BOOST_TEST(joined(initial) == "ADDED a, ADDED b, BOOKMARK");
    BOOST_TEST(text_at(initial[2], {"object", "metadata", "annotations", "k8s.io/initial-events-end"}) == "true");
    BOOST_TEST(text_at(initial[2], {"object", "metadata", "resourceVersion"}) == get(restores).revision());
    call("DELETE", restores + "/a");
    BOOST_TEST(joined(events(seen, 1)) == "DELETED a");
}

BOOST_FIXTURE_TEST_CASE(a_watch_ends_after_its_timeout_with_a_bookmark, cluster_fixture) {
    const auto revision = get(config_maps).revision();
    auto seen =
        watch(config_maps + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=" + revision);
    const auto last = events(seen, 5);
    BOOST_TEST(joined(last) == "BOOKMARK");
    BOOST_TEST(text_at(last[0], {"object", "metadata", "resourceVersion"}) == revision);
    BOOST_TEST(seen.ended);
    BOOST_TEST(!seen.broken);
}

BOOST_FIXTURE_TEST_CASE(bookmarks_come_only_to_watches_that_allow_them_and_carry_the_store_s_revision,
                        frequent_bookmarks) {
    const auto from = get(config_maps).revision();
    call("POST", leases, R"({"metadata":{"name":"elsewhere"}})");
    auto plain = watch(config_maps + "?watch=true&resourceVersion=" + from);
    auto marked = watch(config_maps + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + from);
    const auto bookmarks = events(marked, 2);
    BOOST_TEST(joined(bookmarks) == "BOOKMARK, BOOKMARK");
    BOOST_TEST(text_at(bookmarks[0], {"object", "metadata", "resourceVersion"}) > from);
    call("POST", config_maps, config_map("a"));
    BOOST_TEST(joined(events(plain, 1)) == "ADDED a");
}

BOOST_FIXTURE_TEST_CASE(a_selector_makes_objects_appear_and_disappear, cluster_fixture) {
    auto seen = watch(config_maps + "?watch=true&labelSelector=x%3D1&resourceVersion=" + get(config_maps).revision());
    call("POST", config_maps, config_map("a"));
    call("PATCH", config_maps + "/a", R"({"metadata":{"labels":{"x":"1"}}})");
    call("PATCH", config_maps + "/a", R"({"data":{"a":"c"}})");
    call("PATCH", config_maps + "/a", R"({"metadata":{"labels":{"x":"2"}}})");
    call("DELETE", config_maps + "/a");
    call("POST", config_maps, config_map("b", R"(,"labels":{"x":"1"})"));
    BOOST_TEST(joined(events(seen, 4)) == "ADDED a, MODIFIED a, DELETED a, ADDED b");
}

BOOST_FIXTURE_TEST_CASE(a_watch_sees_its_namespace_only_and_all_of_them_without_one, cluster_fixture) {
    const auto from = "&resourceVersion=" + get(config_maps).revision();
    auto one = watch("/api/v1/namespaces/kube-system/configmaps?watch=true" + from);
    auto all = watch("/api/v1/configmaps?watch=true" + from);
    auto named = watch("/api/v1/configmaps?watch=true&fieldSelector=metadata.name%3Db" + from);
    call("POST", config_maps, config_map("a"));
    call("POST", "/api/v1/namespaces/kube-system/configmaps", config_map("b"));
    BOOST_TEST(joined(events(one, 1)) == "ADDED b");
    BOOST_TEST(joined(events(all, 2)) == "ADDED a, ADDED b");
    BOOST_TEST(joined(events(named, 1)) == "ADDED b");
}

BOOST_FIXTURE_TEST_CASE(a_revision_that_has_left_the_history_is_an_error_event, short_history) {
    const auto from = call("POST", config_maps, config_map("a")).revision();
    for (const auto* value : {"1", "2", "3", "4"}) {
        call("PATCH", config_maps + "/a", std::string(R"({"data":{"a":")") + value + "\"}}");
    }
    auto seen = watch(config_maps + "?watch=true&resourceVersion=" + from);
    const auto error = events(seen, 2);
    BOOST_TEST(joined(error) == gone);
    BOOST_TEST(error[0].at("object").at("code") == 410);
    BOOST_TEST(text_at(error[0], {"object", "reason"}) == "Expired");
    BOOST_TEST(text_at(error[0], {"object", "message"}).starts_with("too old resource version: " + from + " ("));
    BOOST_TEST(seen.ended);
    BOOST_TEST(!seen.broken);
}

BOOST_FIXTURE_TEST_CASE(forced_expiry_ends_running_watches_and_refuses_their_revision, cluster_fixture) {
    const auto from = call("POST", config_maps, config_map("a")).revision();
    auto running = watch(config_maps + "?watch=true&resourceVersion=" + from);
    settle();
    cluster->force_gone();
    BOOST_TEST(joined(events(running, 1)) == gone);
    auto next = watch(config_maps + "?watch=true&resourceVersion=" + from);
    BOOST_TEST(joined(events(next, 1)) == gone);
    auto fresh = watch(config_maps + "?watch=true&resourceVersion=" + get(config_maps).revision());
    call("DELETE", config_maps + "/a");
    BOOST_TEST(joined(events(fresh, 1)) == "DELETED a");
}

BOOST_FIXTURE_TEST_CASE(a_cut_watch_breaks_off_in_the_middle_of_a_line, cluster_fixture) {
    auto seen = watch(config_maps + "?watch=true&resourceVersion=" + get(config_maps).revision());
    call("POST", config_maps, config_map("a"));
    BOOST_TEST(joined(events(seen, 1)) == "ADDED a");
    cluster->cut_watches();
    BOOST_TEST(events(seen, 1).empty());
    BOOST_TEST(seen.broken);
    BOOST_TEST(!seen.bytes.empty());
}

BOOST_FIXTURE_TEST_CASE(a_thousand_changes_arrive_in_order, cluster_fixture) {
    auto seen = watch(config_maps + "?watch=true&resourceVersion=" + get(config_maps).revision());
    for (int i = 0; i < 1000; ++i) {
        json::object object;
        object["apiVersion"] = "v1";
        object["kind"] = "ConfigMap";
        api::make_object(object, {"metadata"})["name"] = "n" + std::to_string(i);
        object["metadata"].as_object()["namespace"] = "default";
        cluster->apply(object);
    }
    const auto all = events(seen, 1000);
    BOOST_TEST(all.size() == 1000U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        BOOST_REQUIRE(text_at(all[i], {"object", "metadata", "name"}) == "n" + std::to_string(i));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
