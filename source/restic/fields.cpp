#include "fields.hpp"

#include <boost/json/array.hpp>

namespace soteria::restic {

namespace json = boost::json;

std::string text_member(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<std::int64_t> count_member(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr)
        return std::nullopt;
    if (const auto* whole = found->if_int64(); whole != nullptr && *whole >= 0)
        return *whole;
    return std::nullopt;
}

std::optional<double> real_member(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr || !found->is_number())
        return std::nullopt;
    return found->to_number<double>();
}

std::vector<std::string> texts_member(const json::object& object, std::string_view name) {
    std::vector<std::string> all;
    const auto* found = object.if_contains(name);
    const auto* array = found == nullptr ? nullptr : found->if_array();
    if (array == nullptr)
        return all;
    for (const auto& each : *array)
        if (const auto* text = each.if_string())
            all.emplace_back(text->data(), text->size());
    return all;
}

const json::object* object_member(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found == nullptr ? nullptr : found->if_object();
}

} // namespace soteria::restic
