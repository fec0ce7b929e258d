#include "restic_choice.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/records/records.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using snapshots = std::vector<const restic::snapshot*>;

constexpr std::chrono::seconds come_back{5}; // a listing takes about that long

failure no_backup(const std::string& what) {
    return {errc::not_found, what, "no_backup"};
}

failure nothing_of(const domain::pvc_ref& pvc) {
    return {errc::not_found, "there is neither a PVC " + pvc.text() + " nor a backup that names it", "pvc_not_found"};
}

bool wants_latest(const domain::operation_request& request) {
    return request.snapshot.empty() || request.snapshot == "latest";
}

snapshots snapshots_of(const std::map<domain::pvc_ref, snapshots>& all, const domain::pvc_ref& pvc) {
    const auto found = all.find(pvc);
    return found == all.end() ? snapshots() : found->second;
}

const restic::snapshot* named(const restic::catalogue& catalogue, const std::string& name) {
    for (const auto& each : catalogue.snapshots)
        if (each.tag_value(restic::name_tag) == name)
            return &each;
    return nullptr;
}

// For older callers that do not name the PVC: "latest" is clear only where the namespace has backups of one.
result<domain::pvc_ref> only_pvc_in(const std::map<domain::pvc_ref, snapshots>& all, const std::string& ns) {
    std::vector<domain::pvc_ref> found;
    for (const auto& [pvc, list] : all)
        if (pvc.ns == ns)
            found.push_back(pvc);
    if (found.empty())
        return no_backup("there is no backup of any PVC in the namespace " + ns);
    if (found.size() == 1)
        return found.front();
    std::string names;
    for (const auto& each : found)
        names += (names.empty() ? "" : ", ") + each.name;
    return failure(errc::unprocessable,
                   "the namespace " + ns + " has backups of several PVCs; name one in \"pvc\": " + names,
                   "pvc_required");
}

// A Backup of that name that made no snapshot (yet), for a better answer than "there is none"; else by the id that it
// has on record.
awaitable<result<std::string>> id_on_record(restic_world& world, domain::pvc_ref source, std::string name,
                                            async::deadline until) {
    if (!domain::is_dns_subdomain(name))
        co_return std::string();
    const auto object = co_await world.kubernetes.get(records::backups, source.ns, name,
                                                      kube::call_options(until, std::string(purposes::resolve)));
    if (!object) {
        if (object.error().code == errc::not_found)
            co_return std::string();
        co_return object.error();
    }
    const auto record = records::decode_backup(*object);
    if (!record || record->operation.request.source != source)
        co_return std::string();
    const auto& operation = record->operation;
    if (auto id = operation.fact(facts::backup); !id.empty() && !operation.fact(facts::job_name).empty())
        co_return id;
    co_return failure(errc::unprocessable,
                      "the backup " + name + " cannot be restored: it is " +
                          (operation.active()
                               ? std::string("not complete yet")
                               : std::string(domain::to_string(operation.phase)) + " (" + operation.message + ")"),
                      "backup_not_completed");
}

// By our name, by the id, by a prefix of it; whose ever it is.
awaitable<result<restic::snapshot>> by_name(restic_world& world, std::shared_ptr<const restic::catalogue> catalogue,
                                            domain::operation_request request, async::deadline until) {
    if (const auto* found = named(*catalogue, request.snapshot))
        co_return *found;
    auto found = restic::find(*catalogue, request.snapshot);
    if (found)
        co_return **found;
    if (found.error().code != errc::not_found)
        co_return found.error();
    if (!request.source.name.empty()) {
        auto asking = id_on_record(world, request.source, request.snapshot, until);
        const auto id = co_await std::move(asking);
        if (!id)
            co_return id.error();
        found = id->empty() ? result<const restic::snapshot*>(found.error()) : restic::find(*catalogue, *id);
        if (found)
            co_return **found;
    }
    // It may have been added by others since the last listing.
    world.list_soon();
    const std::string of = request.source.name.empty() ? "in the repository" : "of " + request.source.text();
    co_return no_backup("there is no backup \"" + request.snapshot + "\" " + of);
}

} // namespace

result<void> check_listed(const restic::catalogue& catalogue) {
    if (catalogue.listed_at)
        return {};
    failure why(errc::unavailable,
                catalogue.failing ? "what the repository holds is not known: " + catalogue.failing->message
                                  : std::string("the repository has not been listed yet; try again in a few seconds"),
                "repository_unavailable");
    why.retry_after = come_back;
    return why;
}

result<void> check_owner(const restic::snapshot& snapshot, const domain::operation_request& request) {
    const auto owner = snapshot.pvc();
    if (request.allow_foreign || (owner && *owner == request.source))
        return {};
    return failure(errc::unprocessable,
                   "the snapshot " + snapshot.id.substr(0, 8) + " is of " +
                       (owner ? "the PVC " + owner->text() : "the host " + snapshot.host + ", not made by Soteria") +
                       ", not of " + request.source.text() + "; name that PVC as the source, or set \"allow_foreign\"",
                   "foreign_backup");
}

namespace {

// The PVC of a request that left it open, by the snapshot or by being the only one.
result<domain::pvc_ref> open_source(const std::map<domain::pvc_ref, snapshots>& all, const restic::snapshot* snapshot,
                                    const domain::operation_request& request) {
    if (snapshot == nullptr)
        return only_pvc_in(all, request.source.ns);
    const auto owner = snapshot->pvc();
    if (!owner)
        return failure(errc::unprocessable,
                       "the snapshot " + request.snapshot + " does not say whose it is; name \"pvc\"", "pvc_required");
    if (owner->ns != request.source.ns)
        return failure(errc::unprocessable,
                       "the snapshot " + request.snapshot + " is of the PVC " + owner->text() +
                           ", not of one in the namespace " + request.source.ns,
                       "foreign_backup");
    return *owner;
}

} // namespace

awaitable<result<chosen_snapshot>> choose_snapshot(restic_world& world, domain::operation_request request,
                                                   async::deadline until) {
    const auto catalogue = world.catalogue.current();
    if (const auto known = check_listed(*catalogue); !known)
        co_return known.error();
    const auto all = restic::by_pvc(*catalogue);
    chosen_snapshot chosen;
    std::optional<failure> unnamed;
    const bool latest = wants_latest(request);
    if (!latest) {
        auto asking = by_name(world, catalogue, request, until);
        auto found = co_await std::move(asking);
        if (found)
            chosen.snapshot = std::move(*found);
        else
            unnamed = found.error();
    }
    if (unnamed && unnamed->code != errc::not_found)
        co_return *unnamed;
    if (request.source.name.empty()) {
        if (unnamed)
            co_return *unnamed;
        const auto owner = open_source(all, latest ? nullptr : &chosen.snapshot, request);
        if (!owner)
            co_return owner.error();
        request.source = *owner;
    }
    chosen.source = request.source;
    auto reading = read_claim(world.kubernetes, request.source, until);
    const auto claim = co_await std::move(reading);
    if (!claim)
        co_return claim.error();
    chosen.claim = *claim;
    const auto own = snapshots_of(all, request.source);
    const bool nothing_there = !chosen.claim && own.empty();
    if (nothing_there && (latest || (unnamed && !request.allow_foreign)))
        co_return nothing_of(request.source);
    if (unnamed)
        co_return *unnamed;
    if (!latest) {
        if (const auto owned = check_owner(chosen.snapshot, request); !owned)
            co_return owned.error();
        co_return chosen;
    }
    const auto* newest = restic::latest_of(own, chosen.claim ? chosen.claim->meta.uid : std::string());
    if (newest == nullptr)
        co_return no_backup("there is no complete backup of " + request.source.text());
    chosen.snapshot = *newest;
    co_return chosen;
}

} // namespace soteria::backup
