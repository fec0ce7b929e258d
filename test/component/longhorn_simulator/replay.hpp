// Replays recorded exchanges of a real Longhorn against the simulated one and compares the answers.
#pragma once

#include "test/simulator/longhorn/longhorn.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace replay {

// How an answer of a polled object is told from the next: "attached healthy restoring" or the like.
using summary = std::function<std::string(const boost::json::value&)>;

class rig {
public:
    // A Longhorn 1.10 on one node without a backup target, its clock stepped by hand.
    explicit rig(simulator::longhorn_options options = defaults());
    static simulator::longhorn_options defaults();

    simulator::longhorn manager;

    void seed(std::string_view json) const;

    void pass(std::chrono::milliseconds time) const { manager.advance(time); }

    [[nodiscard]] simulator::response send(const std::string& method, const std::string& target,
                                           const std::string& body = {}, const std::string& agent = "test") const;
    [[nodiscard]] boost::json::value get(const std::string& target) const;
    boost::json::value post(const std::string& target, const std::string& body) const;

    // From now on `recorded` in a file stands for `simulated`: for names that the server makes.
    void call(const std::string& recorded, const std::string& simulated);
    // The name of the newest backup of a volume.
    [[nodiscard]] std::string newest_backup(const std::string& volume) const;

    // Sends the file's request and compares status, content type, error text, the JSON's keys and types, and the values
    // that tell a client something.
    void exchange(const std::string& file);
    // Polls as the file did and compares: every recorded state is seen, in the recorded order, within `tolerance` of
    // the recorded moment, and the last one is the same.
    void sequence(const std::string& file, const summary& told, std::chrono::milliseconds tolerance);

private:
    // Pairs the backups' names that are new in both texts, in their order.
    void learn_names(const std::string& recorded, const std::string& simulated);
    [[nodiscard]] std::string translated(std::string text) const;
    [[nodiscard]] boost::json::object load(const std::string& file) const;

    std::vector<std::pair<std::string, std::string>> names_;
};

std::string volume_summary(const boost::json::value& volume);
std::string snapshot_summary(const boost::json::value& snapshot);
std::string target_summary(const boost::json::value& target);
// Of one backup in a list.
summary backup_summary(std::string name);

// How many different exchanges and sequences were replayed by this program so far.
std::pair<std::size_t, std::size_t> replayed();

} // namespace replay
