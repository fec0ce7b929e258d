// What the drivers' calls are for that are no step's own, as their User-Agent tells an upstream's audit log. A step's
// calls are called "<kind>/<step>" and "<kind>/undo_<step>".
#pragma once

#include <array>
#include <string_view>

namespace soteria::backup::purposes {

inline constexpr std::string_view resolve = "resolve"; // what a request stands for, and whether it can be done
inline constexpr std::string_view rehearse = "dry-run";
inline constexpr std::string_view look_at_job = "restic/look";
inline constexpr std::string_view read_log = "restic/log";
inline constexpr std::string_view read_events = "restic/events";
inline constexpr std::string_view list_repository = "catalogue/list";
inline constexpr std::string_view write_catalogue = "catalogue/write";
inline constexpr std::string_view release_claim = "claim/release";
inline constexpr std::string_view look_for_orphans = "orphans/look"; // what bears our name and is used by nobody

inline constexpr std::array all{resolve,         rehearse,        look_at_job,   read_log,        read_events,
                                list_repository, write_catalogue, release_claim, look_for_orphans};

} // namespace soteria::backup::purposes
