// Under which keys a plan says what a request resolved to: those of backup/facts.hpp, which this module may not include
// (a test compares the two).
#pragma once

#include <string_view>

namespace soteria::web::resolved {

inline constexpr std::string_view volume = "volume";
inline constexpr std::string_view snapshot = "snapshot";
inline constexpr std::string_view backup = "backup";
inline constexpr std::string_view backup_url = "backup_url";
inline constexpr std::string_view backup_created_at = "backup_created_at";
inline constexpr std::string_view job_name = "job_name";
inline constexpr std::string_view secret = "secret";
inline constexpr std::string_view source_pvc = "source_pvc";

} // namespace soteria::web::resolved
