// Several small jobs, so many at a time.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace soteria::longhorn {

// Each makes a coroutine that does not throw unless it is cancelled.
using job_list = std::vector<std::function<boost::asio::awaitable<void>()>>;

// Ends when all have ended; cancellation ends those that run, and the others are not begun.
boost::asio::awaitable<void> in_parallel(std::shared_ptr<const job_list> jobs, std::size_t at_once);

} // namespace soteria::longhorn
