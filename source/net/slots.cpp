#include <soteria/net/slots.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <optional>
#include <utility>

namespace soteria::net {

struct slots::state : std::enable_shared_from_this<state> {
    // One in line. It lives in its coroutine's frame and leaves the line with it.
    struct waiter {
        waiter(std::shared_ptr<state> home_, async::deadline until)
            : home(std::move(home_)), timer(home->executor, until.when()),
              position(home->line.insert(home->line.end(), this)) {}

        ~waiter() {
            if (in_line)
                home->line.erase(position);
        }

        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;

        std::shared_ptr<state> home;
        boost::asio::steady_timer timer;
        std::list<waiter*>::iterator position;
        bool in_line = true;
        std::optional<place> granted;
    };

    state(boost::asio::any_io_executor executor_, std::size_t count) : executor(std::move(executor_)), free(count) {}

    void give_back() {
        ++free;
        if (!line.empty())
            call_first();
    }

    void call_first() {
        waiter* const first = line.front();
        line.pop_front();
        first->in_line = false;
        if (!closed) {
            --free;
            first->granted.emplace(shared_from_this());
        }
        first->timer.cancel();
    }

    boost::asio::any_io_executor executor;
    std::size_t free;
    std::size_t taken = 0;
    bool closed = false;
    std::list<waiter*> line;
};

slots::place::place(std::shared_ptr<state> home) : home_(std::move(home)) {
    ++home_->taken;
}

slots::place::~place() {
    if (const auto home = std::move(home_)) {
        --home->taken;
        home->give_back();
    }
}

slots::place& slots::place::operator=(place&& other) noexcept {
    std::swap(home_, other.home_);
    return *this;
}

slots::slots(boost::asio::any_io_executor executor, std::size_t count)
    : state_(std::make_shared<state>(std::move(executor), count)) {}

slots::~slots() {
    close();
}

std::size_t slots::taken() const {
    return state_->taken;
}

void slots::close() {
    state_->closed = true;
    while (!state_->line.empty())
        state_->call_first();
}

boost::asio::awaitable<result<slots::place>> slots::take(async::deadline until) {
    const auto self = state_;
    if (self->closed)
        co_return failure(errc::cancelled, "the client is stopping");
    if (self->free > 0 && self->line.empty()) {
        --self->free;
        co_return place(self);
    }
    state::waiter waiting(self, until);
    auto pause = waiting.timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_await std::move(pause);
    const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (self->closed || cancellation.cancelled() != boost::asio::cancellation_type::none)
        co_return failure(errc::cancelled, "cancelled while waiting in line for a connection");
    if (!waiting.granted)
        co_return failure(errc::timed_out, "no connection became free in time");
    co_return std::move(*waiting.granted);
}

} // namespace soteria::net
