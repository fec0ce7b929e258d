// One backup, from the request to Completed or Error, and its deletion.
#include "text.hpp"
#include "world.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace simulator::lh {

using namespace std::chrono_literals;

namespace {

std::string backup_ticket(const std::string& name) {
    return "backup-controller-" + name;
}

bool unfinished(const backup& one) {
    return one.state.empty() || one.state == "Pending" || one.state == "InProgress";
}

// A qualified name: an optional DNS prefix and "/", then a name part.
bool is_label_key(std::string_view key) {
    const auto slash = key.find('/');
    if (slash != std::string_view::npos) {
        if (!is_dns_subdomain(key.substr(0, slash))) {
            return false;
        }
        key.remove_prefix(slash + 1);
    }
    return !key.empty() && is_label_value(key);
}

refusal refused_label(std::string_view why) {
    return refusal{500, "failed to backup snapshot: " + std::string(why)};
}

void check_labels(const labels& marks) {
    for (const auto& [key, value] : marks) {
        if (!is_label_key(key)) {
            throw refused_label("at least one error encountered while validating backup label with key " + key +
                                ": name part must consist of alphanumeric characters, '-', '_' or '.', and must "
                                "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
                                "'123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
        }
        if (value.empty()) {
            throw refused_label("value for label with key " + key + " cannot be empty");
        }
        if (key == "KubernetesStatus" || key == "ranchervm-base-image") {
            throw refused_label("specified snapshot backup labels contain reserved keyword " + key);
        }
    }
}

} // namespace

void world::touch_volume(const std::string& name) {
    if (volume* one = find(name)) {
        touch(*one);
    }
}

void world::check_backup(const std::string& volume_name, const backup_request& asked, const std::string& name) {
    const std::string prefix = "failed to backup snapshot: ";
    if (asked.snapshot.empty()) {
        throw refusal{500, prefix + "volume and snapshot name required"};
    }
    check_labels(asked.marks);
    if (options.version >= 7 && !asked.mode.empty() && asked.mode != "full" && asked.mode != "incremental") {
        throw refusal{500, prefix + "Backup.longhorn.io \"" + name + "\" is invalid: spec.backupMode: Unsupported " +
                               "value: \"" + asked.mode + "\": supported values: \"full\", \"incremental\", \"\""};
    }
    const std::string denied = prefix + "admission webhook \"validator.longhorn.io\" denied the request: ";
    const std::string& target = volumes.at(volume_name).backup_target;
    if (options.version >= 9 && !get_target(target).available) {
        throw refusal{500, denied + "backup target " + target + " is not available"};
    }
    if (options.version < 10) {
        return;
    }
    const auto snap = snapshots.find(asked.snapshot);
    if (snap == snapshots.end()) {
        throw refusal{500, denied + "snapshot <nil> is invalid"};
    }
    if (snap->second.volume != volume_name) {
        throw refusal{500, denied + "snapshot volume name " + snap->second.volume + " and label volume name " +
                               volume_name + " does not match"};
    }
}

void world::start_backup(const std::string& volume_name, const backup_request& asked) {
    volume* source = find(volume_name);
    if (source == nullptr) {
        throw refusal{404, "failed to get the parameters: failed to get target node ID: failed to get volume '" +
                               volume_name + "': volume.longhorn.io \"" + volume_name + "\" not found"};
    }
    const std::string name = "backup-" + random_hex("backup", 16);
    check_backup(volume_name, asked, name);
    make_backup(*source, asked, name);
    if (faults.take("duplicate_backup", volume_name) != nullptr) {
        make_backup(*source, asked, "backup-" + random_hex("backup", 16));
    }
}

void world::make_backup(volume& source, const backup_request& asked, const std::string& name) {
    backup made;
    made.name = name;
    made.volume = source.name;
    made.snapshot_name = asked.snapshot;
    made.target = source.backup_target;
    made.mode = asked.mode.empty() ? "incremental" : asked.mode;
    made.asked_labels = asked.marks;
    made.backing_image = source.backing_image;
    add_backup(std::move(made));
    ticket wanted;
    wanted.type = "backup-controller";
    wanted.parameters = {{"disableFrontend", "any"}};
    const bool at_once = engine_usable(source);
    add_ticket(source, backup_ticket(name), std::move(wanted));
    line.after(1000ms, [this, name] {
        const auto found = backups.find(name);
        if (found == backups.end() || !unfinished(found->second)) {
            return;
        }
        const backup_target& target = targets[found->second.target];
        volume* from = find(found->second.volume);
        if (!target.store_up || target.url.empty()) {
            if (const auto snap = snapshots.find(found->second.snapshot_name);
                from != nullptr && snap != snapshots.end()) {
                found->second.snapshot_created = rfc3339(snap->second.created.value_or(line.now()));
                found->second.volume_size = from->size;
            }
            backup_failed(found->second,
                          "proxyServer=10.0.0.12:8501 destination=10.0.0.12:10328: failed to backup snapshot " +
                              found->second.snapshot_name + " to " + name +
                              ": rpc error: code = Internal desc = failed " +
                              "to create backup: failed to create backup to " + target.url + " for volume " +
                              found->second.volume + ": rpc error: code = Unknown desc = " + store_error(target));
        } else if (from != nullptr && from->restore_required) {
            found->second.state = "Pending";
            found->second.messages = labels{{"info", "waiting for the volume " + from->name + " to be restored"}};
            touch_volume(found->second.volume);
        }
    });
    const milliseconds starts = at_once ? 2300ms : 200ms;
    when_engine_usable(source,
                       [this, name, starts] { line.after(starts, [this, name] { backup_data_starts(name); }); });
}

void world::backup_data_starts(const std::string& name) {
    const auto found = backups.find(name);
    if (found == backups.end() || !unfinished(found->second)) {
        return;
    }
    backup& one = found->second;
    volume* source = find(one.volume);
    const auto snap = snapshots.find(one.snapshot_name);
    if (source == nullptr) {
        return;
    }
    if (snap == snapshots.end() || !snap->second.ready) {
        one.state = "Pending";
        one.messages = labels{{"info", "failed to get the snapshot " + one.snapshot_name + ": it is not ready"}};
        touch(*source);
        if (++one.attempts >= 5 && options.version >= 7) {
            backup_failed(one, "snapshot " + one.snapshot_name + " is not ready");
        } else {
            line.after(2000ms, [this, name] { backup_data_starts(name); });
        }
        return;
    }
    const auto siblings = backups_of(one.volume);
    const bool seen_before = std::any_of(siblings.begin(), siblings.end(), [&](const backup* other) {
        return other->snapshot_name == one.snapshot_name && other->state == "Completed";
    });
    const bool copies = source->data_bytes > 0 && (one.mode == "full" || !seen_before);
    one.data_takes = copies ? options.backup_takes : std::min(options.backup_takes, 1500ms);
    one.uploaded = copies ? source->data_bytes : 0;
    one.messages = labels{};
    one.snapshot_created = rfc3339(snap->second.created.value_or(line.now()));
    one.volume_size = source->size;
    one.data_since = line.now();
    line.after(2000ms, [this, name] { backup_report(name); });
    touch(*source);
}

void world::backup_report(const std::string& name) {
    const auto found = backups.find(name);
    if (found == backups.end() || !unfinished(found->second)) {
        return;
    }
    backup& one = found->second;
    const backup_target& target = targets[one.target];
    touch_volume(one.volume);
    if (!target.store_up) {
        backup_failed(one, "failed to write data during saving blocks: " + store_error(target));
        return;
    }
    const auto whole = std::max<std::int64_t>(1, line.scaled(one.data_takes).count());
    const auto passed = std::chrono::nanoseconds(line.now() - one.data_since).count();
    const int percent = static_cast<int>(std::min<std::int64_t>(100, passed * 100 / whole));
    if (const auto* fault = faults.take("fail_backup", one.volume, percent)) {
        const std::string error = fault->error;
        backup_failed(one, error.empty() ? "failed to write data during saving blocks: " + store_error(target) : error);
        return;
    }
    if (const auto* fault = one.stalled_at < 0 ? faults.take("stall_backup", one.volume, percent) : nullptr) {
        one.stalled_at = fault->at;
    }
    if (percent >= 100 && one.stalled_at < 0) {
        backup_done(one);
        return;
    }
    one.state = "InProgress";
    one.progress = one.stalled_at < 0 ? percent : one.stalled_at;
    line.after(2000ms, [this, name] { backup_report(name); });
}

void world::backup_failed(backup& one, const std::string& error) {
    one.state = "Error";
    one.error = error;
    if (!one.messages) {
        one.messages = labels{};
    }
    touch_volume(one.volume);
    if (volume* source = find(one.volume)) {
        drop_ticket(*source, backup_ticket(one.name));
    }
}

void world::fail_unfinished_backups(const std::string& volume_name) {
    for (auto& item : backups) {
        backup& one = item.second;
        if (one.volume == volume_name && unfinished(one)) {
            backup_failed(one,
                          "failed to find the running engine of volume " + volume_name + " which is being deleted");
        }
    }
}

void world::backup_done(backup& one) {
    one.state = "Completed";
    one.progress = 100;
    if (const auto* fault = faults.take("blank_completed", one.volume)) {
        line.after(fault->delay, [this, name = one.name] {
            if (const auto found = backups.find(name); found != backups.end()) {
                backup_details(found->second);
            }
        });
    } else {
        backup_details(one);
    }
    if (volume* source = find(one.volume)) {
        drop_ticket(*source, backup_ticket(one.name));
    }
}

void world::backup_details(backup& one) {
    volume* source = find(one.volume);
    one.url = targets[one.target].url + "?backup=" + one.name + "&volume=" + one.volume;
    one.created = rfc3339(line.now());
    one.snapshot_created = rfc3339(one.data_since);
    one.compression = "lz4";
    one.size = source == nullptr ? 0 : source->data_bytes;
    one.messages.reset();
    one.marks = stored_labels(one);
    const backup_volume* all = find_backup_volume(one.volume, one.target);
    one.volume_created = all == nullptr || all->created.empty() ? one.snapshot_created : all->created;
    touch_volume(one.volume);
    line.after(all == nullptr ? 250ms : 500ms,
               [this, name = one.volume, target = one.target] { backup_volume_appears(name, target); });
}

labels world::stored_labels(const backup& one) const {
    labels all = one.asked_labels;
    const auto source = volumes.find(one.volume);
    if (source == volumes.end()) {
        return all;
    }
    all["longhorn.io/volume-access-mode"] = source->second.access_mode;
    const kubernetes_view& view = source->second.kubernetes;
    if (!view.pv_name.empty()) {
        all["KubernetesStatus"] = R"({"pvName":")" + view.pv_name + R"(","pvStatus":")" + view.pv_status +
                                  R"(","namespace":")" + view.ns + R"(","pvcName":")" + view.pvc_name +
                                  R"(","lastPVCRefAt":")" + view.last_pvc_ref_at +
                                  R"(","workloadsStatus":null,"lastPodRefAt":""})";
    }
    return all;
}

void world::delete_backup(const std::string& name) {
    const auto found = backups.find(name);
    if (found == backups.end()) {
        return; // answered as if it had been there
    }
    backup& one = found->second;
    if (options.version < 8) {
        backup_deleted(name);
        return;
    }
    one.messages = labels{};
    line.after(50ms, [this, name] {
        if (const auto again = backups.find(name); again != backups.end()) {
            again->second.state = "Deleting";
            touch_volume(again->second.volume);
        }
    });
    line.after(1500ms, [this, name] { backup_deleted(name); });
}

void world::backup_deleted(const std::string& name) {
    const auto found = backups.find(name);
    if (found == backups.end()) {
        return;
    }
    backup& one = found->second;
    const bool held = std::any_of(volumes.begin(), volumes.end(), [&](const auto& item) {
        const volume& other = item.second;
        const auto source = backups.find(other.restoring_backup);
        return other.restore_required && other.robustness != "faulted" && source != backups.end() &&
               source->second.volume == one.volume;
    });
    const auto* stuck = one.delete_stuck ? nullptr : faults.take("stuck_backup_delete", one.volume);
    if (stuck != nullptr || one.delete_stuck || !targets[one.target].store_up) {
        one.delete_stuck = one.delete_stuck || stuck != nullptr;
        one.state = "Error";
        one.messages =
            labels{{"error", "Failed to delete the backup " + one.url +
                                 " in the backupstore, err failed to acquire lock backupstore/volumes/8d/2f/" +
                                 one.volume + "/locks/lock-9ff31d32a6ed44d7.lck when performing backup " +
                                 "delete, please try again later."}};
        touch_volume(one.volume);
        line.after(30000ms, [this, name] { delete_backup(name); });
        return;
    }
    if (held) {
        line.after(1000ms, [this, name] { backup_deleted(name); });
        return;
    }
    volume* source = find(one.volume);
    const std::string volume_name = one.volume;
    const std::string target = one.target;
    remove_backup(name);
    if (source != nullptr) {
        drop_ticket(*source, backup_ticket(name));
    }
    if (find_backup_volume(volume_name, target) != nullptr) {
        refresh_backup_volume(volume_name, target);
    }
}

} // namespace simulator::lh
