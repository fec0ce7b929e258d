#include "body.hpp"

#include "closest.hpp"
#include "duplicates.hpp"

#include <soteria/base/digest.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>

namespace soteria::web {
namespace {

namespace json = boost::json;

constexpr std::size_t most_nesting = 16; // accepted bodies nest twice

std::string quoted(std::string_view text) {
    constexpr std::size_t most_shown = 80;
    return "\"" + std::string(text.substr(0, most_shown)) + (text.size() > most_shown ? "…\"" : "\"");
}

failure unknown_field(std::string_view name, std::span<const std::string_view> accepted) {
    std::string message = "unknown field " + quoted(name);
    if (const auto near = closest(name, accepted); !near.empty())
        message += "; did you mean " + quoted(near) + "?";
    else if (accepted.empty()) {
        message += "; this request takes none";
    } else {
        message += "; accepted are ";
        for (const auto& field : accepted)
            message += (&field == accepted.data() ? "" : ", ") + std::string(field);
    }
    return {errc::invalid, std::move(message), "unknown_field"};
}

json::string_view key(std::string_view text) {
    return {text.data(), text.size()};
}

} // namespace

result<json::object> read_json_object(std::string_view body, std::span<const std::string_view> accepted_fields) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return failure(errc::invalid, "the body is empty; send a JSON object", "malformed_json");
    json::parse_options options;
    options.max_depth = most_nesting;
    json::error_code error;
    auto parsed = json::parse(key(body), error, {}, options);
    if (error)
        return failure(errc::invalid, "the body is not valid JSON: " + error.message(), "malformed_json");
    if (!parsed.is_object())
        return failure(errc::invalid, "the body is not a JSON object", "malformed_json");
    if (const auto twice = duplicate_key(body))
        return failure(errc::invalid, "the field " + quoted(*twice) + " is given twice", "duplicate_field");
    json::object members;
    for (const auto& [name, value] : parsed.get_object()) {
        if (std::ranges::find(accepted_fields, std::string_view(name.data(), name.size())) == accepted_fields.end())
            return unknown_field({name.data(), name.size()}, accepted_fields);
        if (!value.is_null())
            members.emplace(name, value);
    }
    return members;
}

std::string body_digest(const json::object& body) {
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : body)
        if (name != "dry_run")
            sorted[std::string(name)] = json::serialize(value);
    std::string text;
    for (const auto& [name, value] : sorted)
        text += json::serialize(json::string_view(name)) + ":" + value + "\n";
    return sha256_hex(text);
}

const json::value* field_reader::find(std::string_view field) const {
    return failure_ ? nullptr : object_.if_contains(key(field));
}

bool field_reader::has(std::string_view field) const {
    return object_.if_contains(key(field)) != nullptr;
}

std::optional<std::string> field_reader::text(std::string_view field) {
    const auto* value = find(field);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_string()) {
        wrong_type(field, "a string");
        return std::nullopt;
    }
    return std::string(value->get_string());
}

std::optional<bool> field_reader::flag(std::string_view field) {
    const auto* value = find(field);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_bool()) {
        wrong_type(field, "true or false");
        return std::nullopt;
    }
    return value->get_bool();
}

std::optional<std::vector<std::string>> field_reader::texts(std::string_view field) {
    const auto* value = find(field);
    if (value == nullptr)
        return std::nullopt;
    std::vector<std::string> items;
    if (!value->is_array() || !std::ranges::all_of(value->get_array(), [](const auto& v) { return v.is_string(); })) {
        wrong_type(field, "an array of strings");
        return std::nullopt;
    }
    for (const auto& item : value->get_array())
        items.emplace_back(item.get_string());
    return items;
}

std::string field_reader::required_text(std::string_view field) {
    if (!failure_ && !has(field))
        fail(failure(errc::invalid, "the field " + quoted(field) + " is missing", "missing_field"));
    return text(field).value_or("");
}

result<void> field_reader::outcome() const {
    if (failure_)
        return *failure_;
    return {};
}

void field_reader::fail(failure error) {
    if (!failure_)
        failure_ = std::move(error);
}

void field_reader::wrong_type(std::string_view field, std::string_view wanted) {
    fail(failure(errc::invalid, "the field " + quoted(field) + " must be " + std::string(wanted), "wrong_type"));
}

} // namespace soteria::web
