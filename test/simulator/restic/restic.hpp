// restic 0.16.4 with repositories in memory: plays the containers of the simulated cluster's Jobs. What it writes and
// how it ends is held to recordings of the real one.
//
// Simulated: init, unlock, backup, restore, forget (keep-last, keep-within, keep-hourly to keep-yearly, keep-tag,
// --prune), tag, list snapshots, snapshots, cat config; locks, which a killed process leaves behind; tags, hosts,
// paths. What is in a PVC is a count of files and bytes: annotations of the PVC, "simulator.soteria.dev/files",
// ".../bytes" and
// ".../unreadable" (paths below the mount, separated by commas), say so, else its size does.
//
// Controls, under /_simulator/restic/:
//   GET  state     {"repositories": {URL: {"snapshots": [...], "locks": [...]}}, "restored": {PVC's uid: {...}},
//   "runs": [...]} POST seed      {"repository": URL, "password", "snapshots": [{"namespace", "pvc", "uid", "hours",
//   "incomplete", "tags",
//                  "files", "bytes"} or with "host" and "paths" any], "locks": [{"exclusive", "host", "hours"}]}
//   POST faults    {"command": "backup", "do": WORD, "times": 1, "host": "ns/pvc"}; DELETE faults: none any more
//   POST pace      {"milliseconds": n}: how long a backup or a restore takes
// Words: wrong_password, unreachable, refused (by the store), missing, locked, no_space, unreadable, fails, slow (a
// hundred times), garbage (lines that are nothing).
#pragma once

#include "test/simulator/kubernetes/container_player.hpp"

#include <chrono>
#include <memory>

namespace simulator {

struct restic_options {
    std::chrono::milliseconds duration{500}; // of a backup or a restore; others take a fifth
};

class restic final : public container_player {
public:
    explicit restic(restic_options options);
    ~restic() override;

    std::unique_ptr<running_container> start(const container_order& order) override;
    std::optional<boost::json::value> control(const std::string& method, const std::string& path,
                                              const boost::json::value& body) override;
    // As POST seed.
    void seed(const boost::json::object& described);

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace simulator
