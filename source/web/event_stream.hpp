// One event stream: its socket, where it is in the hub's ring, and what it lets through.
#pragma once

#include "connection.hpp"
#include "event_sight.hpp"

#include <soteria/async/signal.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/events/cursor.hpp>
#include <soteria/web/event_streams.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soteria::web {

class event_stream;

// What all streams of a server share. Streams stand in the buckets of a wheel: one bucket has its heartbeat at a time,
// and news wakes one bucket in a turn of the loop.
struct stream_house {
    static constexpr std::size_t bucket_count = 60;
    using bucket = std::list<std::shared_ptr<event_stream>>;

    stream_house(boost::asio::any_io_executor executor_, events::hub& hub_, auth::access_review* reviews_,
                 stream_limits limits_, async::random_source random_)
        : executor(std::move(executor_)), hub(hub_), reviews(reviews_), limits(limits_), random(std::move(random_)),
          tasks(executor), ended(executor) {}

    boost::asio::any_io_executor executor;
    events::hub& hub;
    auth::access_review* reviews;
    stream_limits limits;
    async::random_source random;
    async::task_group tasks; // heartbeats, questions about rights
    async::signal ended;     // a stream is gone
    std::array<bucket, bucket_count> wheel;
    std::size_t alive = 0; // those that wait for their connection included
    std::uint64_t cut_off = 0;
    std::uint64_t resets = 0;
    bool stopping = false;
};

// Lives in the wheel and in the handlers of what it does; callbacks instead of a coroutine, as ten thousand frames are
// more than ten thousand small objects.
class event_stream : public std::enable_shared_from_this<event_stream> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    event_stream(stream_house& house, stream_order order);
    ~event_stream();
    event_stream(const event_stream&) = delete;
    event_stream& operator=(const event_stream&) = delete;

    // Once. From here on it is in the wheel.
    void begin(std::unique_ptr<connection> with, bool chunked);
    // Sends what there is, unless a write is under way.
    void pump();
    // Every heartbeat period.
    void beat(time_point now);
    // Tells the client when to come back, and closes once it is told.
    void leave();
    // At once.
    void abort();

private:
    using text = events::shared_text;

    // Finds its place in the ring, as soon as the hub knows it.
    void take_place();
    void place_anew(const char* why);

    void say(text what) { queue_.push_back(std::move(what)); }

    void gather(events::cursor& from);
    void pump_later();
    // What becomes of a frame. later: it is not known yet whether the caller may see it.
    enum class fate { sent, passed_over, later };
    [[nodiscard]] fate weigh(const events::frame& one);
    void review(std::vector<auth::permission> asked);
    boost::asio::awaitable<void> ask(std::vector<auth::permission> asked);
    void send();
    void write();
    void written(const boost::system::error_code& error, std::size_t count);
    void read();
    void cut_off(const char* why);
    enum class ending { in_order, abrupt };
    void end(const char* why, ending how);
    [[nodiscard]] text retry() const;

    stream_house& house_;
    std::unique_ptr<connection> connection_; // null before begin()
    events::filter filter_;
    std::unique_ptr<event_sight> sight_;               // null: everything is visible
    std::unique_ptr<const std::string> last_event_id_; // until its place is found
    std::optional<events::cursor> cursor_;             // unset: its place is not found yet
    events::shared_frame held_;                        // the next one, until it is known whether the caller may see it
    std::vector<text> queue_;                          // to be sent next
    std::vector<text> sending_;                        // under way, the first from `offset_` on
    std::vector<boost::asio::const_buffer> buffers_;
    std::size_t offset_ = 0;
    std::size_t received_ = 0;
    time_point began_;
    time_point ends_;
    time_point progress_; // of the write under way, or when leaving began
    stream_house::bucket* bucket_ = nullptr;
    stream_house::bucket::iterator place_;
    std::array<char, 64> unread_{};
    bool chunked_ = false;
    bool writing_ = false;
    bool asking_ = false; // about rights
    bool queued_ = false; // a pump is posted
    bool leaving_ = false;
    bool ended_ = false;
};

} // namespace soteria::web
