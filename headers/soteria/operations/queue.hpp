// The line of queued operations, where settings or a driver limit how many run at once.
//
// Namespaces take turns: the one whose last turn is the longest ago is next (one that never had one before all others),
// and within a namespace who came first. So a thousand queued in one namespace put off another one's first by one turn.
// A turn is an operation that has begun; the records tell when, also those of what has ended. The order is a function
// of the records alone: every replica shows the same positions, and a new leader goes on in the same order. Not in the
// line is what waits for another operation at the same PVC, what is being cancelled, and what is not protected yet.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/async/signal.hpp>
#include <soteria/operations/driver_choice.hpp>
#include <soteria/operations/record_store.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace soteria::operations {

// What shares one limit.
struct lane {
    domain::operation_kind kind = domain::operation_kind::backup; // restore tests are restores
    std::string driver;                                           // empty: of all drivers
    std::size_t most = 0;                                         // so many run at once
    auto operator<=>(const lane&) const = default;
};

// nullopt: any number of its kind may run.
using lane_lookup = std::function<std::optional<lane>(const domain::operation&)>;

// By the settings (0: they name no limit), else by the driver's own limit. "" finds the configured driver. What names
// a driver that is not there is in no lane.
lane_lookup lanes_by(driver_lookup find_driver, std::size_t most_backups, std::size_t most_restores);

// Follows the records by itself, on every replica; what it is asked costs a few microseconds, and nothing where no
// limit is reached. Single-threaded; outlived by the records.
class queue {
public:
    using time_point = async::deadline::time_clock::time_point;

    queue(const boost::asio::any_io_executor& executor, record_store& records, lane_lookup lane_of);

    // For readers: position, reason and message of the queued ones among these.
    void tell(std::vector<domain::operation>& shown) const;
    // For the record of one that has to wait.
    [[nodiscard]] std::string waiting_words(const domain::operation& one) const;

    // Whether both count in the same lane (or both in none).
    [[nodiscard]] bool same_lane(const domain::operation& one, const domain::operation& other) const {
        return lane_of_(one) == lane_of_(other);
    }

    // A place that an operation has while it begins. Given back at the end of its life; by then the record counts.
    class turn {
    public:
        turn(queue* of, domain::operation_key key) : of_(of), key_(std::move(key)) {}

        turn(turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)), key_(std::move(other.key_)) {}

        turn& operator=(turn&&) = delete;
        ~turn();

    private:
        queue* of_;
        domain::operation_key key_;
    };

    // For the leader. Nothing: it is not this operation's turn, or no place is free.
    [[nodiscard]] std::optional<turn> take_turn(const domain::operation& operation);
    // It could not begin (its slot is taken): until then others pass it. Only here, and not shown.
    void put_aside(const domain::operation_key& key, time_point until);
    // Whose turn it is now. Notified when that may have changed.
    [[nodiscard]] std::vector<domain::operation_key> next_up() const;

    async::signal& changed() { return changed_; }

private:
    // One namespace's part of a lane.
    struct party {
        std::set<std::pair<instant, domain::operation_key>> waiting; // in the order of their making
        std::map<instant, std::size_t> turns;                        // how many began in that second
    };

    struct line {
        std::map<std::string, party> parties; // by namespace
        std::size_t running = 0;
        std::set<domain::operation_key> beginning;
    };

    using visitor = std::function<bool(const domain::operation_key&)>; // false: enough

    void record_changed(bool gone, const record_store::pointer& record);
    void enter(const domain::operation& operation, const lane& where, bool added);
    void walk(const line& from, const visitor& visit) const;
    [[nodiscard]] const domain::operation* at_work_beside(const domain::operation& waiting) const;
    [[nodiscard]] bool is_aside(const domain::operation_key& key) const;
    [[nodiscard]] std::size_t free_places(const lane& where, const line& of) const;
    void describe(domain::operation& one, const lane& where,
                  const std::map<domain::operation_key, std::size_t>& places) const;

    lane_lookup lane_of_;
    std::map<domain::operation_key, record_store::pointer> known_; // those in lanes
    std::map<lane, line> lines_;
    std::map<std::string, std::set<domain::operation_key>> at_work_; // running ones, by what they work on
    std::map<domain::operation_key, time_point> aside_;
    async::signal changed_;
};

} // namespace soteria::operations
