#include "json.hpp"

namespace soteria::records {

const boost::json::object* find_object(const boost::json::object& in, std::string_view name) {
    const auto* value = in.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

const boost::json::array* find_array(const boost::json::object& in, std::string_view name) {
    const auto* value = in.if_contains(name);
    return value == nullptr ? nullptr : value->if_array();
}

std::string text_of(const boost::json::object& in, std::string_view name) {
    const auto* value = in.if_contains(name);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

bool flag_of(const boost::json::object& in, std::string_view name, bool otherwise) {
    const auto* value = in.if_contains(name);
    const auto* flag = value == nullptr ? nullptr : value->if_bool();
    return flag == nullptr ? otherwise : *flag;
}

std::optional<std::int64_t> number_of(const boost::json::object& in, std::string_view name) {
    const auto* value = in.if_contains(name);
    const auto* number = value == nullptr ? nullptr : value->if_int64();
    return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<instant> instant_of(const boost::json::object& in, std::string_view name) {
    return parse_rfc3339(text_of(in, name));
}

std::vector<std::string> texts_of(const boost::json::object& in, std::string_view name) {
    std::vector<std::string> texts;
    if (const auto* array = find_array(in, name))
        for (const auto& each : *array)
            if (const auto* text = each.if_string())
                texts.emplace_back(text->data(), text->size());
    return texts;
}

std::map<std::string, std::string> text_map(const boost::json::object* in) {
    std::map<std::string, std::string> map;
    if (in != nullptr)
        for (const auto& [key, value] : *in)
            if (const auto* text = value.if_string())
                map.emplace(std::string(key), std::string(text->data(), text->size()));
    return map;
}

} // namespace soteria::records
