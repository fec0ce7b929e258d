#include "cross_site.hpp"
#include "headers.hpp"
#include "proxy_identity.hpp"
#include "token.hpp"

#include <soteria/auth/decision.hpp>

#include <algorithm>

namespace soteria::auth {
namespace {

decision refuse(identity who, denial reason, std::string detail) {
    decision made;
    made.who = std::move(who);
    made.refused = reason;
    made.detail = std::move(detail);
    return made;
}

decision allow(identity who) {
    decision made;
    made.who = std::move(who);
    return made;
}

bool in_allowed_group(const identity& who, const settings& rules) {
    return std::ranges::any_of(rules.allowed_groups, [&who](const std::string& allowed) {
        const auto group = trimmed(without_leading_slashes(trimmed(allowed)));
        return !group.empty() && std::ranges::find(who.groups, group) != who.groups.end();
    });
}

std::string names(const std::vector<std::string>& groups) {
    std::string text;
    for (const auto& group : groups)
        text += (text.empty() ? "" : ", ") + group;
    return text.empty() ? "none" : text;
}

bool is_change(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

} // namespace

std::string_view to_string(source value) {
    switch (value) {
    case source::anonymous:
        return "anonymous";
    case source::proxy:
        return "proxy";
    case source::token:
        return "token";
    case source::service_account:
        return "service_account";
    }
    return "anonymous";
}

std::string_view to_string(denial reason) {
    switch (reason) {
    case denial::no_identity:
        return "no_identity";
    case denial::bad_token:
        return "bad_token";
    case denial::group_not_allowed:
        return "group_not_allowed";
    case denial::namespace_not_allowed:
        return "namespace_not_allowed";
    case denial::malformed_identity:
        return "malformed_identity";
    case denial::untrusted_proxy:
        return "untrusted_proxy";
    case denial::cross_site:
        return "cross_site";
    }
    return "no_identity";
}

bool is_unauthenticated(denial reason) {
    return reason == denial::no_identity || reason == denial::bad_token || reason == denial::malformed_identity ||
           reason == denial::untrusted_proxy;
}

decision decide(std::string_view method, const header_list& headers, const boost::asio::ip::address& peer,
                const settings& rules) {
    const auto token = check_token(headers, rules.tokens);
    auto proxy = read_proxy_identity(headers);
    const bool trusted =
        rules.trusted_proxies.empty() ||
        std::ranges::any_of(rules.trusted_proxies, [&peer](const auto& n) { return n.contains(peer); });

    identity who;
    if (!token.shown_as.empty()) {
        who.user = token.shown_as;
        who.from = source::token;
    } else if (proxy.state == claim::present && trusted) {
        who = std::move(proxy.who);
    }
    if (is_change(method) && is_cross_site(headers))
        return refuse(std::move(who), denial::cross_site,
                      "a page of another site must not make this request; use the console of this address, or a client "
                      "that is no browser");
    if (!rules.required || who.from == source::token)
        return allow(std::move(who));
    if (who.from == source::proxy) {
        if (!rules.by_groups || in_allowed_group(who, rules))
            return allow(std::move(who));
        auto detail = "the user " + who.user +
                      " is in none of the groups that may use this service; their groups: " + names(who.groups);
        return refuse(std::move(who), denial::group_not_allowed, std::move(detail));
    }
    if (proxy.state != claim::absent && !trusted)
        return refuse(std::move(who), denial::untrusted_proxy,
                      "identity headers are not believed from this address; come through the ingress, or send a token");
    if (proxy.state == claim::malformed)
        return refuse(std::move(who), denial::malformed_identity,
                      "the identity headers are repeated, too long or not plain UTF-8 text; check the proxy");
    if (token.offered)
        return refuse(std::move(who), denial::bad_token, "the bearer token is not one of ours");
    return refuse(std::move(who), denial::no_identity,
                  "no identity: come through the ingress (X-Auth-Request-User), or send Authorization: Bearer <token>");
}

} // namespace soteria::auth
