#include "restic_reports.hpp"

#include <soteria/backup/facts.hpp>

#include <algorithm>
#include <cstdio>

namespace soteria::backup {
namespace {

void put(std::map<std::string, std::string>& facts, std::string_view key, std::string value) {
    if (!value.empty())
        facts[std::string(key)] = std::move(value);
}

std::string decimal(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", std::max(seconds, 0.0));
    return text;
}

} // namespace

step_report still_running(const restic::verdict& verdict, std::string_view otherwise,
                          std::chrono::milliseconds again_after) {
    auto report = step_report::waiting(verdict.message.empty() ? std::string(otherwise) : verdict.message, again_after);
    report.progress = verdict.progress;
    report.code = verdict.code;
    const bool tells_nothing = !verdict.progress || verdict.progress->percent >= 100;
    report.patient = verdict.running && tells_nothing && verdict.code.empty();
    report.unseen = verdict.code == "log_unreadable";
    return report;
}

step_report could_not_look(const failure& why, std::chrono::milliseconds again_after) {
    auto report = step_report::retry(why.message, again_after);
    report.code = why.reason.empty() ? std::string(to_string(why.code)) : why.reason;
    report.unseen = true;
    return report;
}

step_report own_job_waits(const restic::verdict& verdict, std::string_view otherwise,
                          std::chrono::milliseconds again_after) {
    auto report = step_report::waiting(verdict.message.empty() ? std::string(otherwise) : verdict.message, again_after);
    report.code = verdict.code;
    report.patient = verdict.code.empty();
    return report;
}

step_report backup_made(const restic::verdict& verdict, instant ended) {
    std::map<std::string, std::string> known;
    if (const auto& made = verdict.backup) {
        const auto took = std::chrono::duration_cast<instant::duration>(std::chrono::duration<double>(made->seconds));
        put(known, facts::backup, made->snapshot_id);
        put(known, facts::files, std::to_string(made->files_processed));
        put(known, facts::bytes, std::to_string(made->bytes_processed));
        put(known, facts::bytes_added, std::to_string(made->bytes_added));
        put(known, facts::seconds, decimal(made->seconds));
        // Not cut to whole seconds: it is compared with the times of listed snapshots.
        put(known, facts::backup_created_at, format_rfc3339_micro(ended - took));
    }
    if (verdict.what == restic::verdict::kind::incomplete)
        put(known, facts::incomplete, verdict.message);
    auto report = step_report::done(std::move(known));
    report.message = verdict.message;
    return report;
}

step_report backup_found(const restic::snapshot& snapshot) {
    std::map<std::string, std::string> known;
    put(known, facts::backup, snapshot.id);
    put(known, facts::backup_created_at, format_rfc3339_micro(snapshot.time));
    if (snapshot.size_bytes)
        put(known, facts::bytes, std::to_string(*snapshot.size_bytes));
    if (snapshot.marked_incomplete())
        put(known, facts::incomplete, "Files could not be read, and which is not known any more: the Job is gone.");
    auto report = step_report::done(std::move(known));
    report.message = "The snapshot " + snapshot.id.substr(0, 8) + " was found in the repository.";
    return report;
}

step_report restore_made(const restic::verdict& verdict, bool verified, std::optional<instant> started, instant ended) {
    std::map<std::string, std::string> known;
    if (const auto& made = verdict.restore) {
        put(known, facts::restored_files, std::to_string(made->files_restored));
        put(known, facts::restored_bytes, std::to_string(made->bytes_restored));
    }
    if (started)
        put(known, facts::seconds, decimal(std::chrono::duration<double>(ended - *started).count()));
    put(known, facts::verified, verified ? "true" : "false");
    auto report = step_report::done(std::move(known));
    report.message = verdict.message;
    return report;
}

} // namespace soteria::backup
