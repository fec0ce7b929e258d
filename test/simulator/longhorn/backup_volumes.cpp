// All backups of one volume in one target, as an object of their own that lags behind them.
#include "text.hpp"
#include "world.hpp"

#include <algorithm>
#include <utility>

namespace simulator::lh {

using namespace std::chrono_literals;

std::string world::backup_volume_name(const std::string& volume_name, const std::string& target) const {
    if (options.version < 8) {
        return volume_name;
    }
    // 1.8 and 1.9.0 took random characters; these are fixed, yet cannot be guessed from the volume's name either.
    const std::string salt = options.version == 8 ? "random" : "";
    return volume_name + "-" + sha256_hex(volume_name + "-" + target + salt).substr(0, 8);
}

backup& world::add_backup(backup made) {
    backup_names_[made.volume].insert(made.name);
    const std::string name = made.name;
    return backups.insert_or_assign(name, std::move(made)).first->second;
}

void world::remove_backup(const std::string& name) {
    const auto found = backups.find(name);
    if (found != backups.end()) {
        backup_names_[found->second.volume].erase(name);
        backups.erase(found);
    }
}

std::vector<const backup*> world::backups_of(const std::string& volume_name) const {
    std::vector<const backup*> all;
    if (const auto names = backup_names_.find(volume_name); names != backup_names_.end()) {
        for (const std::string& name : names->second) {
            all.push_back(&backups.at(name));
        }
    }
    return all;
}

backup_volume* world::find_backup_volume(const std::string& volume_name, const std::string& target) {
    for (auto& [name, one] : backup_volumes) {
        if (one.volume == volume_name && one.target == target) {
            return &one;
        }
    }
    return nullptr;
}

void world::backup_volume_appears(const std::string& volume_name, const std::string& target) {
    milliseconds sync_in{0};
    if (find_backup_volume(volume_name, target) == nullptr) {
        backup_volume made;
        made.name = backup_volume_name(volume_name, target);
        made.volume = volume_name;
        made.target = target;
        backup_volumes.emplace(made.name, std::move(made));
        sync_in = 500ms;
        if (const auto* fault = faults.take("unsynced_backup_volume", volume_name)) {
            sync_in = fault->delay;
        }
    }
    line.after(sync_in, [this, volume_name, target] { refresh_backup_volume(volume_name, target); });
}

void world::refresh_backup_volume(const std::string& volume_name, const std::string& target) {
    backup_volume* all = find_backup_volume(volume_name, target);
    if (all == nullptr) {
        return;
    }
    all->data_stored = 0;
    const backup* last = nullptr;
    for (const backup* one : backups_of(volume_name)) {
        if (one->target == target && !one->created.empty()) {
            all->data_stored = std::max(all->data_stored, one->size.value_or(0));
            if (last == nullptr || last->snapshot_created <= one->snapshot_created) {
                last = one;
            }
        }
    }
    if (last != nullptr) {
        all->size = last->volume_size;
        all->marks = last->marks.value_or(labels{});
        all->marks["VolumeRecurringJobInfo"] = "{}";
        all->backing_image = last->backing_image;
        if (all->created.empty()) {
            all->created = last->volume_created;
        }
        if (!last->storage_class.empty()) {
            all->storage_class = last->storage_class;
        }
    }
    all->last_backup = last == nullptr ? "" : last->name;
    all->last_backup_at = last == nullptr ? "" : last->snapshot_created;
    if (volume* source = find(volume_name); source != nullptr && !source->restore_required) {
        source->last_backup = all->last_backup;
        source->last_backup_at = all->last_backup_at;
        touch(*source);
    }
}

void world::delete_backup_volume(const std::string& name) {
    const auto found = backup_volumes.find(name);
    if (found == backup_volumes.end()) {
        throw refusal{404, "failed to delete backup volume '" + name + "': backupvolumes.longhorn.io \"" + name +
                               "\" not found"};
    }
    line.after(2200ms, [this, name] {
        const auto again = backup_volumes.find(name);
        if (again == backup_volumes.end()) {
            return;
        }
        const backup_volume gone = again->second;
        backup_volumes.erase(again);
        for (const backup* one : backups_of(gone.volume)) {
            if (one->target == gone.target) {
                remove_backup(std::string(one->name));
            }
        }
        touch_volume(gone.volume);
    });
}

void world::sync_backup_volume(const std::string& name) {
    const auto found = backup_volumes.find(name);
    const std::string prefix = "failed to synchronize backup volume " + name + ": ";
    if (found == backup_volumes.end()) {
        throw refusal{404, prefix + "backupvolume.longhorn.io \"" + name + "\" not found"};
    }
    backup_volume& one = found->second;
    if (one.synced && line.now() - *one.synced < line.scaled(10000ms)) {
        throw refusal{500, prefix + "failed to synchronize backup volume '" + name + "' in 10 seconds"};
    }
    one.synced = line.now();
    line.after(500ms,
               [this, volume_name = one.volume, target = one.target] { refresh_backup_volume(volume_name, target); });
}

} // namespace simulator::lh
