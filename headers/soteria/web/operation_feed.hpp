// Changes of records become frames of the event stream, in the order of their versions.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/events/hub.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace soteria::web {

struct operation_change {
    events::record_kind kind = events::record_kind::backup;
    std::shared_ptr<const domain::operation> operation; // deleted: as it was last
    std::string version;                                // of the change
    bool deleted = false;
    bool completes = true; // see events::record_change
};

// began(), skipped(), changed(), passed() and restarted() only take note and may be called in the middle of anything;
// run() renders and publishes, a few at a time, so that a list in which everything is new holds up nobody. What waits
// is bounded by the number of records and what the watch brings in a turn of the loop: before the stream begins nothing
// does, as nobody can read yet; it begins behind that. Single-threaded; refers to the hub.
class operation_feed {
public:
    // `default_driver` is shown where a record names none.
    operation_feed(const boost::asio::any_io_executor& executor, events::hub& to, std::string default_driver);

    // The first list of a kind is complete. The stream begins when both are.
    void began(events::record_kind kind, const std::string& version);
    // A list took the place of the watch; see events::hub::skip().
    void skipped(events::record_kind kind, const std::string& version);
    void changed(operation_change change);
    // All changes of this kind up to here have been told.
    void passed(events::record_kind kind, const std::string& version);
    // The kind's versions went back.
    void restarted(events::record_kind kind, const std::string& version);

    // Until cancelled.
    boost::asio::awaitable<void> run();

    // What happened before the stream began, oldest first, each kind in the order of its versions: see hub::fill().
    boost::asio::awaitable<void> fill(events::position from, std::vector<operation_change> changes);

private:
    struct jump {
        events::record_kind kind;
        std::string version;
        bool back = false; // restarted, not skipped
    };

    using waiting = std::variant<operation_change, jump>;

    // Unless the stream has not begun.
    void put(waiting one);
    void publish(const operation_change& change);
    void publish(const jump& one);
    [[nodiscard]] events::record_change drawn(const operation_change& change) const;

    events::hub& hub_;
    std::string default_driver_;
    events::position passed_;
    std::deque<waiting> waiting_;
    async::signal wake_;
};

} // namespace soteria::web
