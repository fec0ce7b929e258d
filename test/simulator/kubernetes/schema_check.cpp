#include "test/simulator/kubernetes/schema.hpp"

#include <algorithm>
#include <regex>

namespace simulator::api {

namespace {

std::string type_name(const json::value& value) {
    switch (value.kind()) {
    case json::kind::string:
        return "string";
    case json::kind::bool_:
        return "boolean";
    case json::kind::int64:
    case json::kind::uint64:
        return "integer";
    case json::kind::double_:
        return "number";
    case json::kind::array:
        return "array";
    case json::kind::object:
        return "object";
    default:
        return "null";
    }
}

bool has_type(const json::object& schema, const json::value& value) {
    const auto wanted = text_at(schema, {"type"});
    const auto actual = type_name(value);
    if (look(schema, {"x-kubernetes-int-or-string"}) != nullptr) {
        return actual == "integer" || actual == "string";
    }
    return wanted.empty() || wanted == actual || (wanted == "number" && actual == "integer");
}

std::size_t limit_of(const json::object& schema, std::string_view name, std::size_t otherwise) {
    const auto* found = schema.if_contains(name);
    return found != nullptr && found->is_number() ? found->to_number<std::size_t>() : otherwise;
}

cause invalid_value(const std::string& path, const json::value& value, const std::string& why) {
    return {"FieldValueInvalid", "Invalid value: " + json::serialize(value) + ": " + path + " in body " + why, path};
}

void check_string(const json::object& schema, const json::value& value, const std::string& path,
                  std::vector<cause>& causes) {
    const auto size = value.get_string().size();
    const auto longest = limit_of(schema, "maxLength", std::string::npos);
    const auto shortest = limit_of(schema, "minLength", 0);
    const auto pattern = text_at(schema, {"pattern"});
    if (size > longest) {
        causes.push_back(
            {"FieldValueTooLong", "Too long: may not be more than " + std::to_string(longest) + " bytes", path});
    } else if (size < shortest) {
        causes.push_back(invalid_value(path, value, "should be at least " + std::to_string(shortest) + " chars long"));
    } else if (!pattern.empty() && !std::regex_search(std::string(value.get_string()), std::regex(pattern))) {
        causes.push_back(invalid_value(path, value, "should match '" + pattern + "'"));
    }
}

void check_number(const json::object& schema, const json::value& value, const std::string& path,
                  std::vector<cause>& causes) {
    const auto* least = schema.if_contains("minimum");
    const auto* most = schema.if_contains("maximum");
    if (least != nullptr && value.to_number<double>() < least->to_number<double>()) {
        causes.push_back(invalid_value(path, value, "should be greater than or equal to " + json::serialize(*least)));
    }
    if (most != nullptr && value.to_number<double>() > most->to_number<double>()) {
        causes.push_back(invalid_value(path, value, "should be less than or equal to " + json::serialize(*most)));
    }
}

void check_enum(const json::object& schema, const json::value& value, const std::string& path,
                std::vector<cause>& causes) {
    const auto* allowed = look_array(schema, {"enum"});
    if (allowed == nullptr || std::find(allowed->begin(), allowed->end(), value) != allowed->end()) {
        return;
    }
    std::string listed;
    for (const auto& one : *allowed) {
        listed += (listed.empty() ? "" : ", ") + json::serialize(one);
    }
    causes.push_back({"FieldValueNotSupported",
                      "Unsupported value: " + json::serialize(value) + ": supported values: " + listed, path});
}

void check_array(const json::object& schema, const json::value& value, const std::string& path,
                 std::vector<cause>& causes) {
    const auto& array = value.get_array();
    const auto most = limit_of(schema, "maxItems", std::string::npos);
    if (array.size() > most) {
        causes.push_back(
            {"FieldValueTooMany",
             "Too many: " + std::to_string(array.size()) + ": must have at most " + std::to_string(most) + " items",
             path});
    }
    const auto* items = look_object(schema, {"items"});
    for (std::size_t place = 0; items != nullptr && place < array.size(); ++place) {
        check_schema(*items, array[place], path + "[" + std::to_string(place) + "]", causes);
    }
}

void check_object(const json::object& schema, const json::value& value, const std::string& path,
                  std::vector<cause>& causes) {
    const auto& object = value.get_object();
    const auto below = [&path](std::string_view member) {
        return path.empty() ? std::string(member) : path + "." + std::string(member);
    };
    if (const auto* required = look_array(schema, {"required"})) {
        for (const auto& member : *required) {
            if (!object.contains(member.as_string())) {
                causes.push_back({"FieldValueRequired", "Required value", below(member.as_string())});
            }
        }
    }
    const auto* properties = look_object(schema, {"properties"});
    const auto* additional = look_object(schema, {"additionalProperties"});
    for (const auto& [key, member] : object) {
        const auto* known = properties == nullptr ? nullptr : look_object(*properties, {key});
        known = known == nullptr ? additional : known;
        if (known != nullptr && !(path.empty() && key == "metadata")) {
            check_schema(*known, member, below(key), causes);
        }
    }
}

} // namespace

void check_schema(const json::object& schema, const json::value& value, const std::string& path,
                  std::vector<cause>& causes) {
    if (value.is_null() && look(schema, {"nullable"}) != nullptr) {
        return;
    }
    if (!has_type(schema, value)) {
        const auto actual = type_name(value);
        causes.push_back({"FieldValueTypeInvalid",
                          "Invalid value: \"" + actual + "\": " + path + " in body must be of type " +
                              text_at(schema, {"type"}) + ": \"" + actual + "\"",
                          path});
        return;
    }
    check_enum(schema, value, path, causes);
    if (value.is_string()) {
        check_string(schema, value, path, causes);
    } else if (value.is_number()) {
        check_number(schema, value, path, causes);
    } else if (value.is_array()) {
        check_array(schema, value, path, causes);
    } else if (value.is_object()) {
        check_object(schema, value, path, causes);
    }
    if (path.empty()) {
        std::stable_sort(causes.begin(), causes.end(),
                         [](const cause& left, const cause& right) { return left.field < right.field; });
    }
}

} // namespace simulator::api
