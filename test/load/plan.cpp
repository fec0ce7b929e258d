#include "plan.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>

namespace load {
namespace {

namespace json = boost::json;

std::string text(const json::object& from, std::string_view name, std::string otherwise = {}) {
    const auto* found = from.if_contains(name);
    return found == nullptr ? std::move(otherwise) : json::value_to<std::string>(*found);
}

double number(const json::object& from, std::string_view name) {
    const auto* found = from.if_contains(name);
    return found == nullptr ? 0 : found->to_number<double>();
}

kind read_kind(const json::object& from) {
    kind made;
    made.name = text(from, "name");
    made.weight = number(from, "weight");
    if (const auto rate = number(from, "per_second"); rate > 0)
        made.every = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::duration<double>(1 / rate));
    made.method = text(from, "method", "GET");
    made.target = text(from, "target");
    made.body = text(from, "body");
    made.contains = text(from, "contains");
    made.encoding = text(from, "encoding");
    made.conditional = from.contains("conditional");
    if (const auto* headers = from.if_contains("headers"))
        for (const auto& [name, value] : headers->as_object())
            made.headers.emplace_back(name, json::value_to<std::string>(value));
    if (const auto* expected = from.if_contains("expect"))
        made.expect = json::value_to<std::set<int>>(*expected);
    return made;
}

} // namespace

plan read_plan(const json::object& document) {
    plan made;
    made.port = static_cast<std::uint16_t>(number(document, "port"));
    made.clients = static_cast<std::size_t>(number(document, "clients"));
    made.duration = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * number(document, "seconds")));
    made.pause = std::chrono::milliseconds(static_cast<std::int64_t>(number(document, "pause_ms")));
    for (const auto& each : document.at("kinds").as_array())
        made.kinds.push_back(read_kind(each.as_object()));
    return made;
}

} // namespace load
