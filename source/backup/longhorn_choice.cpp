#include "longhorn_choice.hpp"

#include "backup_url.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

failure no_backup(const std::string& what) {
    return {errc::not_found, what, "no_backup"};
}

bool is_called(const longhorn::backup& one, const std::string& name) {
    return one.name == name || one.snapshot_name == name;
}

std::string owner_of(const longhorn::backup& one) {
    const auto claim = longhorn::recorded_claim_of(one.labels);
    return claim ? "the PVC " + claim->ns + "/" + claim->pvc : "the volume " + one.volume;
}

failure foreign(const longhorn::backup& one, const domain::pvc_ref& source) {
    return {errc::unprocessable,
            "the backup " + one.name + " is of " + owner_of(one) + ", not of " + source.text() +
                "; name that PVC as the source, or set \"allow_foreign\"",
            "foreign_backup"};
}

result<longhorn::backup> checked(const longhorn::backup& one) {
    if (one.completed())
        return one;
    const bool running = one.state.empty() || one.state == "Pending" || one.state == "InProgress";
    return failure(errc::unprocessable,
                   "the backup " + one.name + " cannot be restored: it is " +
                       (running ? std::string("not complete yet") : "in state " + one.state) +
                       (one.error.empty() ? "" : " (" + one.error + ")"),
                   "backup_not_completed");
}

bool belongs_to(const longhorn::backup& one, const longhorn_source& source, const domain::pvc_ref& pvc) {
    if (!source.volume.empty() && one.volume == source.volume)
        return true;
    const auto claim = longhorn::recorded_claim_of(one.labels);
    return claim && claim->ns == pvc.ns && claim->pvc == pvc.name;
}

awaitable<result<longhorn::backup>> by_url(longhorn_world& world, longhorn_source source,
                                           domain::operation_request request, async::deadline until) {
    const auto parts = parse_backup_url(request.backup_url);
    if (!parts)
        co_return failure(errc::invalid,
                          "\"backup_url\" is not a Longhorn backup URL: it must carry ?backup=...&volume=...",
                          "invalid_backup_url");
    const auto listed = co_await world.longhorn.list_backups(
        parts->volume, longhorn::call_options(until, std::string(purposes::resolve)));
    if (!listed)
        co_return listed.error();
    const auto found = std::ranges::find(*listed, parts->backup, &longhorn::backup::name);
    if (found == listed->end())
        co_return no_backup("Longhorn knows no backup " + parts->backup + " of the volume " + parts->volume +
                            "; if it is only in the store, synchronise the backup target first");
    if (!request.allow_foreign && !belongs_to(*found, source, request.source))
        co_return foreign(*found, request.source);
    co_return checked(*found);
}

// A backup of any other PVC by that name: to tell "foreign" from "unknown".
awaitable<result<longhorn::backup>> among_others(longhorn_world& world, domain::operation_request request,
                                                 async::deadline until) {
    const auto picture = world.poller.current();
    for (const auto& [volume, listed] : picture->backups) {
        const bool here = std::ranges::any_of(
            *listed.value, [&](const longhorn::backup& each) { return is_called(each, request.snapshot); });
        if (!here)
            continue;
        const auto now =
            co_await world.longhorn.list_backups(volume, longhorn::call_options(until, std::string(purposes::resolve)));
        if (!now)
            co_return now.error();
        const auto found =
            std::ranges::find_if(*now, [&](const longhorn::backup& each) { return is_called(each, request.snapshot); });
        if (found == now->end())
            continue;
        if (!request.allow_foreign)
            co_return foreign(*found, request.source);
        co_return checked(*found);
    }
    co_return no_backup("there is no backup \"" + request.snapshot + "\" of " + request.source.text());
}

} // namespace

awaitable<result<longhorn::backup>> choose_backup(longhorn_world& world, longhorn_source source,
                                                  domain::operation_request request, async::deadline until) {
    if (!request.backup_url.empty())
        co_return co_await by_url(world, std::move(source), std::move(request), until);
    const bool pvc_exists = source.claim != nullptr;
    const auto found = co_await backups_of(world, source, request.source, until);
    if (!found)
        co_return found.error();
    if (request.snapshot.empty() || request.snapshot == "latest") {
        if (const auto* latest = latest_of(*found, pvc_exists))
            co_return *latest;
        if (!pvc_exists && found->empty())
            co_return failure(errc::not_found,
                              "there is neither a PVC " + request.source.text() + " nor a backup that names it",
                              "pvc_not_found");
        co_return no_backup("there is no complete backup of " + request.source.text());
    }
    // Of several backups of one snapshot a complete one counts.
    const source_backup* named = nullptr;
    for (const auto& each : *found)
        if (is_called(each.backup, request.snapshot) && (named == nullptr || each.backup.completed()))
            named = &each;
    if (named != nullptr)
        co_return checked(named->backup);
    if (!pvc_exists && found->empty() && !request.allow_foreign)
        co_return failure(errc::not_found,
                          "there is neither a PVC " + request.source.text() + " nor a backup that names it",
                          "pvc_not_found");
    co_return co_await among_others(world, std::move(request), until);
}

} // namespace soteria::backup
