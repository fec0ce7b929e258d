#include "test/simulator/kubernetes/schema.hpp"

#include <algorithm>
#include <set>

namespace simulator::api {

namespace {

using names = std::set<std::string_view>;

const names metadata_fields{"name",          "generateName",      "namespace",   "selfLink",
                            "uid",           "resourceVersion",   "generation",  "creationTimestamp",
                            "labels",        "deletionTimestamp", "annotations", "deletionGracePeriodSeconds",
                            "managedFields", "ownerReferences",   "finalizers"};
const names claim_fields{"accessModes", "selector",         "resources",
                         "volumeName",  "storageClassName", "volumeMode",
                         "dataSource",  "dataSourceRef",    "volumeAttributesClassName"};

std::string joined(const std::string& path, std::string_view member) {
    return path.empty() ? std::string(member) : path + "." + std::string(member);
}

void keep_only(json::object& object, const names& known, const std::string& path, std::vector<std::string>& unknown) {
    std::vector<std::string> extra;
    for (const auto& [key, value] : object) {
        if (known.count(key) == 0) {
            extra.emplace_back(key);
        }
    }
    for (const auto& key : extra) {
        object.erase(key);
        unknown.push_back(joined(path, key));
    }
}

bool flagged(const json::object& schema, std::string_view flag) {
    const auto* found = schema.if_contains(flag);
    return found != nullptr && found->is_bool() && found->get_bool();
}

void prune_by_schema(const json::object& schema, json::value& value, const std::string& path,
                     std::vector<std::string>& unknown) {
    if (auto* array = value.if_array()) {
        if (const auto* items = look_object(schema, {"items"})) {
            std::size_t place = 0;
            for (auto& entry : *array) {
                prune_by_schema(*items, entry, path + "[" + std::to_string(place++) + "]", unknown);
            }
        }
        return;
    }
    auto* object = value.if_object();
    if (object == nullptr) {
        return;
    }
    const auto* properties = look_object(schema, {"properties"});
    const auto* additional = look(schema, {"additionalProperties"});
    const bool open = flagged(schema, "x-kubernetes-preserve-unknown-fields");
    std::vector<std::string> extra;
    for (auto& [key, member] : *object) {
        const auto* known = properties == nullptr ? nullptr : look_object(*properties, {key});
        if (known != nullptr) {
            prune_by_schema(*known, member, joined(path, key), unknown);
        } else if (additional != nullptr && additional->is_object()) {
            prune_by_schema(additional->get_object(), member, joined(path, key), unknown);
        } else if (!open && additional == nullptr) {
            extra.emplace_back(key);
        }
    }
    for (const auto& key : extra) {
        object->erase(key);
        unknown.push_back(joined(path, key));
    }
}

} // namespace

std::vector<std::string> prune(const kind& which, json::object& object) {
    std::vector<std::string> unknown;
    if (auto* metadata = object.if_contains("metadata"); metadata != nullptr && metadata->is_object()) {
        keep_only(metadata->get_object(), metadata_fields, "metadata", unknown);
    }
    if (which.is("persistentvolumeclaims")) {
        static const names top{"apiVersion", "kind", "metadata", "spec", "status"};
        keep_only(object, top, "", unknown);
        keep_only(make_object(object, {"spec"}), claim_fields, "spec", unknown);
    }
    if (!which.schema.empty()) {
        json::object schema = which.schema;
        for (const auto* open : {"metadata", "apiVersion", "kind"}) {
            auto& known = make_object(schema, {"properties"})[open].emplace_object();
            known["x-kubernetes-preserve-unknown-fields"] = true;
        }
        json::value whole = std::move(object);
        prune_by_schema(schema, whole, "", unknown);
        object = std::move(whole.get_object());
    }
    std::sort(unknown.begin(), unknown.end());
    return unknown;
}

void fill_defaults(const json::object& schema, json::value& value) {
    if (auto* array = value.if_array()) {
        if (const auto* items = look_object(schema, {"items"})) {
            for (auto& entry : *array) {
                fill_defaults(*items, entry);
            }
        }
        return;
    }
    const auto* properties = look_object(schema, {"properties"});
    auto* object = value.if_object();
    if (properties == nullptr || object == nullptr) {
        return;
    }
    for (const auto& [key, member] : *properties) {
        const auto* known = member.if_object();
        if (known == nullptr) {
            continue;
        }
        if (!object->contains(key) && known->contains("default")) {
            (*object)[key] = known->at("default");
        }
        if (auto* present = object->if_contains(key)) {
            fill_defaults(*known, *present);
        }
    }
}

} // namespace simulator::api
