// A pause in the middle of long work, so that no handler holds the loop for more than a few milliseconds.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace soteria::async {

// What is ready meanwhile runs first. Throws where the coroutine has been cancelled, as every co_await does then.
boost::asio::awaitable<void> let_others_run();

} // namespace soteria::async
