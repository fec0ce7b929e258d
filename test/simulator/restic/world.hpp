// Everything that the simulated restic knows, and one run of it.
#pragma once

#include "output.hpp"
#include "restic.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <deque>
#include <functional>
#include <random>
#include <set>

namespace simulator::rs {

struct fault {
    std::string command;
    std::string what;
    std::string host; // of the snapshots that the command is about; empty: any
    int left = 0;     // runs that meet it; 0: all
    bool always = false;
};

// What a restore wrote into a PVC.
struct content {
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    std::string snapshot;
};

struct world {
    restic_options options;
    std::map<std::string, repository> repositories; // by URL
    std::map<std::string, content> restored;        // by the PVC's uid
    std::vector<fault> faults;
    std::deque<boost::json::object>
        runs; // the newest ones: {"namespace", "job", "container", "arguments", "exit_code"}
    std::mt19937_64 random{std::random_device{}()};

    // True if a fault of that word meets this command; counts it.
    bool meets(const command_line& asked, std::string_view what);
};

std::unique_ptr<running_container> run(world& in, const container_order& order);

} // namespace simulator::rs
