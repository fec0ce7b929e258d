// What this module's own calls are for, as their User-Agent tells the API server's audit log.
#pragma once

#include <array>
#include <string_view>

namespace soteria::auth::purposes {

inline constexpr std::string_view review = "authorization";

inline constexpr std::array all{review};

} // namespace soteria::auth::purposes
