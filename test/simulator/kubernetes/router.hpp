// From a request to its answer.
#pragma once

#include "test/simulator/kubernetes/server_state.hpp"

namespace simulator::api {

boost::asio::awaitable<response> answer(std::shared_ptr<server_state> state, request asked);

void cut_watches(server_state& state);

} // namespace simulator::api
