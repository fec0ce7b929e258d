// What a recorded JSON answer has and a simulated one has not, or otherwise.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace replay {

// Keys and types everywhere, and the values that tell a client something (not times, addresses and numbers of bytes
// that differ from run to run). One sentence a difference.
std::vector<std::string> differences(const boost::json::value& recorded, const boost::json::value& simulated);

} // namespace replay
