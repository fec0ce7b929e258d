#include <soteria/async/signal.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace soteria::async {

struct signal::waiter {
    waiter(const boost::asio::any_io_executor& executor, deadline until) : timer(executor, until.when()) {}

    boost::asio::steady_timer timer;
    bool notified = false;
    // Where this waiter stands in line; null once it does not any more.
    std::list<std::shared_ptr<waiter>>* line = nullptr;
    std::list<std::shared_ptr<waiter>>::iterator place;
};

namespace {

// Leaves the line on every way out, a destroyed frame included.
template <class Waiter>
class place_in_line {
public:
    explicit place_in_line(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}

    ~place_in_line() {
        if (waiter_->line != nullptr)
            waiter_->line->erase(waiter_->place);
    }

    place_in_line(const place_in_line&) = delete;
    place_in_line& operator=(const place_in_line&) = delete;

private:
    std::shared_ptr<Waiter> waiter_;
};

} // namespace

signal::signal(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

signal::~signal() {
    for (const auto& one : waiters_)
        one->line = nullptr;
}

void signal::notify_all() {
    const auto woken = std::exchange(waiters_, {});
    for (const auto& one : woken) {
        one->line = nullptr;
        one->notified = true;
        one->timer.cancel();
    }
}

boost::asio::awaitable<bool> signal::wait(deadline until) {
    const auto self = std::make_shared<waiter>(executor_, until);
    self->place = waiters_.insert(waiters_.end(), self);
    self->line = &waiters_;
    const place_in_line<waiter> place(self);
    auto pause = self->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_await std::move(pause);
    co_return self->notified;
}

} // namespace soteria::async
