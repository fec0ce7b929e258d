#include "longhorn_source.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr std::string_view csi_driver = "driver.longhorn.io";

bool made_of(const longhorn::backup& backup, const domain::pvc_ref& pvc) {
    const auto claim = longhorn::recorded_claim_of(backup.labels);
    return claim && claim->ns == pvc.ns && claim->pvc == pvc.name;
}

} // namespace

std::shared_ptr<const kube::persistent_volume> volume_by_handle(const longhorn_world& world, std::string_view handle) {
    for (const auto& [key, volume] : world.volumes.all())
        if (volume->csi_driver == csi_driver && volume->csi_volume_handle == handle)
            return volume;
    return nullptr;
}

bool newer_data(const longhorn::backup& left, const longhorn::backup& right) {
    if (left.snapshot_created_at.has_value() != right.snapshot_created_at.has_value())
        return !left.snapshot_created_at.has_value();
    return left.snapshot_created_at > right.snapshot_created_at;
}

awaitable<result<longhorn_source>> find_source(longhorn_world& world, domain::pvc_ref pvc, async::deadline until) {
    longhorn_source source;
    const auto object = co_await world.kubernetes.get(kube::persistent_volume_claims, pvc.ns, pvc.name,
                                                      kube::call_options(until, std::string(purposes::resolve)));
    if (!object) {
        if (object.error().code == errc::not_found)
            co_return source;
        co_return object.error();
    }
    auto claim = kube::decode_persistent_volume_claim(*object);
    if (!claim)
        co_return claim.error();
    source.claim = std::make_shared<const kube::persistent_volume_claim>(std::move(*claim));
    if (source.claim->volume_name.empty() || source.claim->phase != "Bound")
        co_return source;
    source.persistent_volume = world.volumes.find({"", source.claim->volume_name});
    if (!source.persistent_volume) {
        const auto stored = co_await world.kubernetes.get(kube::persistent_volumes, "", source.claim->volume_name,
                                                          kube::call_options(until, std::string(purposes::resolve)));
        if (!stored)
            co_return stored.error();
        auto decoded = kube::decode_persistent_volume(*stored);
        if (!decoded)
            co_return decoded.error();
        source.persistent_volume = std::make_shared<const kube::persistent_volume>(std::move(*decoded));
    }
    if (source.persistent_volume->csi_driver == csi_driver)
        source.volume = source.persistent_volume->csi_volume_handle;
    co_return source;
}

result<void> check_bound(const longhorn_source& source, const domain::pvc_ref& pvc) {
    if (!source.claim)
        return failure(errc::not_found, "there is no PVC " + pvc.text(), "pvc_not_found");
    if (source.claim->meta.deleted_at)
        return failure(errc::unprocessable, "the PVC " + pvc.text() + " is being deleted", "pvc_terminating");
    if (!source.persistent_volume)
        return failure(errc::unprocessable,
                       "the PVC " + pvc.text() + " is not bound to a volume (phase " + source.claim->phase +
                           "); it can be backed up once it is bound",
                       "pvc_not_bound");
    if (source.volume.empty())
        return failure(errc::unprocessable,
                       "the PVC " + pvc.text() + " is not on a Longhorn volume (its driver is " +
                           (source.persistent_volume->csi_driver.empty() ? std::string("not CSI")
                                                                         : source.persistent_volume->csi_driver) +
                           ")",
                       "not_longhorn");
    return {};
}

awaitable<result<std::vector<source_backup>>> backups_of(longhorn_world& world, longhorn_source source,
                                                         domain::pvc_ref pvc, async::deadline until) {
    auto volumes = world.recorded.volumes_that_name(world.poller.current(), {pvc.ns, pvc.name});
    if (!source.volume.empty())
        volumes.insert(source.volume);
    std::vector<source_backup> found;
    for (const auto& volume : volumes) {
        auto listed =
            co_await world.longhorn.list_backups(volume, longhorn::call_options(until, std::string(purposes::resolve)));
        if (!listed)
            co_return listed.error();
        for (auto& backup : *listed) {
            // A running backup has no labels yet; those of the present volume are this PVC's in any case.
            if (volume == source.volume || made_of(backup, pvc))
                found.push_back({std::move(backup), volume == source.volume});
        }
    }
    std::ranges::stable_sort(found, newer_data, &source_backup::backup);
    co_return found;
}

const longhorn::backup* latest_of(const std::vector<source_backup>& backups, bool pvc_exists) {
    for (const auto& each : backups)
        if (each.backup.completed() && (each.of_present_volume || !pvc_exists))
            return &each.backup;
    return nullptr;
}

} // namespace soteria::backup
