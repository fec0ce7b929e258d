// The event streams of a server: GET /v1/events once its head is sent. A stream is a socket, a cursor into the hub's
// ring and a filter; it reads its next frames when its client takes them, so a slow client costs nobody else anything.
#pragma once

#include <soteria/async/backoff.hpp>
#include <soteria/async/deadline.hpp>
#include <soteria/auth/access_review.hpp>
#include <soteria/auth/decision.hpp>
#include <soteria/base/result.hpp>
#include <soteria/events/hub.hpp>
#include <soteria/web/message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace soteria::web {

struct stream_limits {
    // Ten thousand and a margin; each is a file descriptor, some 2 KiB of memory here and more in the kernel (TLS: some
    // 80 KiB). Beyond: 503. What the process may open is above that (app raises it).
    std::size_t count = 12'000;
    // Comments, so that proxies see life; they carry the present id.
    std::chrono::milliseconds heartbeat{15'000};
    // Without any progress of a write for so long the client is cut off.
    std::chrono::milliseconds stalled{30'000};
    // A stream ends after this at the latest, and after three quarters at the earliest: its client comes back, and is
    // asked anew who it is.
    std::chrono::milliseconds life{3'600'000};
    // Under RBAC what was allowed longer ago than this is asked for again at the next heartbeat; from twice this on it
    // does not count any more. A denial counts for this long, and is asked for again where an event needs it. Reviews
    // keep answers for half a minute themselves: together, a minute.
    std::chrono::milliseconds rights{15'000};
    // How long a stream that began before the hub was ready waits for it; then it begins with a reset.
    std::chrono::milliseconds patience{20'000};
    // What the kernel takes ahead of a client, which is what a stopped one holds there. It doubles this.
    int send_buffer_bytes = 32 * 1024;
};

struct stream_order {
    events::filter filter;
    std::optional<std::string> last_event_id; // as sent
    auth::identity who;
};

// Must be stopped before it is destroyed. Single-threaded; the hub and the reviews outlive it.
class event_streams {
public:
    // `reviews` null: everybody who was let in sees everything. `random` is for jitter.
    event_streams(boost::asio::any_io_executor executor, events::hub& hub, auth::access_review* reviews,
                  stream_limits limits = stream_limits(), async::random_source random = async::seeded_random());
    ~event_streams();
    event_streams(const event_streams&) = delete;
    event_streams& operator=(const event_streams&) = delete;

    // Begins the heartbeats.
    void start();

    // A place, and where the stream begins: everything published from now on is in it. It speaks once the receiver gets
    // the connection; a receiver that is dropped gives the place back. unavailable: too_many_streams, shutting_down.
    [[nodiscard]] result<take_over> open(stream_order order);

    // Tells every client to come back, elsewhere or later, and closes. True: all took that in time. None begins any
    // more.
    boost::asio::awaitable<bool> stop(async::deadline until);

    [[nodiscard]] std::size_t count() const;
    // Clients that did not read, since the start.
    [[nodiscard]] std::uint64_t cut_off_count() const;
    // Streams that began with a reset, since the start.
    [[nodiscard]] std::uint64_t reset_count() const;

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_; // also of a turn that is posted
};

} // namespace soteria::web
