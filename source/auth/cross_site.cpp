#include "cross_site.hpp"

#include "headers.hpp"

#include <algorithm>

namespace soteria::auth {
namespace {

// "https://host:8443" -> "host:8443"; a port that the scheme implies is dropped, as browsers do in Host.
std::string_view authority_of(std::string_view origin) {
    const auto scheme_end = origin.find("://");
    return scheme_end == std::string_view::npos ? std::string_view() : origin.substr(scheme_end + 3);
}

std::string_view without_default_port(std::string_view authority) {
    for (const std::string_view port : {":443", ":80"})
        if (authority.ends_with(port))
            return authority.substr(0, authority.size() - port.size());
    return authority;
}

} // namespace

bool is_cross_site(const header_list& headers) {
    const auto sites = values_of(headers, "Sec-Fetch-Site");
    if (!sites.empty())
        return !std::ranges::all_of(sites, [](auto site) { return site == "same-origin" || site == "none"; });
    const auto origins = values_of(headers, "Origin");
    if (origins.empty())
        return false;
    if (origins.size() > 1)
        return true;
    const auto origin = without_default_port(authority_of(origins.front())); // empty for "null"
    // A page of another site cannot set X-Forwarded-Host without being asked first (preflight), which we never grant.
    for (const std::string_view name : {"Host", "X-Forwarded-Host"})
        for (const auto host : values_of(headers, name))
            if (!origin.empty() && equal_without_case(origin, without_default_port(trimmed(host))))
                return false;
    return true;
}

} // namespace soteria::auth
