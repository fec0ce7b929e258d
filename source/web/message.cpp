#include <soteria/base/utf8.hpp>
#include <soteria/web/message.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

namespace urls = boost::urls;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Form encoding: "+" is a blank.
std::string decoded_parameter(std::string text) {
    std::ranges::replace(text, '+', ' ');
    return urls::pct_string_view(text).decode();
}

} // namespace

std::string_view request::header(std::string_view name) const {
    const auto values = header_values(name);
    return values.empty() ? std::string_view() : values.front();
}

std::vector<std::string_view> request::header_values(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : headers)
        if (std::ranges::equal(key, name, [](char a, char b) { return lower(a) == lower(b); }))
            values.emplace_back(value);
    return values;
}

std::optional<std::string> request::parameter(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name)
            return value;
    return std::nullopt;
}

void read_target(std::string_view target, request& into) {
    const urls::string_view text(target.data(), target.size());
    const auto parsed = target.starts_with('/') ? urls::parse_origin_form(text) : urls::parse_absolute_uri(text);
    if (!parsed) {
        into.path = as_utf8(target.substr(0, target.find('?')));
        into.bad_target = "the request target is not a path that can be read";
        return;
    }
    into.path = parsed->encoded_path();
    bool readable = true;
    for (const auto segment : parsed->segments()) {
        into.segments.emplace_back(segment);
        readable = readable && is_utf8(into.segments.back());
    }
    for (const auto& parameter : parsed->encoded_params()) {
        auto name = decoded_parameter({parameter.key.data(), parameter.key.size()});
        auto value = decoded_parameter({parameter.value.data(), parameter.value.size()});
        readable = readable && is_utf8(name) && is_utf8(value);
        if (into.parameter(name))
            into.twice = name;
        into.query.emplace_back(std::move(name), std::move(value));
    }
    if (!readable)
        into.bad_target = "the request target is not UTF-8";
}

} // namespace soteria::web
