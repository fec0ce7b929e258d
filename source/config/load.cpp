#include "parsers.hpp"
#include "restic_checks.hpp"

#include <soteria/config/load.hpp>
#include <soteria/config/variables.hpp>

#include <algorithm>
#include <unistd.h>

namespace soteria::config {
namespace {

constexpr std::string_view prefix = "SOTERIA_";

// What Kubernetes puts into every Pod beside a Service that is named soteria.
bool injected_by_kubernetes(std::string_view name) {
    return name == "SOTERIA_SERVICE_HOST" || name == "SOTERIA_PORT" || name.starts_with("SOTERIA_PORT_") ||
           name == "SOTERIA_SERVICE_PORT" || name.starts_with("SOTERIA_SERVICE_PORT_");
}

bool known(std::string_view name) {
    return std::ranges::any_of(variables(), [name](const variable& each) { return each.name == name; });
}

std::string shown(const variable& which, std::string_view text) {
    if (which.secret || text.empty())
        return std::string(which.name) + " ";
    return std::string(which.name) + " (\"" + std::string(text) + "\") ";
}

std::vector<std::string> warnings_for(const environment& from, const settings& values) {
    std::vector<std::string> warnings;
    for (const auto& [name, ignored] : from)
        if (name.starts_with(prefix) && !known(name) && !injected_by_kubernetes(name))
            warnings.push_back(name + " is not a setting of this service and has no effect; see --help");
    if (!values.auth_required)
        warnings.emplace_back("SOTERIA_AUTH_REQUIRED is false: whoever reaches this port may do everything");
    if (values.trusted_proxies.empty())
        warnings.emplace_back("SOTERIA_TRUSTED_PROXIES is empty: identity headers are believed from any peer, so "
                              "nothing but the authenticating proxy may reach this port");
    return warnings;
}

// What no variable can tell by itself; a line each.
std::string conflicts_of(const settings& values) {
    std::string found;
    if (values.authorization == "rbac" && !values.auth_required)
        found += "\n  SOTERIA_AUTHORIZATION (\"rbac\") needs callers that are known: set SOTERIA_AUTH_REQUIRED to true";
    if (values.tls_cert_file.empty() != values.tls_key_file.empty())
        found += "\n  SOTERIA_TLS_CERT_FILE and SOTERIA_TLS_KEY_FILE belong together: set both or neither";
    return found;
}

} // namespace

environment process_environment() {
    environment found;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view entry(*each);
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos)
            found.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return found;
}

result<loaded> load(const environment& from) {
    loaded outcome;
    std::string problems;
    for (const variable& each : variables()) {
        const auto found = from.find(std::string(each.name));
        const auto given = found == from.end() ? std::string_view() : trimmed(found->second);
        const bool use_default = found == from.end() || (given.empty() && !each.empty_counts);
        const auto text = use_default ? each.default_text : given;
        if (const auto wrong = each.parse(outcome.values, text))
            problems += "\n  " + shown(each, text) + *wrong;
    }
    problems += conflicts_of(outcome.values);
    problems += settle_restic(outcome.values);
    const auto longhorn_url = from.find("SOTERIA_LONGHORN_URL");
    outcome.values.longhorn = outcome.values.backup_driver == "longhorn" ||
                              (longhorn_url != from.end() && !trimmed(longhorn_url->second).empty());
    if (!problems.empty())
        return failure(errc::invalid, "the configuration cannot be used:" + problems);
    outcome.warnings = warnings_for(from, outcome.values);
    return outcome;
}

settings defaults() {
    return load({}).value().values;
}

} // namespace soteria::config
