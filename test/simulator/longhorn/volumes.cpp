#include "text.hpp"
#include "world.hpp"

#include <algorithm>

namespace simulator::lh {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view label_rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view mutator = "admission webhook \"mutator.longhorn.io\" denied the request: ";
constexpr std::string_view validator = "admission webhook \"validator.longhorn.io\" denied the request: ";

std::string invalid_name(const std::string& name) {
    const std::string quoted = '"' + name + '"';
    std::string problem = "metadata.name: Invalid value: " + quoted + ": " + std::string(subdomain_rule);
    if (!is_label_value(name)) {
        problem = "[" + problem + ", metadata.labels: Invalid value: " + quoted + ": " + std::string(label_rule) + "]";
    }
    return "Volume.longhorn.io " + quoted + " is invalid: " + problem;
}

std::string or_else(const std::string& value, std::string_view fallback) {
    return value.empty() ? std::string(fallback) : value;
}

} // namespace

volume* world::find(const std::string& name) {
    const auto found = volumes.find(name);
    return found == volumes.end() ? nullptr : &found->second;
}

volume* world::find(const std::string& name, std::uint64_t serial) {
    volume* one = find(name);
    return one != nullptr && one->serial == serial ? one : nullptr;
}

void world::touch_all() {
    for (auto& [name, one] : volumes) {
        touch(one);
    }
}

bool world::ready(const volume& one) {
    return !one.state.empty() && one.scheduled && one.robustness != "faulted" && !one.restore_required &&
           one.state != "detaching" && (one.state == "detached" || !one.node.empty());
}

void world::later(volume& one, milliseconds delay, volume_step step) {
    volume_later(one, delay, [this, step](volume& then) { (this->*step)(then); });
}

void world::volume_later(const volume& one, milliseconds delay, std::function<void(volume&)> step) {
    line.after(delay, [this, name = one.name, serial = one.serial, step = std::move(step)] {
        volume* then = find(name, serial);
        if (then == nullptr) {
            return;
        }
        touch(*then); // before: the last step removes the volume
        step(*then);
        if (volume* still = find(name, serial)) {
            touch(*still);
        }
    });
}

std::string world::random_hex(std::string_view purpose, std::size_t digits) {
    return sha256_hex(std::string(purpose) + rfc3339(options.start) + std::to_string(++last_random_)).substr(0, digits);
}

void world::set_condition(volume& one, const std::string& type, bool status, const std::string& reason,
                          const std::string& message) const {
    one.conditions[type] = {.status = status, .reason = reason, .message = message, .since = line.now()};
}

void world::check_new_volume(const volume_request& asked, const std::string& name) const {
    const std::string prefix = "failed to create volume: unable to create volume " + asked.name + ": ";
    if (name.empty()) {
        throw refusal{500, prefix + "Volume.longhorn.io \"\" is invalid: metadata.name: Required value: name or "
                                    "generateName is required"};
    }
    if (asked.replicas == 0 && asked.data_engine.empty() && options.version >= 10) {
        throw refusal{500, prefix + std::string(mutator) +
                               "failed to get valid number for setting default replica count: the "
                               "default-replica-count setting value for data engine  is not defined, value is "
                               "map[v1:3 v2:3]"};
    }
    if (!is_dns_subdomain(name)) {
        throw refusal{500, prefix + invalid_name(name)};
    }
    if (name.find('.') != std::string::npos) {
        throw refusal{500, prefix + std::string(validator) + "invalid volume name: [must not contain dots]"};
    }
    if (asked.replicas != 0 && (asked.replicas < 1 || asked.replicas > 20)) {
        throw refusal{500, prefix + std::string(validator) + "replica count value " + std::to_string(asked.replicas) +
                               " must between 1 to 20"};
    }
    if (asked.from_backup.empty() && !asked.backup_target.empty() && !targets.contains(asked.backup_target)) {
        throw refusal{500, prefix + std::string(validator) + "failed to get backup target " + asked.backup_target +
                               ": backuptarget.longhorn.io \"" + asked.backup_target + "\" not found"};
    }
    if (volumes.contains(name)) {
        throw refusal{500, prefix + "volumes.longhorn.io \"" + name + "\" already exists"};
    }
}

void world::take_from_backup(volume& made, const std::string& prefix) {
    const auto parts = parse_backup_url(made.from_backup);
    const std::string denied = prefix + std::string(mutator);
    if (parts.volume.empty() || parts.backup.empty()) {
        throw refusal{500, denied + "failed to decode backup url " + made.from_backup + ": invalid " +
                               (parts.volume.empty() ? "volume" : "backup") + " name parsed, got "};
    }
    const auto found = backups.find(parts.backup);
    if (found == backups.end()) {
        throw refusal{500, denied + "failed to get backup " + parts.backup + ": backup.longhorn.io \"" + parts.backup +
                               "\" not found"};
    }
    const backup& source = found->second;
    const backup_volume* all = find_backup_volume(parts.volume, source.target);
    if (all == nullptr) {
        throw refusal{500, denied + "cannot get backup volume for backup target " + source.target + " and volume " +
                               parts.volume + ": backupVolumes \"\" not found"};
    }
    made.size = all->size.value_or(source.volume_size.value_or(0));
    made.backup_target = source.target;
    made.restoring_backup = source.name;
    made.data_bytes = source.size.value_or(0);
    if (made.backing_image.empty()) {
        made.backing_image = source.backing_image;
    }
}

volume& world::create_volume(const volume_request& asked) {
    for (const std::string& tag : asked.node_selector) {
        throw refusal{500, "specified node tag " + tag + " does not exist"};
    }
    const auto size = parse_size(asked.size);
    if (!size) {
        throw refusal{500, "failed to parse size error parsing size '" + asked.size +
                               "': quantities must match the regular expression "
                               "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"};
    }
    const std::string name = corrected_volume_name(asked.name);
    volume made;
    made.name = name;
    made.from_backup = asked.from_backup;
    made.size = rounded_volume_size(*size);
    made.backing_image = asked.backing_image;
    made.backup_target = or_else(asked.backup_target, "default");
    if (!asked.from_backup.empty() && !name.empty()) {
        take_from_backup(made, "failed to create volume: unable to create volume " + asked.name + ": ");
    }
    check_new_volume(asked, name);
    made.serial = ++last_serial_;
    made.created = line.now();
    made.replicas = asked.replicas == 0 ? 3 : static_cast<int>(asked.replicas);
    made.data_engine = or_else(asked.data_engine, "v1");
    made.access_mode = or_else(asked.access_mode, "rwo");
    made.frontend = or_else(asked.frontend, "blockdev");
    made.data_locality = or_else(asked.data_locality, "disabled");
    made.encrypted = asked.encrypted;
    made.standby = asked.standby;
    made.stale_replica_timeout = static_cast<int>(asked.stale_replica_timeout);
    volume& placed = volumes.emplace(name, std::move(made)).first->second;
    later(placed, 200ms, &world::engine_made);
    later(placed, 400ms, &world::reconciled);
    return placed;
}

void world::engine_made(volume& one) {
    one.has_engine = true;
    one.requested_restore = one.restoring_backup;
}

void world::reconciled(volume& one) {
    one.has_replicas = true;
    one.robustness = "unknown";
    // Which of the two is seen first differs from volume to volume in the recordings.
    one.state = one.serial % 2 == 1 ? "detaching" : "detached";
    one.scheduled = faults.take("unschedulable", one.name) == nullptr;
    set_condition(one, "Restore", false);
    set_condition(one, "Scheduled", one.scheduled, one.scheduled ? "" : "ReplicaSchedulingFailure",
                  one.scheduled ? "" : "insufficient storage; replica scheduling failed");
    set_condition(one, "TooManySnapshots", false);
    set_condition(one, "WaitForBackingImage", false);
    if (!one.restoring_backup.empty()) {
        start_restore(one);
    }
    later(one, 100ms, &world::detached);
}

void world::delete_volume(const std::string& name) {
    volume* one = find(name);
    if (one == nullptr) {
        throw refusal{404, "failed to delete volume: volumes.longhorn.io \"" + name + "\" not found"};
    }
    if (one->deleting) {
        return;
    }
    one->deleting = true;
    later(*one, 100ms, &world::being_deleted);
}

void world::being_deleted(volume& one) {
    if (volume_deleting) {
        volume_deleting(one);
    }
    one.state = "deleting";
    one.has_engine = false;
    one.has_replicas = false;
    one.restore_status.reset();
    free_restore_slot(one);
    fail_unfinished_backups(one.name);
    if (faults.take("stuck_volume_delete", one.name) == nullptr) {
        later(one, 150ms, &world::deleted);
    }
}

void world::deleted(volume& one) {
    std::erase_if(snapshots, [&](const auto& item) { return item.second.volume == one.name; });
    const std::string name = one.name;
    volumes.erase(name);
}

void world::release_stalls() {
    for (auto& [name, one] : volumes) {
        one.stalled_at = -1;
        if (one.state == "deleting") {
            later(one, 150ms, &world::deleted);
        }
    }
    for (auto& [name, one] : backups) {
        one.stalled_at = -1;
        if (one.delete_stuck) {
            one.delete_stuck = false;
            delete_backup(name);
        }
    }
}

} // namespace simulator::lh
