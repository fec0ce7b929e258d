#include "router_harness.hpp"

#include <soteria/web/assets.hpp>
#include <soteria/web/openapi.hpp>
#include <soteria/web/problem_codes.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace soteria::web::test {
namespace {

namespace json = boost::json;

// Every {"$ref": "#/..."} below a value.
void collect_references(const json::value& value, std::set<std::string>& into) {
    if (const auto* list = value.if_array())
        for (const auto& each : *list)
            collect_references(each, into);
    if (const auto* object = value.if_object())
        for (const auto& [name, inner] : *object) {
            if (name == "$ref")
                into.emplace(inner.as_string());
            collect_references(inner, into);
        }
}

// "400 malformed_json" of all answers of all operations
std::set<std::string> documented_codes() {
    std::set<std::string> found;
    const auto document = openapi_document(false);
    for (const auto& path : document.at("paths").as_object())
        for (const auto& method : path.value().as_object())
            for (const auto& [status, answer] : method.value().at("responses").as_object()) {
                const auto* content = answer.as_object().if_contains("content");
                const auto* problem =
                    content == nullptr ? nullptr : content->as_object().if_contains("application/problem+json");
                if (problem == nullptr)
                    continue;
                const auto& codes = problem->at("schema").at("allOf").at(1).at("properties").at("code").at("enum");
                for (const auto& code : codes.as_array())
                    found.insert(std::string(status) + " " + std::string(code.as_string()));
            }
    return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_description_of_the_api)

BOOST_AUTO_TEST_CASE(names_this_version_and_who_may_call) {
    const auto strict = openapi_document(false);
    BOOST_TEST(strict.at("openapi").as_string() == "3.1.0");
    BOOST_TEST(strict.at("info").at("version").as_string() == SOTERIA_VERSION);
    BOOST_TEST(strict.at("security").as_array().size() == 2u);
    BOOST_TEST(openapi_document(true).at("security").as_array().back().as_object().empty());
}

BOOST_AUTO_TEST_CASE(refers_to_nothing_that_is_not_there_and_holds_nothing_unused) {
    const json::value document = openapi_document(false);
    std::set<std::string> references;
    collect_references(document, references);
    for (const auto& reference : references) {
        json::error_code missing;
        BOOST_TEST(document.find_pointer(reference.substr(1), missing) != nullptr, reference);
    }
    for (const auto* kind : {"schemas", "headers", "parameters"})
        for (const auto& entry : document.at("components").at(kind).as_object()) {
            const auto reference = "#/components/" + std::string(kind) + "/" + std::string(entry.key());
            BOOST_TEST(references.contains(reference), reference + " is not used");
        }
}

BOOST_AUTO_TEST_CASE(holds_every_problem_code_and_no_other) {
    std::set<std::string> codes;
    for (const auto& each : problem_codes())
        codes.insert(std::to_string(each.status) + " " + std::string(each.code));
    BOOST_TEST(documented_codes() == codes, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keeps_its_own_notation_to_itself) {
    BOOST_TEST(openapi_text(false).body.find("\"x-") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_described_routes, router_harness)

BOOST_AUTO_TEST_CASE(are_the_routers_own) {
    const auto document = openapi_document(true);
    for (const auto& [path, methods] : document.at("paths").as_object()) {
        std::string target(path);
        for (const auto* name : {"{id}", "{name}"})
            if (const auto at = target.find(name); at != std::string::npos)
                target.replace(at, std::string_view(name).size(), "index.html");
        std::string allowed;
        for (const auto& [method, operation] : methods.as_object())
            allowed += method == "get" ? "GET, HEAD, " : "POST, ";
        BOOST_TEST(header(send("OPTIONS", target), "Allow") == allowed + "OPTIONS", path);
    }
}

BOOST_AUTO_TEST_CASE(are_all_of_them) {
    const auto document = openapi_document(true);
    std::set<std::string> described;
    for (const auto& [path, methods] : document.at("paths").as_object())
        for (const auto& [method, operation] : methods.as_object())
            described.insert(std::string(method == "get" ? "GET " : "POST ") + std::string(path));
    std::set<std::string> routed;
    for (const auto& [method, pattern] : router::route_list()) {
        std::string path(pattern);
        if (const auto at = path.find("{...}"); at != std::string::npos)
            path.replace(at, 5, "{name}");
        if (const auto at = path.find("{}"); at != std::string::npos)
            path.replace(at, 2, "{id}");
        routed.insert(std::string(method) + " " + path);
    }
    BOOST_TEST(described == routed, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(come_with_a_tag_that_lets_the_client_keep_them) {
    const auto answer = get("/openapi.json");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.content_type == "application/json");
    BOOST_TEST(get("/openapi.json", {{"If-None-Match", header(answer, "ETag")}}).status == 304);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
