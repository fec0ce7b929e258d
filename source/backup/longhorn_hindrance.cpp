#include "longhorn_hindrance.hpp"

#include <soteria/backup/facts.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

constexpr const char* unavailable = "longhorn_unavailable";

template <class T>
hindrance silence(const longhorn::polled<T>& asked) {
    if (!asked.failing)
        return {};
    return {unavailable, "Longhorn cannot be asked: " + asked.failing->message, true};
}

hindrance unavailable_target(const longhorn::picture& known, const std::string& name) {
    const auto* target = known.find_target(name);
    if (target == nullptr || target->available)
        return {};
    const std::string why = target->message.empty() ? std::string() : ": " + target->message;
    return {"backup_target_unavailable", "the backup target " + target->name + " is not available" + why};
}

// It reads and writes only while it is attached.
hindrance not_attached(const longhorn::volume& volume) {
    if (volume.state == "attached")
        return {};
    return {"volume_not_attached",
            "the volume " + volume.name + " is " + (volume.state.empty() ? "not begun" : volume.state)};
}

// Longhorn then restores for ever.
bool source_is_gone(const longhorn::picture& known, const domain::operation& record) {
    const auto wanted = record.fact(facts::backup);
    const auto listed = known.backups.find(record.fact(facts::source_volume));
    if (wanted.empty() || listed == known.backups.end() || listed->second.asked_at == longhorn::poll_time{})
        return false;
    const auto& all = *listed->second.value;
    return std::ranges::find(all, wanted, &longhorn::backup::name) == all.end();
}

} // namespace

hindrance hindrance_of_restore(const longhorn::picture& known, const longhorn::volume& volume,
                               const longhorn::restore_phase& phase, const domain::operation& record) {
    if (auto silent = silence(known.volumes); silent.unseen)
        return silent;
    if (!phase.code.empty())
        return {phase.code, ""}; // its own words say it
    if (source_is_gone(known, record))
        return {"backup_gone", "the backup " + record.fact(facts::backup) + " that it restores is gone from Longhorn"};
    if (auto target = unavailable_target(known, volume.backup_target_name); !target.code.empty())
        return target;
    return not_attached(volume);
}

hindrance hindrance_of_backup(const longhorn::picture& known, const longhorn::backup_phase& phase) {
    const auto listed = known.backups.find(phase.chosen.volume);
    if (listed != known.backups.end() && listed->second.failing)
        return silence(listed->second);
    if (auto target = unavailable_target(known, phase.chosen.target); !target.code.empty())
        return target;
    const auto* volume = known.find_volume(phase.chosen.volume);
    if (volume == nullptr)
        return {};
    if (volume->robustness == "faulted")
        return {"volume_faulted", "the volume " + volume->name + " is faulted"};
    return not_attached(*volume);
}

void put_into(step_report& report, hindrance held_up) {
    report.code = std::move(held_up.code);
    report.held_up_by = std::move(held_up.message);
    report.unseen = held_up.unseen;
}

step_report not_answered(const failure& why, std::chrono::milliseconds again_after) {
    auto report = step_report::from(why, again_after);
    if (report.what == step_report::outcome::retry) {
        report.code = unavailable;
        report.unseen = true;
    }
    return report;
}

} // namespace soteria::backup
