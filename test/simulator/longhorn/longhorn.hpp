// A Longhorn manager without Kubernetes, disks or network behind it: its REST API (/v1) as the recordings of 1.10.1 and
// the sources of 1.6 to 1.12 say, and a control API (/_simulator) for tests and the demo:
//
//   GET    /_simulator/state          everything, with counts and the request log (?log=false: without)
//   GET    /_simulator/log            DELETE: empties it. {method, path, action, userAgent, status, body, at}
//   POST   /_simulator/seed           {"targets": [...], "volumes": [...], "snapshots": [...], "backups": [...]}
//   GET    /_simulator/faults         POST: adds one, see faults.hpp; DELETE: removes all and lets go what stalled
//   POST   /_simulator/targets/NAME   {"store": "up"|"down", "noticed": bool} or {"url": "..."} ("": cleared)
//   POST   /_simulator/volumes/NAME   {"state", "robustness", "kubernetesStatus": {...}} or {"remove": true}
//   POST   /_simulator/restart        {"milliseconds": n}: the manager is gone for that long
//
// A seeded object has the names of Longhorn's own fields (kubernetesStatus included), plus for volumes actualSize
// (bytes of data) and for backups volume, target, storageClass, backupVolume (false: not in a backup volume yet).
// Times are RFC 3339 or seconds relative to now (-3600). Sizes are bytes or "10Gi".
#pragma once

#include "test/simulator/http/server.hpp"
#include "world.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simulator {

struct longhorn_options {
    int version = 10;           // the 10 of 1.10; 6 to 12
    double time_scale = 1;      // multiplies every duration, the two below included
    double restore_seconds = 3; // of copying, apart from attaching and the engine's five-second reports
    double backup_seconds = 4;
    int restore_slots = 0; // restores that copy at the same time; 0: any number
    std::vector<std::string> nodes{"node1"};
    std::string target_url = "s3://backups@eu-central-1/"; // of the target "default"; "": none is configured
    // Asked on every request; empty: time stands still until advance() is called.
    std::function<std::chrono::system_clock::time_point()> clock;
    std::chrono::system_clock::time_point start = std::chrono::system_clock::now();
    // How to make the manager unreachable. Empty: connections are cut in the middle of the answer instead.
    std::function<void(std::chrono::milliseconds)> restart;
};

class longhorn {
public:
    explicit longhorn(longhorn_options options);
    ~longhorn();
    longhorn(const longhorn&) = delete;
    longhorn& operator=(const longhorn&) = delete;
    longhorn(longhorn&&) = delete;
    longhorn& operator=(longhorn&&) = delete;

    // For http_server; keeps what it needs alive.
    [[nodiscard]] handler handle() const;
    // Without a server and without the faults of calls.
    [[nodiscard]] response answer(const request& asked) const;
    // Throws std::invalid_argument with a full sentence.
    void seed(const boost::json::value& description) const;
    // Moves the clock, never back, and lets happen what was due.
    void advance(std::chrono::system_clock::time_point now) const;
    void advance(std::chrono::milliseconds by) const;
    [[nodiscard]] lh::world& state() const;

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace simulator
