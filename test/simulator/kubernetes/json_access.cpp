#include "test/simulator/kubernetes/json_access.hpp"

namespace simulator::api {

const json::value* look(const json::object& root, json_path path) {
    const json::object* here = &root;
    const json::value* found = nullptr;
    for (const auto step : path) {
        if (here == nullptr) {
            return nullptr;
        }
        found = here->if_contains(step);
        if (found == nullptr) {
            return nullptr;
        }
        here = found->if_object();
    }
    return found;
}

const json::object* look_object(const json::object& root, json_path path) {
    const auto* found = look(root, path);
    return found == nullptr ? nullptr : found->if_object();
}

const json::array* look_array(const json::object& root, json_path path) {
    const auto* found = look(root, path);
    return found == nullptr ? nullptr : found->if_array();
}

std::string text_at(const json::object& root, json_path path) {
    const auto* found = look(root, path);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

json::object& make_object(json::object& root, json_path path) {
    json::object* here = &root;
    for (const auto step : path) {
        auto& next = (*here)[step];
        here = next.is_object() ? &next.get_object() : &next.emplace_object();
    }
    return *here;
}

bool array_holds(const json::object& root, json_path path, std::string_view text) {
    const auto* array = look_array(root, path);
    if (array == nullptr) {
        return false;
    }
    for (const auto& entry : *array) {
        if (entry.is_string() && entry.get_string() == text) {
            return true;
        }
    }
    return false;
}

void take_from_array(json::object& root, json_path parent, std::string_view member, std::string_view text) {
    auto& holder = make_object(root, parent);
    auto* found = holder.if_contains(member);
    if (found == nullptr || !found->is_array()) {
        return;
    }
    json::array kept;
    for (const auto& entry : found->get_array()) {
        if (!entry.is_string() || entry.get_string() != text) {
            kept.push_back(entry);
        }
    }
    if (kept.empty()) {
        holder.erase(member);
    } else {
        *found = std::move(kept);
    }
}

void merge_patch(json::value& target, const json::value& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) {
        target.emplace_object();
    }
    auto& object = target.get_object();
    for (const auto& [key, value] : patch.get_object()) {
        if (value.is_null()) {
            object.erase(key);
        } else {
            merge_patch(object[key], value);
        }
    }
}

} // namespace simulator::api
