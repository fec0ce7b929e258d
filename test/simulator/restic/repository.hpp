// What the simulated restic keeps: snapshots and locks, and the rules of forget.
#pragma once

#include "command_line.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace simulator::rs {

using instant = std::chrono::system_clock::time_point;

struct snapshot {
    std::string id;
    std::string original;
    std::string parent;
    std::string tree;
    instant time;
    std::string host;
    std::vector<std::string> tags;
    std::vector<std::string> paths;
    std::int64_t files = 0;
    std::int64_t bytes = 0;

    [[nodiscard]] std::string short_id() const { return id.substr(0, 8); }
};

struct lock {
    std::string id;
    bool exclusive = false;
    std::string host; // of the process, not of a snapshot
    int pid = 1;
    instant since;
};

struct repository {
    std::string id;
    std::string password;
    std::vector<snapshot> snapshots; // oldest first
    std::vector<lock> locks;

    // By its id or a prefix that only it has; nullptr otherwise.
    snapshot* find(const std::string& prefix);
    // The newest of that host and paths.
    [[nodiscard]] const snapshot* parent_of(const std::string& host, const std::vector<std::string>& paths) const;
    // Who keeps a new lock of that sort out; nullptr: nobody.
    [[nodiscard]] const lock* holder_against(bool exclusive) const;
    void release(const std::string& lock_id);
};

// Older locks, and those of processes on the same host, are stale.
inline constexpr std::chrono::minutes stale_after{30};

std::string new_id(std::mt19937_64& random);

// --host and --tag of a command: "a,b" wants both, several --tag one of them.
bool chosen(const snapshot& one, const command_line& by);

// The snapshots (all of one group, any order) that the --keep-* options remove. Without such options: none.
std::vector<std::string> forgotten(std::vector<const snapshot*> group, const command_line& by);

} // namespace simulator::rs
