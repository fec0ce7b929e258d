#include "event_stream.hpp"

#include <soteria/base/log.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>
#include <utility>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

constexpr std::size_t most_frames_at_once = 60;         // of one write: Asio gathers 64 pieces
constexpr std::size_t most_bytes_at_once = 64UL * 1024; // what a slow reader holds on to beyond the ring
constexpr std::size_t most_kept = 16;                   // places in each of its lists, by a stream at rest
constexpr std::size_t most_looked_at = 512;             // in one turn, by a stream whose filter lets nothing through
constexpr std::size_t most_received = 4096;             // a client has nothing to say here
constexpr std::chrono::seconds most_leaving{2};         // for the client to close as well
constexpr std::chrono::milliseconds least_retry{2000};  // clients come back spread over
constexpr std::chrono::milliseconds retry_spread{3000}; // these

// The memory of what was much once. Not by assigning {}: that keeps it.
template <class Piece>
void give_back(std::vector<Piece>& some) {
    if (some.empty() && some.capacity() > most_kept)
        std::vector<Piece>().swap(some);
}

} // namespace

event_stream::event_stream(stream_house& house, stream_order order)
    : house_(house), filter_(std::move(order.filter)), began_(steady::now()) {
    ++house_.alive;
    if (house_.reviews != nullptr && auth::needs_permission(order.who))
        sight_ = std::make_unique<event_sight>(std::move(order.who), house_.limits.rights);
    if (order.last_event_id)
        last_event_id_ = std::make_unique<const std::string>(std::move(*order.last_event_id));
    const auto least_life = house_.limits.life * 3 / 4;
    ends_ = began_ + least_life +
            std::chrono::duration_cast<steady::duration>((house_.limits.life - least_life) * house_.random());
    say(retry());
    // Now, as a client that has the head believes that it misses nothing from then on.
    take_place();
}

event_stream::~event_stream() {
    --house_.alive;
    house_.ended.notify_all();
}

void event_stream::begin(std::unique_ptr<connection> with, bool chunked) {
    connection_ = std::move(with);
    chunked_ = chunked;
    connection_->limit_sending(house_.limits.send_buffer_bytes);
    bucket_ = &*std::ranges::min_element(house_.wheel, {}, &stream_house::bucket::size);
    place_ = bucket_->insert(bucket_->end(), shared_from_this());
    read();
    if (house_.stopping)
        leave();
    else
        pump();
}

void event_stream::take_place() {
    if (cursor_)
        return;
    auto& hub = house_.hub;
    const bool patient = steady::now() - began_ < house_.limits.patience;
    if (!hub.begun())
        return; // the caches are not filled; the service is not ready either
    if (!last_event_id_) {
        if (connection_)
            return place_anew("the service has just started"); // what changed since the head was sent is not known
        cursor_.emplace(hub);
        say(std::make_shared<const std::string>(cursor_->id() + "\n"));
        return;
    }
    auto seen = events::parse_position(*last_event_id_);
    if (!seen)
        return place_anew("the last event id is not one of this service's");
    const auto possible = hub.can_resume(*seen);
    if (possible == events::resumption::later && patient)
        return;
    if (possible != events::resumption::possible)
        return place_anew("what happened since the last event id is not kept any more");
    cursor_.emplace(hub, std::move(*seen));
    last_event_id_.reset();
}

void event_stream::place_anew(const char* why) {
    ++house_.resets;
    last_event_id_.reset();
    cursor_.emplace(house_.hub);
    say(cursor_->reset(why));
}

event_stream::text event_stream::retry() const {
    const auto extra = std::chrono::duration_cast<std::chrono::milliseconds>(retry_spread * house_.random());
    return std::make_shared<const std::string>("retry: " + std::to_string((least_retry + extra).count()) + "\n\n");
}

void event_stream::pump() {
    if (!connection_ || writing_ || leaving_ || ended_)
        return;
    take_place();
    if (cursor_)
        gather(*cursor_);
    if (!queue_.empty() && !ended_)
        send();
}

void event_stream::gather(events::cursor& from) {
    std::size_t bytes = 0;
    std::size_t looked = 0;
    while (queue_.size() < most_frames_at_once && bytes < most_bytes_at_once && looked++ < most_looked_at) {
        if (!held_)
            held_ = from.next();
        if (!held_ && from.lost())
            return cut_off("its place among the events is not kept any more");
        const auto what = held_ ? weigh(*held_) : fate::later;
        if (what == fate::later)
            return; // the answer, or news, comes back here
        if (what == fate::sent) {
            queue_.push_back(from.text(held_));
            bytes += queue_.back()->size();
        }
        held_.reset();
    }
    if (queue_.empty()) // else the end of the write comes back here
        pump_later();
}

void event_stream::pump_later() {
    if (std::exchange(queued_, true))
        return;
    asio::post(house_.executor, [self = shared_from_this()] {
        self->queued_ = false;
        self->pump();
    });
}

// All of the queue, as one chunk.
void event_stream::send() {
    writing_ = true;
    progress_ = steady::now();
    std::size_t bytes = 0;
    for (const auto& each : queue_)
        bytes += each->size();
    if (chunked_) {
        std::array<char, 20> size{};
        const auto end = std::to_chars(size.begin(), size.end(), bytes, 16).ptr;
        sending_.push_back(std::make_shared<const std::string>(std::string(size.begin(), end) + "\r\n"));
    }
    std::ranges::move(queue_, std::back_inserter(sending_));
    queue_.clear();
    static const auto end_of_chunk = std::make_shared<const std::string>("\r\n");
    static const auto end_of_all = std::make_shared<const std::string>("\r\n0\r\n\r\n");
    if (chunked_)
        sending_.push_back(leaving_ ? end_of_all : end_of_chunk);
    write();
}

void event_stream::write() {
    buffers_.clear();
    for (const auto& each : sending_)
        buffers_.emplace_back(each->data(), each->size());
    buffers_.front() += offset_;
    connection_->async_write_some(std::span<const asio::const_buffer>(buffers_),
                                  [self = shared_from_this()](const boost::system::error_code& error,
                                                              std::size_t count) { self->written(error, count); });
}

void event_stream::written(const boost::system::error_code& error, std::size_t count) {
    if (ended_ || error)
        return end("the connection broke", ending::in_order);
    progress_ = steady::now();
    offset_ += count;
    auto whole = sending_.begin();
    for (; whole != sending_.end() && offset_ >= (*whole)->size(); ++whole)
        offset_ -= (*whole)->size();
    sending_.erase(sending_.begin(), whole);
    if (!sending_.empty())
        return write();
    writing_ = false;
    buffers_.clear();
    give_back(sending_);
    give_back(buffers_);
    give_back(queue_);
    if (!leaving_)
        return pump();
    if (queue_.empty())
        return connection_->finish_writing(shared_from_this());
    send();
}

// To notice that the client is gone.
void event_stream::read() {
    connection_->async_read_some(
        asio::buffer(unread_), [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
            self->received_ += count;
            if (error)
                self->end("the client left", ending::in_order);
            else if (self->received_ > most_received)
                self->cut_off("it sends where there is nothing to be said");
            else if (!self->ended_)
                self->read();
        });
}

void event_stream::beat(time_point now) {
    if (ended_)
        return;
    if (leaving_) {
        if (now - progress_ >= most_leaving)
            abort();
        return;
    }
    if (writing_ && now - progress_ >= house_.limits.stalled)
        return cut_off("it did not read for too long");
    // These also while it writes, as one that has much to send and a slow reader always does.
    if (now >= ends_)
        return leave();
    if (sight_) {
        auto old = sight_->due(now); // also where this beat is a late one
        sight_->forget(now);
        review(std::move(old));
    }
    pump();
    if (writing_ || ended_)
        return;
    static const auto plain = std::make_shared<const std::string>(":\n\n");
    const bool knows_all = cursor_ && !held_ && cursor_->at_end();
    auto comment = knows_all ? cursor_->heartbeat() : plain;
    if (comment)
        say(std::move(comment));
    else
        place_anew("the last event id is from another history of the cluster");
    send();
}

void event_stream::leave() {
    if (leaving_ || ended_)
        return;
    leaving_ = true;
    progress_ = steady::now();
    // Behind what is being written; of the rest the client's id tells.
    say(retry());
    if (connection_ && !writing_)
        send();
}

void event_stream::cut_off(const char* why) {
    if (ended_)
        return;
    ++house_.cut_off;
    end(why, ending::abrupt);
}

void event_stream::abort() {
    end("it did not close in time", ending::abrupt);
}

// What is under way ends with an error, and lets go of the stream.
void event_stream::end(const char* why, ending how) {
    if (std::exchange(ended_, true))
        return;
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(steady::now() - began_);
    log::debug("an event stream has ended", {{"why", why}, {"seconds", lasted.count()}});
    if (how == ending::abrupt)
        connection_->abort();
    else
        connection_->drop();
    bucket_->erase(place_);
}

} // namespace soteria::web
