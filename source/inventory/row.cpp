#include <soteria/inventory/builder.hpp>

namespace soteria::inventory {
namespace {

using domain::health;

void set_unserved(row& into, health what, std::string why) {
    into.driver = "none";
    into.health = what;
    into.health_detail = std::move(why);
}

void set_backups(row& into, const longhorn_view::answer& known, const rules& by, instant now) {
    const auto& backups = *known.backups;
    into.driver = "longhorn";
    into.last_backup_at = backups.newest_at;
    into.last_backup_size_bytes = backups.newest_size_bytes;
    into.backup_count = backups.count;
    into.health_detail = known.unknown_because;
    into.health =
        known.unknown_because.empty() ? domain::freshness(backups.newest_at, now, by.max_age) : health::unknown;
    into.drivers["longhorn"] = driver_row{into.last_backup_at, into.backup_count, into.health};
}

std::string why_unbound(const kube::persistent_volume_claim& claim) {
    if (claim.phase == "Lost")
        return "its PersistentVolume " + claim.volume_name + " is gone";
    return "no PersistentVolume is bound to it yet";
}

} // namespace

row row_of(const kube::persistent_volume_claim& claim, const kube::persistent_volume* volume, const longhorn_view& view,
           const rules& by, const moment& at) {
    row made;
    made.pvc = {claim.meta.ns, claim.meta.name};
    made.storage_class = claim.storage_class.value_or(std::string());
    made.capacity = claim.capacity.empty() ? claim.requested : claim.capacity;
    if (claim.volume_name.empty() || claim.phase != "Bound") {
        set_unserved(made, health::unbound, why_unbound(claim));
        return made;
    }
    made.volume = claim.volume_name;
    if (volume == nullptr) {
        set_unserved(made, health::unknown, "its PersistentVolume " + claim.volume_name + " is not known here");
        return made;
    }
    if (volume->csi_driver != longhorn_csi_driver || volume->csi_volume_handle.empty()) {
        const auto provider = volume->csi_driver.empty() ? std::string("no CSI driver") : volume->csi_driver;
        set_unserved(made, health::unsupported,
                     "its volume is provided by " + provider + ", which no configured driver serves");
        return made;
    }
    made.volume = volume->csi_volume_handle;
    set_backups(made, view.of(made.volume, at.now, at.steady), by, at.now);
    return made;
}

} // namespace soteria::inventory
