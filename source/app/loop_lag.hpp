// How late the loop is: a timer that should be punctual.
#pragma once

#include <soteria/telemetry/handles.hpp>

#include <boost/asio/awaitable.hpp>

namespace soteria::app {

// Until cancelled; `into` outlives it.
boost::asio::awaitable<void> measure_loop_lag(telemetry::histogram& into);

} // namespace soteria::app
