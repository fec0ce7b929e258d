#include "audit.hpp"

#include <soteria/base/log.hpp>

namespace soteria::web {
namespace {

namespace json = boost::json;

// Null: left out.
json::value optional(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

std::string_view action_of(std::string_view route) {
    if (route.ends_with("/cancel"))
        return "cancel";
    if (route == "/v1/restore-test")
        return "restore_test";
    return route == "/v1/restores" ? "restore" : "backup";
}

std::string_view outcome_of(int status) {
    return status < 400 ? "accepted" : status < 500 ? "refused" : "failed";
}

json::value groups_of(const auth::identity& who) {
    if (who.groups.empty())
        return nullptr;
    json::array groups;
    for (const auto& group : who.groups)
        groups.emplace_back(group);
    return groups;
}

void write(const change& wanted, const auth::identity& who, const request& asked, std::string_view outcome,
           json::value status, std::string_view code) {
    if (wanted.route.empty())
        return;
    log::audit("change requested", {{"action", json::value(action_of(wanted.route))},
                                    {"outcome", json::value(outcome)},
                                    {"status", std::move(status)},
                                    {"code", optional(code)},
                                    {"user", json::value(who.user)},
                                    {"groups", groups_of(who)},
                                    {"source", json::value(to_string(who.from))},
                                    {"peer", json::value(asked.peer.to_string())},
                                    {"method", json::value(asked.method)},
                                    {"route", json::value(wanted.route)},
                                    {"kind", optional(wanted.kind)},
                                    {"namespace", optional(wanted.source.ns)},
                                    {"pvc", optional(wanted.source.name)},
                                    {"target_namespace", optional(wanted.target.ns)},
                                    {"target_pvc", optional(wanted.target.name)},
                                    {"operation", optional(wanted.operation)},
                                    {"dry_run", json::value(wanted.dry_run)},
                                    {"idempotency_key", optional(wanted.key)},
                                    {"replayed", wanted.replayed ? json::value(true) : json::value(nullptr)},
                                    {"request_id", json::value(asked.request_id)}});
}

} // namespace

void audit(const change& wanted, const auth::identity& who, const request& asked, const response& answer) {
    write(wanted, who, asked, outcome_of(answer.status), answer.status, answer.problem_code);
}

void audit_cut_off(const change& wanted, const auth::identity& who, const request& asked) {
    write(wanted, who, asked, "unknown", nullptr, "shutting_down");
}

} // namespace soteria::web
