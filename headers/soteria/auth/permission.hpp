// What a request needs where Kubernetes' RBAC decides (SOTERIA_AUTHORIZATION=rbac): questions about our own resources,
// so that the Role that lets somebody make a Backup with kubectl lets them make one here, and no more. No I/O.
#pragma once

#include <soteria/auth/decision.hpp>
#include <soteria/domain/operation.hpp>

#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace soteria::auth {

struct permission {
    std::string verb;     // "list", "get", "create", "delete", "restore-foreign"
    std::string resource; // "backups", "restores"; of the group soteria.dev
    std::string ns;       // empty: in every namespace

    permission() = default;

    permission(std::string verb_, std::string resource_, std::string ns_)
        : verb(std::move(verb_)), resource(std::move(resource_)), ns(std::move(ns_)) {}

    auto operator<=>(const permission&) const = default;
};

// "create backups.soteria.dev in the namespace ai"
std::string to_text(const permission& what);

// The inventory's rows and the backups of a namespace.
permission to_see_backups(std::string ns);
// Records in a list; one record; its end before its time (as kubectl delete does).
permission to_list(domain::operation_kind kind, std::string ns);
permission to_read(const domain::operation_key& record);
permission to_cancel(const domain::operation_key& record);

// A backup: create backups. A restore: create restores in the target's namespace and get backups in the source's, also
// where both are one; besides restore-foreign on backups in all namespaces, where a URL or allow_foreign may bring
// another PVC's data there (the verb that the admission policy in manifests/ knows). Dry runs need the same.
std::vector<permission> to_start(domain::operation_kind kind, const domain::operation_request& asked);

// Who RBAC is asked about.
struct subject {
    std::string user;
    std::vector<std::string> groups; // sorted, without repetitions
};

// Names that begin with "system:" are Kubernetes' own, and nobody is one of those on the word of a header: such groups
// are left out, such a user is nobody (nullopt), and may do nothing.
std::optional<subject> subject_of(const identity& who);

// Tokens are the operator's own: they need no permission.
bool needs_permission(const identity& who);

} // namespace soteria::auth
