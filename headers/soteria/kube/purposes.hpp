// What this module's own calls are for, as their User-Agent tells the API server's audit log.
#pragma once

#include <array>
#include <string_view>

namespace soteria::kube::purposes {

inline constexpr std::string_view reflector = "reflector";
inline constexpr std::string_view look_at_lease = "lease/look";
inline constexpr std::string_view watch_lease = "lease/watch"; // somebody else's
inline constexpr std::string_view acquire_lease = "lease/acquire";
inline constexpr std::string_view renew_lease = "lease/renew";
inline constexpr std::string_view release_lease = "lease/release";

inline constexpr std::array all{reflector, look_at_lease, watch_lease, acquire_lease, renew_lease, release_lease};

} // namespace soteria::kube::purposes
