#include <soteria/longhorn/phase.hpp>

#include <algorithm>

namespace soteria::longhorn {

namespace {

// Replicas that gave up are replaced by Longhorn and do not hold the percentage down.
int slowest_percent(const volume& one) {
    int slowest = 101;
    for (const auto& replica : one.restore_status)
        if (replica.error.empty())
            slowest = std::min(slowest, std::clamp(replica.progress, 0, 100));
    return slowest == 101 ? 0 : slowest;
}

std::string first_replica_error(const volume& one) {
    for (const auto& replica : one.restore_status)
        if (!replica.error.empty())
            return replica.error;
    return {};
}

const condition* find_condition(const volume& one, const std::string& type) {
    const auto found = one.conditions.find(type);
    return found == one.conditions.end() ? nullptr : &found->second;
}

std::string failure_text(const volume& one) {
    if (auto text = first_replica_error(one); !text.empty())
        return text;
    const auto* restore = find_condition(one, "Restore");
    if (restore != nullptr && !restore->message.empty())
        return restore->message;
    return "the volume is faulted";
}

std::string words_of(const condition& one) {
    return one.message.empty() ? one.reason : one.message;
}

void say_what_it_waits_for(const volume& one, restore_phase& phase) {
    const auto* scheduled = find_condition(one, "Scheduled");
    const auto* image = find_condition(one, "WaitForBackingImage");
    if (auto text = first_replica_error(one); !text.empty()) {
        phase.text = std::move(text);
        phase.code = "replica_failed";
    } else if (scheduled != nullptr && scheduled->status == "False") {
        phase.text = words_of(*scheduled);
        phase.code = "unschedulable";
    } else if (image != nullptr && image->status == "True") {
        phase.text = words_of(*image);
        phase.code = "backing_image_missing";
    }
}

bool settled(const volume& one) {
    return one.state == "detached" || one.state == "attached";
}

std::string failed_backup_text(const backup& one) {
    if (!one.error.empty())
        return one.error;
    if (one.state == "Deleting")
        return "the backup is being deleted";
    const auto told = one.messages.find("error");
    return told == one.messages.end() ? "Longhorn gave no reason" : told->second;
}

// The better of two backups of one snapshot, see the header.
bool better(const backup_phase& left, const backup_phase& right) {
    if (left.what != right.what) {
        const auto rank = [](backup_phase::kind what) {
            return what == backup_phase::kind::completed ? 2 : what == backup_phase::kind::running ? 1 : 0;
        };
        return rank(left.what) > rank(right.what);
    }
    if (left.what == backup_phase::kind::completed)
        return left.chosen.created_at < right.chosen.created_at;
    if (left.what == backup_phase::kind::running)
        return left.percent > right.percent;
    return left.chosen.snapshot_created_at > right.chosen.snapshot_created_at;
}

} // namespace

restore_phase restore_phase_of(const volume& one) {
    restore_phase phase;
    const auto* restore = find_condition(one, "Restore");
    const bool refused = restore != nullptr && restore->reason == "RestoreFailure";
    if (one.robustness == "faulted" || (one.restore_required && refused)) {
        phase.what = restore_phase::kind::failed;
        phase.text = failure_text(one);
        return phase;
    }
    if (!one.restore_initiated)
        return phase;
    if (!one.restore_required && settled(one)) {
        phase.what = restore_phase::kind::finished;
        phase.percent = 100;
        return phase;
    }
    phase.what = restore_phase::kind::restoring;
    phase.percent = one.restore_required ? slowest_percent(one) : 100;
    say_what_it_waits_for(one, phase);
    return phase;
}

backup_phase backup_phase_of(const backup& one) {
    backup_phase phase;
    phase.chosen = one;
    if (one.completed()) {
        phase.what = backup_phase::kind::completed;
        phase.percent = 100;
    } else if (one.state == "Error" || one.state == "Deleting") {
        phase.what = backup_phase::kind::failed;
        phase.percent = std::clamp(one.progress, 0, 100);
        phase.text = failed_backup_text(one);
    } else {
        phase.what = backup_phase::kind::running;
        phase.percent = std::clamp(one.progress, 0, 100);
        if (const auto told = one.messages.find("info"); told != one.messages.end())
            phase.text = told->second;
    }
    return phase;
}

backup_phase backup_phase_of(const std::vector<backup>& backups, std::string_view snapshot_name) {
    backup_phase best;
    for (const auto& one : backups) {
        if (snapshot_name.empty() || one.snapshot_name != snapshot_name)
            continue;
        auto phase = backup_phase_of(one);
        if (best.what == backup_phase::kind::absent || better(phase, best))
            best = std::move(phase);
    }
    return best;
}

snapshot_phase snapshot_phase_of(const snapshot& one) {
    snapshot_phase phase;
    phase.ready = one.ready_to_use;
    if (!phase.ready)
        phase.waiting_for = one.error;
    return phase;
}

} // namespace soteria::longhorn
