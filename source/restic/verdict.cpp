#include "judging.hpp"

#include <algorithm>

namespace soteria::restic {
namespace {

using state = command_state::state;

const command_state* first_failure(const evidence& all) {
    const auto found = std::ranges::find_if(
        all.commands, [](const command_state& each) { return each.now == state::ended && each.exit_code != 0; });
    return found == all.commands.end() ? nullptr : &*found;
}

bool pod_or_job_ended(const evidence& all) {
    return all.job_failed || all.job_complete || all.pod_phase == "Failed" || all.pod_phase == "Succeeded";
}

// Only once the Pod has ended: before that, a status may not name all of its containers yet.
bool all_ended_well(const evidence& all) {
    return pod_or_job_ended(all) && !all.commands.empty() &&
           std::ranges::all_of(
               all.commands, [](const command_state& each) { return each.now == state::ended && each.exit_code == 0; });
}

} // namespace

std::string subject(const evidence& all) {
    std::string text = all.subject.empty() ? "the Job" : all.subject;
    if (text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

std::string with_period(std::string text) {
    while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text + ".";
}

verdict failed(const evidence& all, std::string_view code, const std::string& why) {
    verdict one;
    one.what = verdict::kind::failed;
    one.code = code;
    one.message = with_period(subject(all) + " failed: " + why);
    return one;
}

// What restic itself has ended with comes first: a limit that passes afterwards does not undo a backup.
verdict judge(const evidence& all) {
    if (all_ended_well(all))
        return judge_success(all);
    if (const auto* command = first_failure(all))
        return judge_exit(all, *command);
    if (pod_or_job_ended(all))
        return judge_lost(all);
    return judge_waiting(all);
}

} // namespace soteria::restic
