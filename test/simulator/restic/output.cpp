#include "output.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace simulator::rs {

namespace {

namespace json = boost::json;

template <class Strings>
json::array array_of(const Strings& strings) {
    json::array made;
    for (const auto& one : strings) {
        made.emplace_back(one);
    }
    return made;
}

std::string line_of(const json::object& object) {
    return json::serialize(object) + "\n";
}

std::string text_of(instant when, const char* format) {
    const auto seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) {
        text += (text.empty() ? "" : ",") + word;
    }
    return text;
}

std::string table(const std::vector<const snapshot*>& rows, bool reasons) {
    std::string text = "ID        Time                 Host        Tags        ";
    text += reasons ? "Reasons        Paths\n" : "Paths\n";
    const std::string rule(70, '-');
    text += rule + "\n";
    for (const auto* one : rows) {
        text += one->short_id() + "  " + text_of(one->time, "%Y-%m-%d %H:%M:%S") + "  " + one->host + "  " +
                joined(one->tags) + "  " + (reasons ? "last snapshot  " : "") + joined(one->paths) + "\n";
    }
    return text + rule + "\n" + std::to_string(rows.size()) + " snapshots\n\n";
}

} // namespace

std::string time_text(instant when) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(when);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(when - whole).count();
    std::array<char, 16> decimals{};
    std::snprintf(decimals.data(), decimals.size(), ".%09dZ", static_cast<int>(rest));
    return text_of(when, "%Y-%m-%dT%H:%M:%S") + decimals.data();
}

std::string backup_status(const advance& far, const std::string& current_file) {
    json::object line;
    line["message_type"] = "status";
    if (far.seconds > 0) {
        line["seconds_elapsed"] = far.seconds;
        if (far.part > 0) {
            line["seconds_remaining"] = static_cast<int>(far.seconds * (1 - far.part) / far.part);
        }
    }
    line["percent_done"] = far.part;
    line["total_files"] = far.files;
    const auto files = static_cast<std::int64_t>(static_cast<double>(far.files) * far.part);
    if (files > 0) {
        line["files_done"] = files;
    }
    line["total_bytes"] = far.bytes;
    const auto bytes = static_cast<std::int64_t>(static_cast<double>(far.bytes) * far.part);
    if (bytes > 0) {
        line["bytes_done"] = bytes;
    }
    if (far.errors > 0) {
        line["error_count"] = far.errors;
    }
    if (!current_file.empty()) {
        line["current_files"] = json::array(1, json::string(current_file));
    }
    return line_of(line);
}

std::string unreadable_line(const std::string& path) {
    constexpr int permission_denied = 13;
    json::object error;
    error["Op"] = "open";
    error["Path"] = path;
    error["Err"] = permission_denied;
    json::object line;
    line["message_type"] = "error";
    line["error"] = std::move(error);
    line["during"] = "archival";
    line["item"] = path;
    return line_of(line);
}

std::string backup_summary(const snapshot& made, const snapshot* parent, int unreadable, double seconds) {
    const auto old = parent == nullptr ? 0 : std::min(parent->files, made.files);
    const auto changed = parent == nullptr ? 0 : std::min<std::int64_t>(old, 3);
    const auto read = made.files - unreadable;
    json::object line;
    line["message_type"] = "summary";
    line["files_new"] = std::max<std::int64_t>(0, read - old);
    line["files_changed"] = changed;
    line["files_unmodified"] = std::max<std::int64_t>(0, old - changed);
    line["dirs_new"] = parent == nullptr ? 2 : 0;
    line["dirs_changed"] = parent == nullptr ? 0 : 1;
    line["dirs_unmodified"] = parent == nullptr ? 0 : 1;
    line["data_blobs"] = read;
    line["tree_blobs"] = 3;
    line["data_added"] = parent == nullptr ? made.bytes : made.bytes / 50;
    line["total_files_processed"] = read;
    line["total_bytes_processed"] = made.bytes;
    line["total_duration"] = seconds;
    line["snapshot_id"] = made.id;
    return line_of(line);
}

std::string restore_status(const advance& far) {
    json::object line;
    line["message_type"] = "status";
    if (far.seconds > 0) {
        line["seconds_elapsed"] = far.seconds;
    }
    line["percent_done"] = far.part;
    line["total_files"] = far.files;
    const auto files = static_cast<std::int64_t>(static_cast<double>(far.files) * far.part);
    if (files > 0) {
        line["files_restored"] = files;
    }
    line["total_bytes"] = far.bytes;
    const auto bytes = static_cast<std::int64_t>(static_cast<double>(far.bytes) * far.part);
    if (bytes > 0) {
        line["bytes_restored"] = bytes;
    }
    return line_of(line);
}

std::string restore_summary(std::int64_t files, std::int64_t bytes) {
    json::object line;
    line["message_type"] = "summary";
    line["total_files"] = files;
    line["files_restored"] = files;
    line["total_bytes"] = bytes;
    line["bytes_restored"] = bytes;
    return line_of(line);
}

std::string snapshot_list(const std::vector<const snapshot*>& listed) {
    json::array all;
    for (const auto* one : listed) {
        json::object item;
        item["time"] = time_text(one->time);
        if (!one->parent.empty()) {
            item["parent"] = one->parent;
        }
        item["tree"] = one->tree;
        item["paths"] = array_of(one->paths);
        item["hostname"] = one->host;
        item["username"] = "root";
        if (!one->tags.empty()) {
            item["tags"] = array_of(one->tags);
        }
        if (!one->original.empty()) {
            item["original"] = one->original;
        }
        item["program_version"] = "restic 0.16.4";
        item["id"] = one->id;
        item["short_id"] = one->short_id();
        all.push_back(std::move(item));
    }
    return json::serialize(all) + "\n";
}

std::string created(const std::string& id, const std::string& url) {
    return "created restic repository " + id.substr(0, 10) + " at " + url +
           "\n\nPlease note that knowledge of your password is required to access\nthe repository. Losing your "
           "password means that your data is\nirrecoverably lost.\n";
}

std::string kept_and_removed(const std::vector<const snapshot*>& kept, const std::vector<const snapshot*>& removed,
                             bool prune) {
    std::string text;
    const auto count = std::to_string(removed.size());
    if (!kept.empty()) {
        text += "keep " + std::to_string(kept.size()) + " snapshots:\n" + table(kept, true);
    }
    if (!removed.empty()) {
        text += "remove " + count + " snapshots:\n" + table(removed, false);
        text += "[0:00] 100.00%  " + count + " / " + count + " files deleted\n";
    }
    if (!removed.empty() && prune) {
        text += "\n" + count +
                " snapshots have been removed, running prune\nloading indexes...\nloading all snapshots...\n"
                "finding data that is still in use for " +
                std::to_string(kept.size()) + " snapshots\ndone\n";
    }
    return text;
}

std::string wrong_password() {
    return "Fatal: wrong password or no key found\n";
}

std::string missing(const std::string& url) {
    return "Fatal: unable to open config file: Stat: The specified key does not exist.\nIs there a repository at the "
           "following location?\n" +
           url + "\n";
}

std::string unreachable(const std::string& url) {
    return "Fatal: unable to open config file: Stat: Get \"http://127.0.0.1:9/backups/?location=\": dial tcp "
           "127.0.0.1:9: connect: connection refused\nIs there a repository at the following location?\n" +
           url + "\n";
}

std::string refused_by_store(const std::string& url) {
    return "Fatal: unable to open config file: Stat: No user exists with the provided access key ID.\nIs there a "
           "repository at the following location?\n" +
           url + "\n";
}

std::string initialised_already(const std::string& url) {
    return "Fatal: create key in repository at " + url +
           " failed: repository master key and config already initialized\n\n";
}

std::string unwritable(const std::string& path) {
    return "ignoring error for /data" + path + ": write /restore/data" + path + ": no space left on device\n";
}

std::string errors_in_all(int count) {
    return "Fatal: There were " + std::to_string(count) + " errors\n\n";
}

std::string policy_line(const command_line& by) {
    std::string text;
    for (const std::string what : {"last", "hourly", "daily", "weekly", "monthly", "yearly"}) {
        if (by.has("--keep-" + what)) {
            text += (text.empty() ? "" : ", ") + by.value("--keep-" + what) + " " + (what == "last" ? "latest" : what);
        }
    }
    return "Applying Policy: keep " + text + " snapshots\n";
}

std::string locked(const lock& by, instant now) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - by.since).count();
    return std::string("unable to create lock in backend: repository is already locked ") +
           (by.exclusive ? "exclusively " : "") + "by PID " + std::to_string(by.pid) + " on " + by.host +
           " by root (UID 0, GID 0)\nlock was created at " + text_of(by.since, "%Y-%m-%d %H:%M:%S") + " (" +
           std::to_string(static_cast<double>(age) / 1000) + "s ago)\nstorage ID " + by.id.substr(0, 8) +
           "\nthe `unlock` command can be used to remove stale locks\n";
}

} // namespace simulator::rs
