// What restic 0.16.4 writes, word for word.
#pragma once

#include "repository.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace simulator::rs {

// How far a backup or a restore is.
struct advance {
    double part = 0; // 0 to 1
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    int seconds = 0;
    int errors = 0;
};

std::string backup_status(const advance& far, const std::string& current_file);
std::string unreadable_line(const std::string& path);
std::string backup_summary(const snapshot& made, const snapshot* parent, int unreadable, double seconds);
std::string restore_status(const advance& far);
std::string restore_summary(std::int64_t files, std::int64_t bytes);
std::string snapshot_list(const std::vector<const snapshot*>& listed);
std::string created(const std::string& id, const std::string& url);
std::string kept_and_removed(const std::vector<const snapshot*>& kept, const std::vector<const snapshot*>& removed,
                             bool prune);

// The words of failures.
std::string wrong_password();
std::string missing(const std::string& url);
std::string unreachable(const std::string& url);
std::string refused_by_store(const std::string& url);
std::string initialised_already(const std::string& url);
// Of a restore: `path` below the mount. At the end of all: how many.
std::string unwritable(const std::string& path);
std::string errors_in_all(int count);
// The first line of forget.
std::string policy_line(const command_line& by);
std::string locked(const lock& by, instant now);

// RFC 3339 with nine decimals, as Go writes it.
std::string time_text(instant when);

} // namespace simulator::rs
