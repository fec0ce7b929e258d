#include "test/simulator/kubernetes/schema.hpp"

#include <algorithm>
#include <set>

namespace simulator::api {

namespace {

const json::array* rules_of(const json::object& schema) {
    return look_array(schema, {"x-kubernetes-validations"});
}

bool has_rules(const json::object& schema) {
    const auto* properties = look_object(schema, {"properties"});
    return rules_of(schema) != nullptr ||
           (properties != nullptr && std::any_of(properties->begin(), properties->end(), [](const auto& property) {
                return property.value().is_object() && has_rules(property.value().get_object());
            }));
}

void walk(const json::object& schema, const json::value& before, const json::value& after, const std::string& path,
          std::vector<cause>& causes) {
    const auto* rules = rules_of(schema);
    for (const auto& rule : rules == nullptr ? json::array() : *rules) {
        if (text_at(rule.as_object(), {"rule"}) == "self == oldSelf" && before != after) {
            causes.push_back({"FieldValueInvalid", "Invalid value: " + text_at(rule.as_object(), {"message"}), path});
        }
    }
    const auto* properties = look_object(schema, {"properties"});
    const auto* old_members = before.if_object();
    const auto* new_members = after.if_object();
    if (properties == nullptr || old_members == nullptr || new_members == nullptr) {
        return;
    }
    for (const auto& [name, member] : *properties) {
        if (member.is_object() && old_members->contains(name) && new_members->contains(name)) {
            walk(member.get_object(), old_members->at(name), new_members->at(name),
                 path.empty() ? std::string(name) : path + "." + std::string(name), causes);
        }
    }
}

} // namespace

void check_rules(const json::object& schema, const json::value* before, const json::value& after,
                 std::vector<cause>& causes) {
    static const std::set<std::string_view> blocking{"FieldValueNotSupported", "FieldValueRequired",
                                                     "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"};
    if (!has_rules(schema)) {
        return;
    }
    if (std::any_of(causes.begin(), causes.end(), [](const cause& one) { return blocking.contains(one.reason); })) {
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: null: some validation rules were not checked because the object was invalid; "
                          "correct the existing errors to complete validation",
                          "<nil>"});
    } else if (before != nullptr) {
        walk(schema, *before, after, "", causes);
    }
}

} // namespace simulator::api
