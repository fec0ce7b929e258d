// What the poller's calls are for, as their User-Agent tells Longhorn.
#pragma once

#include <array>
#include <string_view>

namespace soteria::longhorn::purposes {

inline constexpr std::string_view refresh = "poller/refresh"; // everything, now and then
inline constexpr std::string_view follow = "poller/follow";   // what an operation waits for

inline constexpr std::array all{refresh, follow};

} // namespace soteria::longhorn::purposes
