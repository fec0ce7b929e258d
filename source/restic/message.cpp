#include "message.hpp"

#include "fields.hpp"

#include <soteria/base/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <system_error>

namespace soteria::restic {

namespace json = boost::json;

namespace {

constexpr std::size_t most_words = 20;        // lines
constexpr std::size_t most_words_bytes = 500; // of one

// At most `most` bytes of UTF-8.
std::string bounded(std::string_view text, std::size_t most = most_words_bytes) {
    if (text.size() > most) {
        while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
            --most;
        text = text.substr(0, most);
    }
    return as_utf8(text);
}

// Without what moves a terminal's cursor ("\x1b[2K"), which restic 0.14 writes also where there is none.
std::string plain(std::string_view line) {
    std::string text;
    bool escaping = false;
    for (const char each : line) {
        if (escaping)
            escaping = each == '[' || each == ';' || (each >= '0' && each <= '9');
        else if (each == '\x1b')
            escaping = true;
        else if (static_cast<unsigned char>(each) >= 0x20 || each == '\t')
            text += each;
    }
    return text;
}

void say(std::string_view line, output& into) {
    if (into.words.size() == most_words)
        into.words.erase(into.words.begin());
    into.words.push_back(bounded(plain(line)));
}

void miss(std::string_view path, std::string_view why, output& into) {
    ++into.unreadable_count;
    if (into.unreadable.size() >= output::most_named)
        return;
    into.unreadable.push_back(bounded(path, 4096)); // PATH_MAX
    into.unreadable_why.push_back(bounded(why));
}

// The first of two names that a number has in backups and in restores.
std::optional<std::int64_t> either(const json::object& message, std::string_view one, std::string_view other) {
    const auto first = count_member(message, one);
    return first ? first : count_member(message, other);
}

// A backup says how long it will take; for a restore the pace so far is taken.
std::optional<std::int64_t> remaining_seconds(const json::object& message, const domain::progress& how_far) {
    if (const auto said = count_member(message, "seconds_remaining"))
        return said;
    const auto elapsed = count_member(message, "seconds_elapsed").value_or(0);
    const auto done = how_far.bytes_done.value_or(0);
    const auto total = how_far.bytes_total.value_or(0);
    if (!message.contains("bytes_restored") || elapsed <= 0 || done <= 0 || total < done)
        return std::nullopt;
    return static_cast<std::int64_t>(static_cast<double>(elapsed) * static_cast<double>(total - done) /
                                     static_cast<double>(done));
}

void take_status(const json::object& message, output& into) {
    domain::progress how_far;
    // restic leaves zeros out, so a total without a count means that nothing is done yet.
    how_far.bytes_total = count_member(message, "total_bytes");
    how_far.bytes_done = either(message, "bytes_done", "bytes_restored");
    if (how_far.bytes_total && !how_far.bytes_done)
        how_far.bytes_done = 0;
    const double part = real_member(message, "percent_done").value_or(0);
    how_far.percent = std::isfinite(part) ? static_cast<int>(std::clamp(part, 0.0, 1.0) * 100) : 0;
    how_far.eta_seconds = remaining_seconds(message, how_far);
    into.progress = how_far;
    into.files_total = count_member(message, "total_files");
    into.files_done = either(message, "files_done", "files_restored");
    if (into.files_total && !into.files_done)
        into.files_done = 0;
}

backup_summary backup_summary_of(const json::object& message) {
    const auto count = [&](std::string_view name) { return count_member(message, name).value_or(0); };
    backup_summary summary;
    summary.snapshot_id = text_member(message, "snapshot_id");
    summary.files_new = count("files_new");
    summary.files_changed = count("files_changed");
    summary.files_unmodified = count("files_unmodified");
    summary.bytes_added = count("data_added");
    summary.bytes_processed = count("total_bytes_processed");
    summary.files_processed = count("total_files_processed");
    summary.seconds = real_member(message, "total_duration").value_or(0);
    return summary;
}

restore_summary restore_summary_of(const json::object& message) {
    const auto count = [&](std::string_view name) { return count_member(message, name).value_or(0); };
    return {count("files_restored"), count("total_files"), count("bytes_restored"), count("total_bytes")};
}

void take_summary(const json::object& message, output& into) {
    if (message.contains("snapshot_id") || message.contains("files_new")) {
        into.backup = backup_summary_of(message);
        if (message.contains("dry_run")) // restic leaves it out where it is false
            into.backup->snapshot_id.clear();
    } else if (message.contains("total_files") || message.contains("files_restored")) {
        into.restore = restore_summary_of(message);
    }
}

// 0.14 and 0.16 print Go's error as it lies in memory: {"Op": "open", "Path": "/data/x", "Err": 13}, or {}. Later ones
// say {"message": "..."}.
std::string reason_of(const json::object& message) {
    const auto* error = object_member(message, "error");
    if (error == nullptr)
        return text_member(message, "error");
    if (auto said = text_member(*error, "message"); !said.empty())
        return said;
    const auto operation = text_member(*error, "Op");
    const auto number = count_member(*error, "Err");
    if (!number || *number <= 0 || *number > 4095)
        return operation.empty() ? "restic does not say why" : operation + " failed";
    const auto why = std::generic_category().message(static_cast<int>(*number));
    return operation.empty() ? why : operation + ": " + why;
}

// Only what the archiver could not read is missing in the snapshot; what the scan beforehand stumbled over (it counts
// for the progress) is tried again, and told again if it stays so.
void take_error(const json::object& message, output& into) {
    if (text_member(message, "during") == "scan")
        return;
    const auto item = text_member(message, "item");
    if (item.empty())
        return say(reason_of(message), into);
    miss(item, reason_of(message), into);
}

bool is_id(std::string_view line) {
    return line.size() == 64 && line.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace

void take_message(const json::object& message, output& into) {
    const auto type = text_member(message, "message_type");
    if (type == "status")
        take_status(message, into);
    else if (type == "summary")
        take_summary(message, into);
    else if (type == "error")
        take_error(message, into);
    else if (type == "exit_error")
        say(text_member(message, "message"), into);
}

void take_words(std::string_view line, output& into) {
    constexpr std::string_view ignoring = "ignoring error for ";
    if (is_id(line)) {
        into.ids.emplace_back(line);
        return;
    }
    if (!line.starts_with(ignoring))
        return say(line, into);
    line.remove_prefix(ignoring.size());
    const auto colon = line.find(": ");
    const bool split = colon != std::string_view::npos;
    miss(line.substr(0, colon), split ? line.substr(colon + 2) : std::string_view(), into);
}

} // namespace soteria::restic
