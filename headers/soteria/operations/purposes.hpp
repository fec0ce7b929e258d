// What each write around an operation is for, as its User-Agent tells an upstream's audit log. The steps' own effects
// are called "<kind>/<step>" and "<kind>/undo_<step>".
#pragma once

#include <array>
#include <string_view>

namespace soteria::operations::purposes {

inline constexpr std::string_view take_slot = "slot/take";
inline constexpr std::string_view create_record = "record/create";
inline constexpr std::string_view protect_record = "record/protect";
inline constexpr std::string_view write_status = "record/status";
inline constexpr std::string_view cancel_record = "record/cancel";
inline constexpr std::string_view give_slot_back = "slot/give_back";
inline constexpr std::string_view remove_slot = "slot/take_over"; // one whose record never came, or is finished
inline constexpr std::string_view keep_leftovers = "record/leftovers";
inline constexpr std::string_view release_record = "record/release";

// In the order in which an operation meets them.
inline constexpr std::array all{take_slot,      create_record, protect_record, write_status,  cancel_record,
                                give_slot_back, remove_slot,   keep_leftovers, release_record};

} // namespace soteria::operations::purposes
