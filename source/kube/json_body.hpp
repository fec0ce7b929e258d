// Large JSON bodies without holding the loop.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace soteria::kube {

// Parses in slices, others running in between. bad_answer: not JSON, or not an object.
boost::asio::awaitable<result<boost::json::object>> parse_object(std::string body);

} // namespace soteria::kube
