#include <soteria/auth/permission.hpp>

#include <algorithm>

namespace soteria::auth {
namespace {

using domain::operation_kind;

constexpr std::string_view kubernetes_own = "system:";

// Restore tests are Restores.
std::string resource_of(operation_kind kind) {
    return kind == operation_kind::backup ? "backups" : "restores";
}

} // namespace

std::string to_text(const permission& what) {
    const auto where = what.ns.empty() ? std::string("in all namespaces") : "in the namespace " + what.ns;
    return what.verb + " " + what.resource + ".soteria.dev " + where;
}

permission to_see_backups(std::string ns) {
    return {"list", "backups", std::move(ns)};
}

permission to_list(operation_kind kind, std::string ns) {
    return {"list", resource_of(kind), std::move(ns)};
}

permission to_read(const domain::operation_key& record) {
    return {"get", resource_of(record.kind), record.ns};
}

permission to_cancel(const domain::operation_key& record) {
    return {"delete", resource_of(record.kind), record.ns};
}

std::vector<permission> to_start(operation_kind kind, const domain::operation_request& asked) {
    std::vector<permission> needed;
    if (kind == operation_kind::backup) {
        needed.emplace_back("create", "backups", asked.source.ns);
        return needed;
    }
    needed.emplace_back("create", "restores", asked.target.ns);
    needed.emplace_back("get", "backups", asked.source.ns);
    if (asked.allow_foreign || !asked.backup_url.empty())
        needed.emplace_back("restore-foreign", "backups", "");
    return needed;
}

std::optional<subject> subject_of(const identity& who) {
    if (!who.authenticated() || who.user.starts_with(kubernetes_own))
        return std::nullopt;
    subject found;
    found.user = who.user;
    for (const auto& group : who.groups)
        if (!group.starts_with(kubernetes_own))
            found.groups.push_back(group);
    std::ranges::sort(found.groups);
    const auto repeated = std::ranges::unique(found.groups);
    found.groups.erase(repeated.begin(), repeated.end());
    return found;
}

bool needs_permission(const identity& who) {
    return who.from != source::token;
}

} // namespace soteria::auth
