// What the service's own calls are for, as their User-Agent tells the API server's audit log.
#pragma once

#include <array>
#include <string_view>

namespace soteria::app::purposes {

inline constexpr std::string_view look_back = "events/look_back"; // what was deleted shortly before the start

inline constexpr std::array all{look_back};

} // namespace soteria::app::purposes
