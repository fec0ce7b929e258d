// What the commands that have ended say.
#include "judging.hpp"

#include <algorithm>
#include <array>

namespace soteria::restic {
namespace {

constexpr std::size_t most_in_a_sentence = 5; // files named in the message; the rest stands in `unreadable`

std::string counted(std::int64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// "/data/a (open: permission denied), /data/b and 3 more"
std::string named(const output& said) {
    std::string text;
    const auto shown = std::min(said.unreadable.size(), most_in_a_sentence);
    for (std::size_t each = 0; each < shown; ++each) {
        text += (each == 0 ? "" : ", ") + said.unreadable[each];
        if (each < said.unreadable_why.size() && !said.unreadable_why[each].empty())
            text += " (" + said.unreadable_why[each] + ")";
    }
    const auto more = said.unreadable_count - static_cast<std::int64_t>(shown);
    return more > 0 ? text + " and " + std::to_string(more) + " more" : text;
}

void add_files(const output& said, verdict& to) {
    to.unreadable = said.unreadable;
    to.unreadable_count = said.unreadable_count;
}

std::string last_words(const output& said) {
    for (auto each = said.words.rbegin(); each != said.words.rend(); ++each)
        if (each->starts_with("Fatal: "))
            return each->substr(7);
    return said.words.empty() ? std::string() : said.words.back();
}

// `bytes`: of the data; nullopt where that is not known.
verdict complete(std::string message, std::optional<std::int64_t> bytes = {}) {
    verdict one;
    one.what = verdict::kind::complete;
    one.message = std::move(message);
    one.progress = domain::progress{.percent = 100, .bytes_done = bytes, .bytes_total = bytes, .eta_seconds = {}};
    return one;
}

// A snapshot is there; is everything in it?
verdict judge_backup(const evidence& all, const output& said, const backup_summary& summary, int exit_code) {
    auto one = complete(subject(all) + " is complete: " + counted(summary.files_processed, "file") + " in snapshot " +
                            summary.snapshot_id.substr(0, 8) + ".",
                        summary.bytes_processed);
    one.backup = summary;
    if (exit_code == 0 && said.unreadable_count == 0)
        return one;
    one.what = verdict::kind::incomplete;
    one.message =
        subject(all) + " is incomplete: " +
        (said.unreadable_count == 0 ? "restic could not read some files, and its log does not name them"
                                    : counted(said.unreadable_count, "file") + " could not be read: " + named(said)) +
        ". Snapshot " + summary.snapshot_id.substr(0, 8) + " holds the others.";
    add_files(said, one);
    return one;
}

verdict backup_without_words(const evidence& all) {
    return failed(all, "pod_lost",
                  "its container ended well, and what it said about it is not there (any more), so which snapshot it "
                  "made is not known from here");
}

verdict incomplete_backup_without_words(const evidence& all) {
    auto one = failed(all, "pod_lost",
                      "restic could not read some files, and what it said about them is not there (any more), so which "
                      "snapshot it made is not known from here");
    one.may_lack_files = true;
    return one;
}

verdict backup_without_snapshot(const evidence& all, const output& said) {
    const auto words = last_words(said);
    return failed(all, "restic_failed",
                  "restic made no snapshot; is there a --dry-run in SOTERIA_RESTIC_BACKUP_ARGS?" +
                      (words.empty() ? "" : " Its last words: " + words));
}

bool says_no_space(const output& said) {
    return std::ranges::any_of(said.unreadable_why, [](const std::string& why) {
        return why.find("no space left on device") != std::string::npos;
    });
}

// restic goes on after a file that it cannot write, and tells at the end how many there were.
verdict restore_with_errors(const evidence& all, const output& said) {
    auto one =
        says_no_space(said)
            ? failed(all, "no_space",
                     "the target is too small: no space was left for " + counted(said.unreadable_count, "file") + ": " +
                         named(said))
            : failed(all, "restic_failed",
                     counted(said.unreadable_count, "file") + " could not be restored as they were: " + named(said));
    add_files(said, one);
    return one;
}

bool says(const output& said, std::string_view part) {
    return std::ranges::any_of(said.words,
                               [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

std::string end_of_container(const command_state& command) {
    std::string text = "restic " + command.name + " ended with exit code " + std::to_string(command.exit_code);
    if (!command.reason.empty() && command.reason != "Error")
        text += " (" + command.reason + ")";
    return text;
}

// What ended the container from outside; empty code: nothing known.
verdict judge_killed(const evidence& all, const command_state& command) {
    if (command.reason == "OOMKilled")
        return failed(all, "out_of_memory",
                      "restic " + command.name +
                          " needed more memory than its limit and was killed; raise SOTERIA_JOB_MEMORY_LIMIT");
    constexpr std::array<std::string_view, 3> not_started{"StartError", "ContainerCannotRun", "CreateContainerError"};
    if (std::ranges::find(not_started, command.reason) != not_started.end())
        return failed(all, "image_unavailable",
                      "the image " + all.image + " cannot be started" +
                          (command.message.empty() ? "" : ": " + command.message) +
                          "; it must have restic in its PATH");
    if (all.job_reason == "DeadlineExceeded" || all.pod_reason == "DeadlineExceeded" || all.pod_reason == "Evicted")
        return judge_lost(all);
    return {};
}

} // namespace

verdict judge_success(const evidence& all) {
    const auto& last = all.commands.back();
    if (all.what == role::backup) {
        if (!last.said || !last.said->backup)
            return backup_without_words(all);
        if (last.said->backup->snapshot_id.empty())
            return backup_without_snapshot(all, *last.said);
        return judge_backup(all, *last.said, *last.said->backup, 0);
    }
    // restic passes over a snapshot that it does not find, and ends well.
    if (all.what == role::mark && last.said && !says(*last.said, "modified tags on "))
        return failed(all, "restic_failed", "its snapshot is not in the repository (any more)");
    if (restores(all.what) && last.said && last.said->unreadable_count > 0)
        return restore_with_errors(all, *last.said);
    const auto restored = last.said ? last.said->restore : std::nullopt;
    auto one =
        complete(subject(all) + " is complete.", restored ? std::optional(restored->bytes_restored) : std::nullopt);
    one.restore = restored;
    for (const auto& command : all.commands) {
        if (all.what != role::list)
            break;
        if (!command.said) // a listing is its words: without them it would look like an empty repository
            return failed(all, "restic_failed", "the log of " + command.name + " is not there");
        one.ids.insert(one.ids.end(), command.said->ids.begin(), command.said->ids.end());
        one.lists += command.said->list ? 1 : 0;
        one.other_words = one.other_words || !command.said->words.empty();
    }
    return one;
}

verdict judge_exit(const evidence& all, const command_state& command) {
    const auto& said = command.said;
    const bool some_unread = all.what == role::backup && command.exit_code == 3;
    if (some_unread && said && said->backup && !said->backup->snapshot_id.empty())
        return judge_backup(all, *said, *said->backup, command.exit_code);
    if (auto killed = judge_killed(all, command); !killed.code.empty())
        return killed;
    if (some_unread && (!said || !said->backup))
        return incomplete_backup_without_words(all);
    if (!said)
        return failed(all, "restic_failed", end_of_container(command) + ", and its log is not there");
    if (all.what == role::init && (says(*said, "already exists") || says(*said, "already initialized")))
        return complete("The repository was there already.");
    if (restores(all.what) && said->unreadable_count > 0)
        return restore_with_errors(all, *said);
    if (restores(all.what) && (says(*said, "failed to find snapshot") || says(*said, "invalid id \"")))
        return failed(all, "restic_failed", "its snapshot is not in the repository (any more): " + last_words(*said));
    if (const auto known = meaning_of(said->words, command.exit_code))
        return failed(all, known->code, known->message);
    const auto words = last_words(*said);
    return failed(all, "restic_failed", end_of_container(command) + (words.empty() ? "" : ": " + words));
}

} // namespace soteria::restic
