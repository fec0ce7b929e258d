// The first step of both tables: what was resolved when the request was accepted still holds, or, for a record made by
// kubectl, is resolved now.
#include "backup_url.hpp"
#include "longhorn_effects.hpp"
#include "longhorn_plan.hpp"
#include "longhorn_source.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::milliseconds look_again{1000};

std::string resolved_value(const domain::operation& record, std::string_view key) {
    const auto found = record.resolved.find(std::string(key));
    return found == record.resolved.end() ? std::string() : found->second;
}

// Empty for a record that somebody wrote with kubectl: nobody vouches for its annotation.
std::map<std::string, std::string> accepted(const domain::operation& record) {
    return record.fact(facts::accepted) == "true" ? record.resolved : std::map<std::string, std::string>();
}

// A record's word is not enough: whoever may write records must not get at other people's backups with them.
awaitable<result<void>> check_backup(attempt now) {
    const std::string volume = resolved_value(now.record, facts::source_volume);
    const std::string name = resolved_value(now.record, facts::backup);
    const auto listed = co_await now.world.longhorn.list_backups(volume, now.longhorn_call());
    if (!listed)
        co_return listed.error();
    const auto found = std::ranges::find(*listed, name, &longhorn::backup::name);
    if (found == listed->end() || !found->completed() ||
        !same_backup(found->url, resolved_value(now.record, facts::backup_url)))
        co_return failure(errc::not_found, "the backup " + name + " that was chosen for this restore is gone",
                          "no_backup");
    if (now.record.request.allow_foreign)
        co_return result<void>{};
    const auto& source = now.record.request.source;
    const auto claim = longhorn::recorded_claim_of(found->labels);
    if (claim && claim->ns == source.ns && claim->pvc == source.name)
        co_return result<void>{};
    const auto present = co_await find_source(now.world, source, now.budget.until);
    if (!present)
        co_return present.error();
    if (present->volume == volume)
        co_return result<void>{};
    co_return failure(errc::unprocessable, "the backup " + name + " is not one of " + source.text(), "foreign_backup");
}

} // namespace

namespace backup_effects {

awaitable<step_report> resolve(attempt now) {
    auto request = now.record.request;
    auto plan = co_await plan_longhorn_backup(now.world, now.settings, std::move(request), now.budget.until);
    if (!plan)
        co_return step_report::from(plan.error(), look_again);
    auto values = accepted(now.record);
    const std::string volume = plan->resolved[std::string(facts::volume)];
    if (values.empty()) {
        // The record's own name is only unique in its namespace; Longhorn's snapshot names are global.
        values = plan->resolved;
        values[std::string(facts::snapshot)] =
            domain::backup_name(now.record.request.source, now.record.created_at, now.record.uid);
    }
    if (values[std::string(facts::volume)] != volume)
        co_return step_report::failed("volume_changed", "the PVC " + now.record.request.source.text() +
                                                            " is on another volume than when this was asked for");
    co_return step_report::done(std::move(values));
}

} // namespace backup_effects

namespace restore_effects {

awaitable<step_report> resolve(attempt now) {
    auto values = accepted(now.record);
    if (values.empty()) {
        auto request = now.record.request;
        auto plan = co_await plan_longhorn_restore(now.world, std::move(request), now.budget.until);
        if (!plan)
            co_return step_report::from(plan.error(), look_again);
        values = std::move(plan->resolved);
    } else {
        const auto checked = co_await check_backup(now);
        if (!checked)
            co_return step_report::from(checked.error(), look_again);
    }
    values[std::string(facts::volume)] = domain::volume_name(now.record.uid);
    co_return step_report::done(std::move(values));
}

} // namespace restore_effects

} // namespace soteria::backup
