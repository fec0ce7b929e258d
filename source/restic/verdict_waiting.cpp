// What Kubernetes says while no command has ended, or where none tells why it did.
#include "judging.hpp"

#include <soteria/base/quantity.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace soteria::restic {
namespace {

using state = command_state::state;

struct reason_sign {
    std::string_view reason;
    std::string_view code;
};

constexpr std::array<reason_sign, 9> container_reasons{{
    {"ErrImagePull", "image_unavailable"},
    {"ImagePullBackOff", "image_unavailable"},
    {"InvalidImageName", "image_unavailable"},
    {"ErrImageNeverPull", "image_unavailable"},
    {"ImageInspectError", "image_unavailable"},
    {"RegistryUnavailable", "image_unavailable"},
    {"CreateContainerConfigError", "refused_by_cluster"},
    {"CreateContainerError", "refused_by_cluster"},
    {"RunContainerError", "refused_by_cluster"},
}};

constexpr std::array<reason_sign, 4> event_reasons{{
    {"FailedMount: ", "volume_not_mounted"},
    {"FailedAttachVolume: ", "volume_not_mounted"},
    {"FailedScheduling: ", "unschedulable"},
    {"FailedCreate: ", "refused_by_cluster"},
}};

verdict waiting(const std::string& message, std::string_view code = {}) {
    verdict one;
    one.code = code;
    one.message = message;
    return one;
}

std::string because(const std::string& reason, const std::string& message) {
    return message.empty() ? reason : (reason.empty() ? message : reason + ": " + message);
}

// "1.5 GiB"; a sentence's precision.
std::string in_words(std::int64_t bytes) {
    constexpr std::array<const char*, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units.at(unit));
    return text.data();
}

// "42 %, 1.2 GiB of 3.0 GiB, 410 of 900 files"
std::string how_far(const domain::progress& progress, const output& said) {
    std::string text = std::to_string(progress.percent) + " %";
    if (progress.bytes_done && progress.bytes_total)
        text += ", " + in_words(*progress.bytes_done) + " of " + in_words(*progress.bytes_total);
    if (said.files_done && said.files_total)
        text += ", " + std::to_string(*said.files_done) + " of " + std::to_string(*said.files_total) + " files";
    return text;
}

// restic tries a call to the store again for minutes, and says so: the last of its words, or nothing.
std::string retrying(const output& said) {
    if (said.words.empty() || said.words.back().find("retrying after") == std::string::npos)
        return {};
    return "; the store does not answer as it should, and restic tries again: " + said.words.back();
}

verdict judge_running(const evidence& all, const command_state& command) {
    verdict one;
    one.running = true;
    std::string far = " (" + command.name + ")";
    std::string trouble;
    if (const auto& said = command.said) {
        one.progress = said->progress;
        one.files_done = said->files_done;
        one.files_total = said->files_total;
        one.unreadable = said->unreadable;
        one.unreadable_count = said->unreadable_count;
        if (one.progress)
            far = ": " + how_far(*one.progress, *said);
        trouble = retrying(*said);
    }
    if (!trouble.empty())
        one.code = "repository_unreachable";
    if (!all.log_unreadable.empty()) { // what it said before tells nothing of now
        one.code = "log_unreadable";
        trouble = "; its log cannot be read: " + all.log_unreadable;
    }
    one.message = with_period(subject(all) + " is running" + far + trouble);
    return one;
}

// The newest event that says why nothing starts.
verdict judge_events(const evidence& all) {
    for (auto each = all.warnings.rbegin(); each != all.warnings.rend(); ++each)
        for (const auto& [reason, code] : event_reasons)
            if (each->starts_with(reason))
                return waiting(with_period(subject(all) + " has not started: " + *each), code);
    return {};
}

verdict judge_container(const evidence& all, const command_state& command) {
    for (const auto& [reason, code] : container_reasons)
        if (command.reason == reason)
            return waiting(with_period(subject(all) + " has not started" +
                                       (code == "image_unavailable" ? " for lack of the image " + all.image : "") +
                                       ": " + because(command.reason, command.message)),
                           code);
    return {};
}

} // namespace

verdict judge_lost(const evidence& all) {
    if (all.job_reason == "DeadlineExceeded" || all.pod_reason == "DeadlineExceeded")
        return failed(all, "deadline_exceeded", "it did not end within its time limit and was stopped");
    if (all.pod_reason == "Evicted" || all.pod_reason == "Preempting" || all.pod_reason == "NodeLost" ||
        all.pod_reason == "NodeShutdown" || all.pod_reason == "Shutdown" || all.pod_reason == "Terminated")
        return failed(all, "evicted", "its Pod was taken off its node: " + because(all.pod_reason, all.pod_message));
    if (all.pod_phase == "Failed" && !all.pod_reason.empty())
        return failed(all, "refused_by_cluster",
                      "the node refused its Pod: " + because(all.pod_reason, all.pod_message));
    const auto why = all.pod_name.empty()
                         ? "its Pod is gone, and with it what restic said" +
                               (all.job_message.empty() ? "" : ": " + because(all.job_reason, all.job_message))
                         : "its Pod " + all.pod_name + " ended without telling how its containers did";
    auto one = failed(all, "pod_lost", why);
    one.may_lack_files = all.job_failed || all.pod_phase == "Failed";
    return one;
}

verdict judge_waiting(const evidence& all) {
    for (const auto& command : all.commands) {
        if (command.now == state::running)
            return judge_running(all, command);
        if (command.now == state::waiting)
            if (auto found = judge_container(all, command); !found.message.empty())
                return found;
    }
    if (!all.unschedulable.empty())
        return waiting(with_period(subject(all) + " has not started, as no node can take it: " + all.unschedulable),
                       "unschedulable");
    if (auto found = judge_events(all); !found.message.empty())
        return found;
    if (all.pod_name.empty())
        return waiting(subject(all) + " has no Pod yet.");
    return waiting(subject(all) + " is being started.");
}

} // namespace soteria::restic
