// What runs in the containers of the simulated cluster's Jobs. The cluster knows no program: it asks a player.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simulator {

// A volume as a container sees it.
struct container_mount {
    std::string path;
    bool read_only = false;
    std::string claim;                              // empty: an emptyDir
    std::string claim_uid;                          // of the PVC
    std::map<std::string, std::string> annotations; // of the PVC
    std::int64_t capacity_bytes = 0;                // of the PVC, or the emptyDir's limit; 0: none
};

struct container_order {
    std::string ns;
    std::string job;
    std::string pod;
    std::string container;
    std::string image;
    std::vector<std::string> command;               // with its arguments
    std::map<std::string, std::string> environment; // values of Secrets in the clear
    std::vector<container_mount> mounts;
    std::vector<std::string> pre_stop; // the command of its hook before SIGTERM; empty: none
};

// What a container does now, and until when nothing more is to be asked of it.
struct container_moment {
    std::string output;                // whole lines, both streams, as the kubelet keeps them
    std::optional<int> exit_code;      // it has ended
    std::string reason;                // of the end; empty: Completed or Error, by the exit code
    std::chrono::milliseconds then{0}; // to the next moment, unless it has ended
};

// One container while it runs. Destroying it is SIGKILL.
class running_container {
public:
    virtual ~running_container() = default;
    virtual container_moment next() = 0;
    // Its hook, if it has one, and SIGTERM: the last moment, with an exit code.
    virtual container_moment terminate() = 0;
};

// All calls come from the cluster's thread. Outlives the cluster.
class container_player {
public:
    virtual ~container_player() = default;
    virtual std::unique_ptr<running_container> start(const container_order& order) = 0;
    // `method` /_simulator/<path>; nullopt: it has no such control. Throws std::exception for what it does not take.
    virtual std::optional<boost::json::value> control(const std::string& method, const std::string& path,
                                                      const boost::json::value& body) = 0;
};

} // namespace simulator
