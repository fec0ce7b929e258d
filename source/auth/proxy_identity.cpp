#include "proxy_identity.hpp"

#include "headers.hpp"

#include <soteria/base/utf8.hpp>

#include <algorithm>

namespace soteria::auth {
namespace {

constexpr std::size_t most_name_bytes = 320;   // the longest e-mail address
constexpr std::size_t most_group_bytes = 8192; // a person in some two hundred groups

// nullopt: malformed. Empty: absent.
std::optional<std::string> single_value(const header_list& headers, std::string_view name, std::size_t most_bytes) {
    const auto values = values_of(headers, name);
    if (values.empty())
        return std::string();
    const auto text = trimmed(values.front());
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (values.size() > 1 || text.size() > most_bytes || std::ranges::any_of(text, control) || !is_utf8(text))
        return std::nullopt;
    return std::string(text);
}

} // namespace

std::string_view without_leading_slashes(std::string_view group) {
    const auto first = group.find_first_not_of('/');
    return first == std::string_view::npos ? std::string_view() : group.substr(first);
}

std::vector<std::string> split_groups(std::string_view text) {
    std::vector<std::string> groups;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto group = trimmed(without_leading_slashes(trimmed(text.substr(0, comma))));
        if (!group.empty())
            groups.emplace_back(group);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return groups;
}

proxy_identity read_proxy_identity(const header_list& headers) {
    const auto user = single_value(headers, "X-Auth-Request-User", most_name_bytes);
    const auto email = single_value(headers, "X-Auth-Request-Email", most_name_bytes);
    const auto groups = single_value(headers, "X-Auth-Request-Groups", most_group_bytes);
    proxy_identity found;
    if (!user || !email || !groups) {
        found.state = claim::malformed;
        return found;
    }
    if (user->empty() && email->empty())
        return found; // groups of nobody
    found.state = claim::present;
    found.who.user = user->empty() ? *email : *user;
    found.who.email = *email;
    found.who.groups = split_groups(*groups);
    found.who.from = source::proxy;
    return found;
}

} // namespace soteria::auth
