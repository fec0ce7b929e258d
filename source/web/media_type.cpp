#include "media_type.hpp"

#include <algorithm>

namespace soteria::web {
namespace {

std::string lower(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return made;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view unquoted(std::string_view text) {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

// "application/json; charset=utf-8": other parameters mean nothing for JSON.
bool is_json(std::string_view value) {
    auto semicolon = value.find(';');
    if (lower(trimmed(value.substr(0, semicolon))) != "application/json")
        return false;
    while (semicolon != std::string_view::npos) {
        value.remove_prefix(semicolon + 1);
        semicolon = value.find(';');
        const auto parameter = trimmed(value.substr(0, semicolon));
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos || lower(parameter.substr(0, equals)) != "charset")
            continue;
        const auto charset = lower(unquoted(parameter.substr(equals + 1)));
        if (charset != "utf-8" && charset != "utf8")
            return false;
    }
    return true;
}

} // namespace

std::optional<problem> unreadable_body(const request& asked) {
    if (asked.body_too_large)
        return problem(413, "body_too_large", "the body is larger than 64 KiB; no request needs that much");
    const auto types = asked.header_values("Content-Type");
    if (types.size() != 1 || !is_json(types.front()))
        return problem(415, "unsupported_media_type",
                       "the body must come with Content-Type: application/json, in UTF-8");
    for (const auto coding : asked.header_values("Content-Encoding"))
        if (lower(trimmed(coding)) != "identity")
            return problem(415, "unsupported_media_type", "the body must not be compressed");
    return std::nullopt;
}

} // namespace soteria::web
