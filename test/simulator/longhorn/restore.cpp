// A volume being filled from a backup, from its first reconciliation to the end.
#include "text.hpp"
#include "world.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace simulator::lh {

using namespace std::chrono_literals;

namespace {

std::string restore_ticket(const volume& one) {
    return "volume-restore-controller-" + one.name;
}

std::string text_of(const boost::json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

// The claim that the source had when it was backed up becomes the new volume's history.
void remember_claim(volume& one, const backup& source) {
    if (!source.marks || !source.marks->contains("KubernetesStatus")) {
        return;
    }
    boost::system::error_code error;
    const auto status = boost::json::parse(source.marks->at("KubernetesStatus"), error);
    if (error || !status.is_object()) {
        return;
    }
    one.kubernetes.ns = text_of(status.as_object(), "namespace");
    one.kubernetes.pvc_name = text_of(status.as_object(), "pvcName");
    if (!one.kubernetes.pvc_name.empty()) {
        const std::string before = text_of(status.as_object(), "lastPVCRefAt");
        one.kubernetes.last_pvc_ref_at = before.empty() ? source.snapshot_created : before;
    }
}

} // namespace

void world::start_restore(volume& one) {
    one.restore_initiated = true;
    one.restore_required = true;
    if (const auto source = backups.find(one.restoring_backup); source != backups.end()) {
        remember_claim(one, source->second);
        if (const auto* all = find_backup_volume(source->second.volume, source->second.target)) {
            one.last_backup = all->last_backup;
            one.last_backup_at = all->last_backup_at;
        }
    }
    ticket made;
    made.type = "volume-restore-controller";
    made.parameters = {{"disableFrontend", "true"}};
    made.since = line.now();
    made.node = options.nodes.front();
    one.tickets[restore_ticket(one)] = std::move(made);
    volume_later(one, 50ms, [](volume& then) { then.disable_frontend = true; });
}

void world::restore_engine_ready(volume& one) {
    const auto target = targets.find(one.backup_target);
    if (target == targets.end() || !target->second.store_up) {
        volume_later(one, 600ms, [this](volume& then) {
            restore_failed(then, "",
                           "tcp://10.0.0.12:10329: failed to get the current restoring backup info: " +
                               store_error(targets[then.backup_target]));
        });
        return;
    }
    later(one, 2100ms, &world::restore_first_report);
}

void world::restore_first_report(volume& one) {
    if (one.deleting) {
        return;
    }
    one.restore_status.emplace();
    later(one, 3000ms, &world::restore_report);
    if (options.restore_slots == 0 || static_cast<int>(copying_.size()) < options.restore_slots) {
        copying_.insert(one.serial);
        one.restore_data_since = line.now();
    }
}

// The engine is asked every five seconds, so progress jumps and a short restore shows none at all.
void world::restore_report(volume& one) {
    if (one.deleting || one.robustness == "faulted" || !one.restore_status) {
        return;
    }
    if (!one.restore_data_since) { // waits for a slot
        if (static_cast<int>(copying_.size()) < options.restore_slots) {
            copying_.insert(one.serial);
            one.restore_data_since = line.now();
        }
        later(one, 5000ms, &world::restore_report);
        return;
    }
    const auto& target = targets[one.backup_target];
    if (!target.store_up) {
        restore_failed(one, "error", "failed to wait for restore complete: " + store_error(target));
        return;
    }
    const auto whole = std::max<std::int64_t>(1, line.scaled(options.restore_takes).count());
    const auto passed = std::chrono::nanoseconds(line.now() - *one.restore_data_since).count();
    const int percent = static_cast<int>(std::min<std::int64_t>(100, passed * 100 / whole));
    if (const auto* fault = faults.take("fail_restore", one.name, percent)) {
        restore_failed(one, "error",
                       fault->error.empty() ? "failed to wait for restore complete: " + store_error(target)
                                            : fault->error);
        return;
    }
    if (const auto* fault = one.stalled_at < 0 ? faults.take("stall_restore", one.name, percent) : nullptr) {
        one.stalled_at = fault->at;
    }
    if (percent >= 100 && one.stalled_at < 0) {
        restore_done(one);
        return;
    }
    one.restore_status->url = one.from_backup;
    one.restore_status->filename = "volume-snap-" + sha256_hex(one.name).substr(0, 32) + ".img";
    one.restore_status->restoring = true;
    one.restore_status->state = "in_progress";
    one.restore_status->progress = one.stalled_at < 0 ? percent : one.stalled_at;
    later(one, 5000ms, &world::restore_report);
}

void world::free_restore_slot(volume& one) {
    copying_.erase(one.serial);
}

void world::restore_done(volume& one) {
    free_restore_slot(one);
    one.last_restored = one.requested_restore;
    restore_view done = one.restore_status.value_or(restore_view());
    done.url = one.from_backup;
    done.filename = "volume-snap-" + sha256_hex(one.name).substr(0, 32) + ".img";
    done.restoring = false;
    done.state = "complete";
    done.progress = 100;
    done.last_restored = one.requested_restore;
    one.restore_status = std::move(done);
    // With other tickets the end has been seen a moment before the flag.
    later(one, one.tickets.size() > 1 ? 200ms : 0ms, &world::restore_no_longer_required);
}

void world::restore_no_longer_required(volume& one) {
    if (one.deleting) {
        return;
    }
    one.restore_required = false;
    one.restoring_backup.clear();
    volume_later(one, 100ms, [](volume& then) {
        then.last_backup.clear();
        then.last_backup_at.clear();
    });
    one.tickets.erase(restore_ticket(one));
    run_waiting(one);
    reconcile_tickets(one);
}

void world::restore_failed(volume& one, const std::string& state, const std::string& error) {
    if (one.deleting) {
        return;
    }
    free_restore_slot(one);
    one.robustness = "faulted";
    one.disable_frontend = false;
    one.restore_status.emplace();
    one.restore_status->state = state;
    one.restore_status->error = error;
    volume_later(one, 400ms, [this](volume& then) {
        set_condition(then, "Restore", false, "RestoreFailure",
                      "All replica restore failed and the volume became Faulted");
        then.node.clear();
        detaching(then);
    });
}

} // namespace simulator::lh
