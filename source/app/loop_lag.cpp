#include "loop_lag.hpp"

#include <soteria/async/within.hpp>

#include <chrono>

namespace soteria::app {

boost::asio::awaitable<void> measure_loop_lag(telemetry::histogram& into) {
    constexpr std::chrono::milliseconds pause{250};
    while (true) {
        const auto due = async::deadline::after(pause);
        const bool slept = co_await async::sleep_until(due);
        if (!slept)
            co_return;
        const auto late = async::deadline::time_clock::now() - due.when();
        into.observe(std::chrono::duration<double>(late).count());
    }
}

} // namespace soteria::app
