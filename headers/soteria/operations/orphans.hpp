// What bears our name or mark, is in nobody's use, and stands on no record: shown, never deleted, as whose it is can
// only be guessed. A record that is under way or that names its leftovers explains what it made.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/backup/driver.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/operations/driver_choice.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace soteria::operations {

// The owners that every record in the cluster accounts for: its uid, and the names that are made of it. Read from the
// API server's own store, not from a cache: what was created a moment ago counts.
boost::asio::awaitable<result<std::set<std::string>>> owners_on_record(kube::client& kubernetes, async::deadline until);

// Those of both looks whose owner is on no record. An operation makes its record before all else and lets go of it
// after all else, so what was there before and after the records were read, and is on none, has none.
std::vector<backup::unused_object> without_record(const std::vector<backup::unused_object>& before,
                                                  const std::vector<backup::unused_object>& after,
                                                  const std::set<std::string>& owners);

// Looks when this replica begins to lead, and every hour. What it finds is in the log, and counted by kind.
class orphan_watch {
public:
    static constexpr std::chrono::hours period{1};

    // `may_look`: this replica leads and its caches are complete; asked every `step`. All that is referred to outlives
    // it.
    orphan_watch(kube::client& kubernetes, driver_lookup find_driver, std::function<bool()> may_look,
                 std::chrono::milliseconds step = std::chrono::seconds(5));

    // Until cancelled.
    boost::asio::awaitable<void> run();

    // As of the last look of this replica's present term; every kind is there. soteria_orphans.
    [[nodiscard]] std::map<std::string, std::size_t> counts() const;

private:
    boost::asio::awaitable<result<std::vector<backup::unused_object>>> unused(async::deadline until);
    boost::asio::awaitable<result<std::vector<backup::unused_object>>> look(async::deadline until);

    kube::client& kubernetes_;
    driver_lookup find_driver_;
    std::function<bool()> may_look_;
    std::chrono::milliseconds step_;
    std::vector<backup::unused_object> found_;
};

} // namespace soteria::operations
