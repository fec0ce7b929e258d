#include <soteria/inventory/builder.hpp>

#include <algorithm>

namespace soteria::inventory {
namespace {

using domain::health;

void set_unserved(row& into, health what, std::string why) {
    into.driver = "none";
    into.health = what;
    into.health_detail = std::move(why);
}

std::string why_unbound(const kube::persistent_volume_claim& claim) {
    if (claim.phase == "Lost")
        return "its PersistentVolume " + claim.volume_name + " is gone";
    return "no PersistentVolume is bound to it yet";
}

std::string why_unsupported(const kube::persistent_volume_claim& claim, const kube::persistent_volume& volume,
                            const views& known) {
    const bool of_longhorn = volume.csi_driver == longhorn_csi_driver;
    const auto provider = volume.csi_driver.empty() ? std::string("no CSI driver") : volume.csi_driver;
    if (known.restic == nullptr && !of_longhorn)
        return "its volume is provided by " + provider + ", which no configured driver serves";
    if (known.restic != nullptr && claim.volume_mode != "Filesystem")
        return "its volume is provided by " + provider + " and has no file system (volumeMode " + claim.volume_mode +
               "), and restic backs up files";
    return "its volume is provided by " + provider + " without a name of its own";
}

struct judged {
    const driver_answer* answer = nullptr;
    health is = health::unknown;
};

// Later data; of two that are alike, the first.
bool newer(const judged& left, const judged& right) {
    return left.answer->known.backups->newest_at > right.answer->known.backups->newest_at;
}

} // namespace

void settle(row& into, const std::vector<driver_answer>& answers, std::string_view default_driver, const rules& by,
            instant now) {
    std::vector<judged> all;
    for (const auto& each : answers) {
        const auto& backups = *each.known.backups;
        const bool believed = each.known.unknown_because.empty();
        all.push_back({&each, believed ? domain::freshness(backups.newest_at, now, by.max_age) : health::unknown});
        into.drivers[std::string(each.driver)] = driver_row{backups.newest_at, backups.count, all.back().is};
    }
    // The fresh ones first; among them, and among the others, the newest data.
    std::ranges::stable_sort(all, [](const judged& left, const judged& right) {
        const bool left_fresh = left.is == health::fresh;
        return left_fresh == (right.is == health::fresh) ? newer(left, right) : left_fresh;
    });
    into.driver = "none";
    for (const auto& each : all)
        if (each.answer->driver == default_driver)
            into.driver = default_driver;
    if (all.empty())
        return;
    const auto& best = all.front();
    const auto& backups = *best.answer->known.backups;
    if (backups.newest_at)
        into.driver = best.answer->driver;
    into.last_backup_at = backups.newest_at;
    into.last_backup_size_bytes = backups.newest_size_bytes;
    into.backup_count = backups.count;
    into.health = best.is;
    for (const auto& each : all)
        if (best.is != health::fresh && each.is == health::unknown) {
            into.health = health::unknown;
            into.health_detail = each.answer->known.unknown_because;
            return;
        }
}

row row_of(const kube::persistent_volume_claim& claim, const kube::persistent_volume* volume, const views& known,
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
    const bool of_longhorn = volume->csi_driver == longhorn_csi_driver && !volume->csi_volume_handle.empty();
    if (of_longhorn)
        made.volume = volume->csi_volume_handle;
    std::vector<driver_answer> answers;
    if (of_longhorn && known.longhorn != nullptr)
        answers.push_back({"longhorn", known.longhorn->of(made.volume, at.now, at.steady)});
    if (known.restic != nullptr && claim.volume_mode == "Filesystem")
        answers.push_back({"restic", known.restic->of(made.pvc, claim.meta.uid, at.now)});
    if (answers.empty())
        set_unserved(made, health::unsupported, why_unsupported(claim, *volume, known));
    else
        settle(made, answers, known.default_driver, by, at.now);
    return made;
}

} // namespace soteria::inventory
