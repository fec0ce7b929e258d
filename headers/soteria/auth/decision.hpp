// Who calls, and may they: a pure function of a request's head, its peer and the settings.
#pragma once

#include <soteria/base/network.hpp>
#include <soteria/base/secret.hpp>

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::auth {

struct settings {
    bool required = false;
    // Whether being in an allowed group decides; otherwise every known caller is let in, and RBAC is asked what they
    // may do.
    bool by_groups = true;
    // A caller known by headers needs one of these; an empty list lets none of them in. "/maintenance" = "maintenance".
    std::vector<std::string> allowed_groups{"admin", "maintenance"};
    // A bearer of one of these needs no group.
    std::vector<secret_string> tokens;
    // Identity headers are believed from these peers only; empty: from any.
    std::vector<network> trusted_proxies;
};

enum class source { anonymous, proxy, token, service_account };
std::string_view to_string(source value); // "anonymous", "proxy", "token", "service_account"

struct identity {
    std::string user = "anonymous"; // a token shows as "token:<first 8 hex of its SHA-256>"
    std::string email;
    std::vector<std::string> groups; // trimmed, without leading "/"
    auth::source from = source::anonymous;

    [[nodiscard]] bool authenticated() const { return from != source::anonymous; }
};

enum class denial {
    no_identity,
    bad_token,
    group_not_allowed,
    namespace_not_allowed,
    malformed_identity,
    untrusted_proxy,
    cross_site,
};
inline constexpr denial all_denials[] = {
    denial::no_identity,        denial::bad_token,       denial::group_not_allowed, denial::namespace_not_allowed,
    denial::malformed_identity, denial::untrusted_proxy, denial::cross_site,
};
std::string_view to_string(denial reason); // the metric's label and the problem's code: "no_identity", ...
// The caller is not known (401), as opposed to known and not allowed (403).
bool is_unauthenticated(denial reason);

using header_list = std::vector<std::pair<std::string, std::string>>;

struct decision {
    identity who;
    std::optional<denial> refused;
    std::string detail; // refused: a sentence for the caller
};

// `headers` as received, repeated ones included; names are compared without case.
decision decide(std::string_view method, const header_list& headers, const boost::asio::ip::address& peer,
                const settings& rules);

} // namespace soteria::auth
