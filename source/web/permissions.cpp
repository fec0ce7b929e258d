// What a caller may do where Kubernetes' RBAC decides. Without reviews everybody who was let in may do everything.
#include "routes.hpp"

#include <algorithm>

namespace soteria::web {

namespace json = boost::json;
using boost::asio::awaitable;

awaitable<std::optional<response>> router::routes::forbid(call& each, std::vector<auth::permission> needed) {
    if (needs_.reviews == nullptr)
        co_return std::nullopt;
    auto asking = auth::first_missing(*needs_.reviews, each.who, std::move(needed), each.asked.until);
    const auto told = co_await std::move(asking);
    if (!told)
        co_return failure_answer(told.error(), each.asked);
    const std::optional<auth::permission>& missing = *told;
    if (!missing)
        co_return std::nullopt;
    constexpr auto reason = auth::denial::namespace_not_allowed;
    needs_.counters.count_denial(reason);
    const std::string role = missing->ns.empty() ? "ClusterRole" : "Role";
    const problem denied(403, std::string(to_string(reason)),
                         "the user " + each.who.user + " may not " + auth::to_text(*missing) + "; a " + role +
                             " with that rule and a " + role + "Binding to it would change that");
    co_return to_response(denied, each.asked);
}

awaitable<result<permission_set>> router::routes::permitted(call& each, std::vector<auth::permission> asked) {
    permission_set found;
    found.everything = needs_.reviews == nullptr || !auth::needs_permission(each.who);
    if (found.everything)
        co_return found;
    auto asking = auth::granted(*needs_.reviews, each.who, std::move(asked), each.asked.until);
    const auto granted = co_await std::move(asking);
    if (!granted)
        co_return granted.error();
    found.those.insert(granted->begin(), granted->end());
    co_return found;
}

// The report as far as the caller may see it; the whole one is not copied.
awaitable<result<std::shared_ptr<const inventory::report>>>
router::routes::seen_by(call& each, std::shared_ptr<const inventory::report> whole) {
    std::vector<auth::permission> asked;
    for (const auto& row : whole->rows)
        if (asked.empty() || asked.back().ns != row.pvc.ns)
            asked.push_back(auth::to_see_backups(row.pvc.ns));
    const auto mine = co_await permitted(each, std::move(asked));
    if (!mine)
        co_return mine.error();
    if (mine->everything)
        co_return whole;
    auto seen = std::make_shared<inventory::report>();
    seen->generated_at = whole->generated_at;
    std::ranges::copy_if(whole->rows, std::back_inserter(seen->rows),
                         [&mine](const inventory::row& row) { return mine->has(auth::to_see_backups(row.pvc.ns)); });
    std::shared_ptr<const inventory::report> part = std::move(seen);
    co_return part;
}

awaitable<result<json::object>> router::routes::permissions_in(call& each, std::string ns) {
    domain::operation_request foreign;
    foreign.source.ns = ns;
    foreign.target.ns = ns;
    foreign.allow_foreign = true;
    const auto restoring = auth::to_start(domain::operation_kind::restore, foreign);
    const domain::operation_key backup{domain::operation_kind::backup, ns, ""};
    const domain::operation_key restore{domain::operation_kind::restore, ns, ""};
    const std::vector<std::pair<const char*, std::vector<auth::permission>>> rows{
        {"see", {auth::to_see_backups(ns)}},
        {"back_up", auth::to_start(domain::operation_kind::backup, foreign)},
        {"restore", {restoring.begin(), restoring.begin() + 2}},
        {"restore_foreign", restoring},
        {"cancel_backups", {auth::to_cancel(backup)}},
        {"cancel_restores", {auth::to_cancel(restore)}},
    };
    std::vector<auth::permission> asked;
    for (const auto& [name, needed] : rows)
        asked.insert(asked.end(), needed.begin(), needed.end());
    const auto mine = co_await permitted(each, std::move(asked));
    if (!mine)
        co_return mine.error();
    json::object shown;
    for (const auto& [name, needed] : rows)
        shown[name] = std::ranges::all_of(needed, [&mine](const auto& one) { return mine->has(one); });
    co_return shown;
}

} // namespace soteria::web
