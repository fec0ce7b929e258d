// Deadlines over coroutines that return result<T> and do not throw.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace soteria::async {

// The operation's own result, or errc::timed_out once `until` has passed; the operation is then cancelled *and
// awaited*, so a deadline is as hard as the operation's own cancellation. `operation` must not throw.
template <class T>
boost::asio::awaitable<result<T>> within(deadline until, boost::asio::awaitable<result<T>> operation) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until.when());
    auto alarm = timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    auto race = std::move(operation) || std::move(alarm);
    auto outcome = co_await std::move(race);
    if (outcome.index() == 0)
        co_return std::get<0>(std::move(outcome));
    co_return failure(errc::timed_out, "no end within its deadline");
}

// True: the time came. False: the wait was cancelled; the caller should wind up (a further co_await may throw).
boost::asio::awaitable<bool> sleep_until(deadline until);

} // namespace soteria::async
