#include <soteria/base/digest.hpp>
#include <soteria/web/assets.hpp>
#include <soteria/web/openapi.hpp>
#include <soteria/web/problem.hpp>
#include <soteria/web/problem_codes.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

namespace soteria::web {
namespace {

namespace json = boost::json;

// status -> codes
using problem_lists = std::map<int, std::vector<std::string>>;

std::string text_of(const json::value& value) {
    return std::string(value.as_string());
}

json::object part(const asset& file) {
    json::error_code error;
    auto parsed = json::parse(json::string_view(file.content.data(), file.content.size()), error);
    if (error || !parsed.is_object())
        throw std::runtime_error("openapi/" + std::string(file.name) + " is not a JSON object: " + error.message());
    return std::move(parsed.get_object());
}

// The members of every part whose name begins so.
json::object joined(std::string_view prefix) {
    json::object all;
    for (const auto& file : openapi_parts()) {
        if (!file.name.starts_with(prefix))
            continue;
        for (auto& [name, value] : part(file)) {
            if (all.contains(name))
                throw std::runtime_error("openapi/: " + std::string(name) + " stands in two parts");
            all.emplace(name, std::move(value));
        }
    }
    return all;
}

void add_problems(problem_lists& into, const json::object& lists) {
    for (const auto& [status, codes] : lists)
        for (const auto& code : codes.as_array()) {
            auto& known = into[std::stoi(std::string(status))];
            if (std::ranges::find(known, text_of(code)) == known.end())
                known.push_back(text_of(code));
        }
}

problem_lists problems_of(const json::object& operation, const json::object& sets) {
    problem_lists found;
    for (const auto& each : operation.at("x-problems").as_array())
        add_problems(found, each.is_string() ? sets.at(each.get_string()).as_object() : each.as_object());
    return found;
}

std::string meaning_of(int status, const std::string& code) {
    const auto known = std::ranges::find_if(
        problem_codes(), [&](const auto& each) { return each.status == status && each.code == code; });
    if (known == problem_codes().end())
        throw std::runtime_error("openapi/: " + std::to_string(status) + " " + code + " is not a problem code");
    return std::string(known->meaning);
}

json::object headers_of(int status, const std::vector<std::string>& codes) {
    json::object headers;
    const auto refer = [&headers](json::string_view name, const std::string& component) {
        headers[name] = json::object{{"$ref", "#/components/headers/" + component}};
    };
    const auto add = [&refer](json::string_view name) { refer(name, std::string(name)); };
    add("X-Request-Id");
    if (status == 401)
        add("WWW-Authenticate");
    if (status == 405)
        add("Allow");
    if (status == 429 || status == 503)
        add("Retry-After");
    if (std::ranges::find(codes, "idempotency_key_in_use") != codes.end())
        refer("Retry-After", "Retry-After-In-Use");
    return headers;
}

json::object problem_answer(int status, const std::vector<std::string>& codes) {
    const auto title = status_title(status);
    std::string description(title);
    json::array names;
    for (const auto& code : codes) {
        description += "\n\n- `" + code + "`: " + meaning_of(status, code);
        names.emplace_back(code);
    }
    const json::object properties{{"status", {{"const", status}}}, {"code", {{"enum", std::move(names)}}}};
    const json::object schema{{"allOf", {{{"$ref", "#/components/schemas/Problem"}}, {{"properties", properties}}}}};
    json::object made;
    made["description"] = description;
    made["headers"] = headers_of(status, codes);
    made["content"] = json::object{{"application/problem+json", {{"schema", schema}}}};
    return made;
}

// Beside an answer that the part itself has for this status (readyz: 503), the problem is another content of it.
void add_answer(json::object& responses, const std::string& status, json::object made) {
    if (!responses.contains(status)) {
        responses[status] = std::move(made);
        return;
    }
    auto& own = responses.at(status).as_object();
    if (!own.contains("headers"))
        own["headers"] = made.at("headers");
    auto& content = own["content"].as_object();
    for (auto& [type, schema] : made.at("content").as_object())
        content.emplace(type, schema);
}

void expand_problems(json::object& paths, const json::object& sets) {
    for (auto& path : paths)
        for (auto& method : path.value().as_object()) {
            if (!method.value().is_object() || !method.value().get_object().contains("x-problems"))
                continue;
            auto& operation = method.value().get_object();
            auto& responses = operation.at("responses").as_object();
            for (const auto& [status, codes] : problems_of(operation, sets))
                add_answer(responses, std::to_string(status), problem_answer(status, codes));
            operation.erase("x-problems");
        }
}

} // namespace

json::object openapi_document(bool anonymous) {
    auto document = joined("document.json");
    document.at("info").as_object()["version"] = SOTERIA_VERSION;
    if (anonymous)
        document.at("security").as_array().emplace_back(json::object());
    auto components = joined("components.json");
    const auto sets = components.at("x-problem-sets").as_object();
    components.erase("x-problem-sets");
    components["schemas"] = joined("schemas/");
    auto paths = joined("paths/");
    expand_problems(paths, sets);
    document["paths"] = std::move(paths);
    document["components"] = std::move(components);
    return document;
}

openapi_answer openapi_text(bool anonymous) {
    auto body = json::serialize(openapi_document(anonymous)) + "\n";
    auto etag = "\"" + sha256_hex(body).substr(0, 24) + "\"";
    return {std::move(body), std::move(etag)};
}

} // namespace soteria::web
