// Rows of the inventory that have changed become frames of the event stream.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/events/hub.hpp>
#include <soteria/inventory/inventory.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace soteria::web {

// Beyond so many changed rows in one report everybody is told to read the inventory as a whole (event: reset): that is
// less to send, and the ring keeps its place for operations. A Longhorn that is down changes every row at once.
inline constexpr std::size_t most_row_frames = 1000;

// A row changes by what it says, not by its age. Frames follow a report within a few turns of the loop, in its order.
// Single-threaded; refers to what it is given.
class inventory_feed {
public:
    using source = std::function<std::shared_ptr<const inventory::report>()>; // never null

    // `changed`: another report is there.
    inventory_feed(events::hub& to, source current, async::signal& changed);

    // Until cancelled.
    boost::asio::awaitable<void> run();

private:
    boost::asio::awaitable<void> publish(std::shared_ptr<const inventory::report> before,
                                         std::shared_ptr<const inventory::report> now);

    events::hub& hub_;
    source current_;
    async::signal& changed_;
};

} // namespace soteria::web
