#include "test/simulator/kubernetes/json_access.hpp"

#include <cstdlib>
#include <map>

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

double quantity_at(const json::object& root, json_path path) {
    static const std::map<std::string, double> units{
        {"", 1},     {"m", 1e-3},    {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},    {"P", 1e15},
        {"E", 1e18}, {"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
    const auto text = text_at(root, path);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const auto unit = units.find(end);
    return unit == units.end() ? 0 : number * unit->second;
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

namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string encode_base64(std::string_view bytes) {
    std::string text;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char one : bytes) {
        held = (held << 8U) | static_cast<unsigned char>(one);
        for (bits += 8; bits >= 6;) {
            bits -= 6;
            text += base64_letters[(held >> static_cast<unsigned>(bits)) & 63U];
        }
    }
    if (bits > 0) {
        text += base64_letters[(held << static_cast<unsigned>(6 - bits)) & 63U];
    }
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string decode_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char one : text) {
        const auto place = base64_letters.find(one);
        if (place == std::string_view::npos) {
            break;
        }
        held = (held << 6U) | static_cast<std::uint32_t>(place);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((held >> static_cast<unsigned>(bits)) & 255U);
        }
    }
    return bytes;
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
