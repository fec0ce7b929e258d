#include <soteria/async/let_others_run.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace soteria::async {

boost::asio::awaitable<void> let_others_run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto turn = boost::asio::post(executor, boost::asio::use_awaitable);
    co_await std::move(turn);
}

} // namespace soteria::async
