// "Something changed, look again": wakes every coroutine that waits. Carries no data and remembers nothing, so look
// first, then wait, without a co_await between the two.
#pragma once

#include <soteria/async/deadline.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <list>
#include <memory>

namespace soteria::async {

// Must outlive its waiters (stop() them and join first). Single-threaded.
class signal {
public:
    explicit signal(boost::asio::any_io_executor executor);
    ~signal();
    signal(const signal&) = delete;
    signal& operator=(const signal&) = delete;

    // Wakes all that wait now; they run later, from the loop.
    void notify_all();

    // True: notified. False: `until` passed or the wait was cancelled. Does not throw.
    boost::asio::awaitable<bool> wait(deadline until);

private:
    struct waiter;
    boost::asio::any_io_executor executor_;
    std::list<std::shared_ptr<waiter>> waiters_;
};

} // namespace soteria::async
