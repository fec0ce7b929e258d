#include "parsers.hpp"

#include <soteria/base/quantity.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace soteria::config {
namespace {

constexpr double longest_age_hours =
    876'000; // a hundred years: beyond it is a mistake, and no clock overflows below it
constexpr double seconds_an_hour = 3600;

template <class Number>
bool read_number(Number& into, std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size();
}

std::string lower_case(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lowered;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string> comma_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto item = trimmed(text.substr(0, comma));
        if (!item.empty())
            items.emplace_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

problem parse_bool(bool& into, std::string_view text) {
    const std::string word = lower_case(text);
    if (word != "true" && word != "false" && word != "1" && word != "0")
        return "must be true or false";
    into = word == "true" || word == "1";
    return {};
}

problem parse_whole(std::int64_t& into, std::string_view text, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    if (!read_number(number, text) || number < least || number > most)
        return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    into = number;
    return {};
}

problem parse_hours(std::chrono::duration<double>& into, std::string_view text) {
    double hours = 0;
    if (!read_number(hours, text) || !std::isfinite(hours) || hours <= 0 || hours > longest_age_hours)
        return "must be a number greater than 0, in hours (a decimal point is allowed)";
    into = std::chrono::duration<double>(hours * seconds_an_hour);
    return {};
}

problem parse_bytes(std::int64_t& into, std::string_view text) {
    const auto bytes = parse_quantity(text);
    if (!bytes || *bytes == 0)
        return "must be a size greater than 0, in bytes or as a quantity such as 10Gi";
    into = *bytes;
    return {};
}

problem parse_word(std::string& into, std::string_view text, std::initializer_list<std::string_view> allowed) {
    if (std::ranges::find(allowed, text) != allowed.end()) {
        into = text;
        return {};
    }
    std::string list;
    for (const auto word : allowed)
        list += (list.empty() ? "" : ", ") + std::string(word);
    return "must be one of: " + list;
}

problem parse_url(std::string& into, std::string_view text) {
    const auto parsed = boost::urls::parse_uri(text);
    const bool web = parsed && (parsed->scheme() == "http" || parsed->scheme() == "https");
    if (!web || parsed->host().empty())
        return "must be a URL such as http://longhorn-backend.longhorn-system.svc:9500";
    if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment())
        return "must be a URL without a user name, a query or a fragment";
    while (text.ends_with('/'))
        text.remove_suffix(1);
    into = text;
    return {};
}

problem parse_listen(std::string& into, std::string_view text) {
    constexpr const char* wrong = "must be [address]:port, such as :8080, 127.0.0.1:8080 or [::1]:8080";
    const auto colon = text.rfind(':');
    unsigned port = 0;
    if (colon == std::string_view::npos || !read_number(port, text.substr(colon + 1)) || port > 65535)
        return wrong;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(host), error);
    if (!host.empty() && (error || address.is_v6() != bracketed))
        return wrong;
    into = text;
    return {};
}

problem parse_networks(std::vector<network>& into, std::string_view text) {
    std::vector<network> networks;
    for (const auto& item : comma_list(text)) {
        auto parsed = network::parse(item);
        if (!parsed)
            return "must be a list of networks such as 10.0.0.0/8, fd00::/8; \"" + item + "\" is none";
        networks.push_back(std::move(*parsed));
    }
    into = std::move(networks);
    return {};
}

problem parse_tokens(std::vector<secret_string>& into, std::string_view text) {
    std::vector<secret_string> tokens;
    for (auto& item : comma_list(text)) {
        if (!std::ranges::all_of(item, [](char c) { return c > ' ' && c < '\x7f'; }))
            return "holds a token (number " + std::to_string(tokens.size() + 1) +
                   ") with a character that no Authorization header can carry";
        tokens.emplace_back(std::move(item));
    }
    into = std::move(tokens);
    return {};
}

problem parse_selector(std::map<std::string, std::string>& into, std::string_view text) {
    std::map<std::string, std::string> selector;
    for (const auto& item : comma_list(text)) {
        const auto equals = item.find('=');
        if (equals == std::string::npos || equals == 0)
            return "must be a list of key=value; \"" + item + "\" is not of that shape";
        const std::string key(trimmed(std::string_view(item).substr(0, equals)));
        if (!selector.emplace(key, trimmed(std::string_view(item).substr(equals + 1))).second)
            return "names the key \"" + key + "\" twice";
    }
    into = std::move(selector);
    return {};
}

problem parse_object_name(std::string& into, std::string_view text) {
    const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    const auto edge = [](char c) { return c != '-' && c != '.'; };
    if (text.size() > 253 || !std::ranges::all_of(text, inner) ||
        (!text.empty() && !(edge(text.front()) && edge(text.back()))))
        return "must be a Kubernetes name: lower-case letters, digits, dashes and dots";
    into = text;
    return {};
}

problem parse_object_names(std::vector<std::string>& into, std::string_view text) {
    auto names = comma_list(text);
    std::string name;
    for (const auto& each : names)
        if (const auto wrong = parse_object_name(name, each))
            return "is a list, and in it \"" + each + "\" " + *wrong;
    into = std::move(names);
    return {};
}

problem parse_amount(std::string& into, std::string_view text, std::string_view example) {
    if (parse_quantity(text).value_or(0) == 0)
        return "must be a quantity above zero, such as " + std::string(example);
    into = text;
    return {};
}

problem parse_words(std::vector<std::string>& into, std::string_view text) {
    into.clear();
    while (!(text = trimmed(text)).empty()) {
        const auto end = std::ranges::find_if(text, is_blank);
        const auto length = static_cast<std::size_t>(end - text.begin());
        into.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return {};
}

} // namespace soteria::config
