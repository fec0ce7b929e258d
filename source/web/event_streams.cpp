#include "event_stream.hpp"

#include <soteria/async/within.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds most_for_goodbye{2}; // for clients to take their last bytes and close
constexpr std::size_t woken_in_a_turn = 128;        // about a millisecond: a system call each

failure no_place(std::string message, std::string reason) {
    constexpr std::chrono::seconds pause{5};
    failure made(errc::unavailable, std::move(message), std::move(reason));
    made.retry_after = pause;
    return made;
}

} // namespace

struct event_streams::implementation : stream_house, events::listener, std::enable_shared_from_this<implementation> {
    using stream_house::stream_house;

    void news() noexcept override;
    void wake();
    void post_turn();
    asio::awaitable<void> beat();

    // Each stream of a bucket; it may leave while it is at it.
    template <class Act>
    static void each_of(bucket& some, Act act) {
        for (auto at = some.begin(); at != some.end();) {
            const auto one = *at++;
            act(*one);
        }
    }

    template <class Act>
    void each(Act act) {
        for (auto& some : wheel)
            each_of(some, act);
    }

    asio::awaitable<bool> empty(async::deadline until);

    std::size_t to_wake = 0; // buckets that have not heard of the newest frame
    std::size_t next_woken = 0;
    bool turn_posted = false;
};

event_streams::event_streams(asio::any_io_executor executor, events::hub& hub, auth::access_review* reviews,
                             stream_limits limits, async::random_source random)
    : implementation_(std::make_shared<implementation>(std::move(executor), hub, reviews, limits, std::move(random))) {
    hub.attach(*implementation_);
}

event_streams::~event_streams() {
    implementation_->hub.detach(*implementation_);
}

void event_streams::start() {
    auto* inside = implementation_.get();
    inside->tasks.spawn("heartbeats", [inside] { return inside->beat(); });
}

result<take_over> event_streams::open(stream_order order) {
    auto& inside = *implementation_;
    if (inside.stopping)
        return no_place("this replica is stopping; another one answers", "shutting_down");
    if (inside.alive >= inside.limits.count)
        return no_place("all " + std::to_string(inside.limits.count) +
                            " event streams of this replica are in use; try again in a moment",
                        "too_many_streams");
    auto made = std::make_shared<event_stream>(inside, std::move(order));
    return take_over([made = std::move(made)](std::unique_ptr<connection> with, bool chunked) {
        made->begin(std::move(with), chunked);
    });
}

asio::awaitable<bool> event_streams::stop(async::deadline until) {
    auto& inside = *implementation_;
    inside.stopping = true;
    inside.each([](event_stream& one) { one.leave(); });
    const bool polite = co_await inside.empty(until.at_most(most_for_goodbye));
    inside.each([](event_stream& one) { one.abort(); });
    co_await inside.tasks.stop(async::deadline::after(most_for_goodbye));
    co_await inside.empty(async::deadline::after(most_for_goodbye));
    co_return polite;
}

std::size_t event_streams::count() const {
    return implementation_->alive;
}

std::uint64_t event_streams::cut_off_count() const {
    return implementation_->cut_off;
}

std::uint64_t event_streams::reset_count() const {
    return implementation_->resets;
}

asio::awaitable<bool> event_streams::implementation::empty(async::deadline until) {
    bool patient = true;
    while (alive > 0 && patient)
        patient = co_await ended.wait(until);
    co_return alive == 0;
}

void event_streams::implementation::news() noexcept {
    to_wake = bucket_count;
    post_turn();
}

// Some in a turn of the loop, so that requests are answered between two.
void event_streams::implementation::wake() {
    turn_posted = false;
    for (std::size_t woken = 0; to_wake > 0 && woken < woken_in_a_turn; --to_wake) {
        auto& some = wheel[next_woken];
        next_woken = (next_woken + 1) % bucket_count;
        woken += some.size();
        each_of(some, [](event_stream& one) { one.pump(); });
    }
    if (to_wake > 0)
        post_turn();
}

void event_streams::implementation::post_turn() {
    if (!std::exchange(turn_posted, true))
        asio::post(executor, [self = shared_from_this()] { self->wake(); });
}

asio::awaitable<void> event_streams::implementation::beat() {
    const auto pause = std::chrono::duration_cast<steady::duration>(limits.heartbeat) / bucket_count;
    auto due = steady::now();
    bool awake = true;
    for (std::size_t turn = 0; awake; ++turn) {
        due = std::max<steady::time_point>(due + pause, steady::now());
        awake = co_await async::sleep_until(async::deadline(due));
        if (awake)
            each_of(wheel[turn % bucket_count], [](event_stream& one) { one.beat(steady::now()); });
    }
}

} // namespace soteria::web
