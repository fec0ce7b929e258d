#include <soteria/async/within.hpp>

namespace soteria::async {

boost::asio::awaitable<bool> sleep_until(deadline until) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until.when());
    auto pause = timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    const auto outcome = co_await std::move(pause);
    co_return !std::get<0>(outcome);
}

} // namespace soteria::async
