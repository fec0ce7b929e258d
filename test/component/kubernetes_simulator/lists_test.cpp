#include "fixture.hpp"
#include "test/simulator/http/target.hpp"

namespace simulator {

namespace {

std::vector<std::string> names_in(const answered& listed) {
    std::vector<std::string> names;
    for (const auto& item : listed.body.at("items").as_array()) {
        names.push_back(text_at(item.as_object(), {"metadata", "name"}));
    }
    return names;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : " ") + name;
    }
    return text;
}

std::string token_of(const answered& listed) {
    return listed.text({"metadata", "continue"});
}

struct five : cluster_fixture {
    five() {
        for (const auto* name : {"a", "b", "c", "d", "e"}) {
            const bool odd = name[0] == 'a' || name[0] == 'c' || name[0] == 'e';
            call("POST", config_maps,
                 config_map(name, std::string(R"(,"labels":{"parity":")") + (odd ? "odd" : "even") + "\"" +
                                      (name[0] == 'a' ? R"(,"first":"")" : "") + "}"));
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(lists_of_the_simulated_api_server)

BOOST_FIXTURE_TEST_CASE(items_of_built_in_kinds_leave_their_type_out_and_custom_ones_keep_it, five) {
    call("POST", restores, restore("r"));
    const auto maps = get(config_maps);
    BOOST_TEST(maps.text({"kind"}) == "ConfigMapList");
    BOOST_TEST(!maps.body.at("items").at(0).as_object().contains("kind"));
    const auto custom = get(restores);
    BOOST_TEST(custom.text({"kind"}) == "RestoreList");
    BOOST_TEST(custom.text({"apiVersion"}) == "soteria.dev/v1alpha1");
    BOOST_TEST(text_at(custom.body.at("items").at(0).as_object(), {"kind"}) == "Restore");
}

BOOST_FIXTURE_TEST_CASE(pages_show_the_state_at_the_first_page, five) {
    const auto first = get(config_maps + "?limit=2");
    BOOST_TEST(joined(names_in(first)) == "a b");
    BOOST_TEST(look(first.body, {"metadata", "remainingItemCount"})->as_int64() == 3);
    call("DELETE", config_maps + "/c");
    call("POST", config_maps, config_map("cc"));
    call("PATCH", config_maps + "/d", R"({"data":{"a":"changed"}})");
    const auto second = get(config_maps + "?limit=2&continue=" + token_of(first));
    BOOST_TEST(joined(names_in(second)) == "c d");
    BOOST_TEST(second.revision() == first.revision());
    BOOST_TEST(second.body.at("items").at(1).at("data").at("a") == "b");
    const auto third = get(config_maps + "?limit=2&continue=" + token_of(second));
    BOOST_TEST(joined(names_in(third)) == "e");
    BOOST_TEST(token_of(third).empty());
    BOOST_TEST(joined(names_in(get(config_maps))) == "a b cc d e");
}

BOOST_FIXTURE_TEST_CASE(an_expired_page_is_a_410_that_says_how_to_go_on, five) {
    const auto first = get(config_maps + "?limit=2");
    call("POST", "/_simulator/force-gone");
    const auto expired = get(config_maps + "?limit=2&continue=" + token_of(first));
    BOOST_TEST(expired.status == 410);
    BOOST_TEST(expired.text({"reason"}) == "Expired");
    BOOST_TEST(expired.text({"message"})
                   .starts_with("The provided continue parameter is too old to display a consistent "
                                "list result."));
    const auto rest = get(config_maps + "?limit=2&continue=" + token_of(expired));
    BOOST_TEST(joined(names_in(rest)) == "c d");
}

BOOST_FIXTURE_TEST_CASE(an_exact_revision_shows_the_past, five) {
    const auto before = get(config_maps).revision();
    call("DELETE", config_maps + "/a");
    const auto past = get(config_maps + "?resourceVersionMatch=Exact&resourceVersion=" + before);
    BOOST_TEST(joined(names_in(past)) == "a b c d e");
    BOOST_TEST(past.revision() == before);
    BOOST_TEST(joined(names_in(get(config_maps + "?resourceVersion=" + before))) == "b c d e");
}

BOOST_FIXTURE_TEST_CASE(selectors_choose, five) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"labelSelector=parity=odd", "a c e"},
        {"labelSelector=parity==even", "b d"},
        {"labelSelector=parity!=odd", "b d"},
        {"labelSelector=parity in (odd,even),!first", "b c d e"},
        {"labelSelector=parity notin (odd)", "b d"},
        {"labelSelector=first", "a"},
        {"labelSelector=missing", ""},
        {"fieldSelector=metadata.name=c", "c"},
        {"fieldSelector=metadata.name!=c", "a b d e"},
        {"fieldSelector=metadata.namespace=default", "a b c d e"},
        {"labelSelector=parity=odd,first!=x", "a c e"},
        {"labelSelector=", "a b c d e"}};
    for (const auto& [query, expected] : rows) {
        BOOST_TEST_CONTEXT(query) {
            const auto sign = query.find('=');
            const auto target =
                config_maps + "?" + query.substr(0, sign + 1) + encode_component(query.substr(sign + 1));
            BOOST_TEST(joined(names_in(get(target))) == expected);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_list_over_all_namespaces_is_sorted_by_namespace_and_name, five) {
    cluster->apply(
        json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"aaa","name":"z"}})").as_object());
    BOOST_TEST(joined(names_in(get("/api/v1/configmaps"))) == "z a b c d e");
    const auto page = get("/api/v1/configmaps?limit=1");
    BOOST_TEST(joined(names_in(get("/api/v1/configmaps?limit=2&continue=" + token_of(page)))) == "a b");
    BOOST_TEST(joined(names_in(get("/api/v1/namespaces/nowhere/configmaps"))) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
