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
// Around a request with an Idempotency-Key.
inline constexpr std::string_view claim_key = "key/claim";
inline constexpr std::string_view take_key_over = "key/take_over"; // from a request that is gone
inline constexpr std::string_view answer_key = "key/answer";
inline constexpr std::string_view remove_key = "key/remove"; // after a refusal, or when it has had its time
// Not among those below: what becomes of it changes nothing for the operation.
inline constexpr std::string_view announce = "record/event";

// In the order in which an operation meets them.
inline constexpr std::array all{claim_key,      take_key_over,  take_slot,     create_record,  answer_key,
                                protect_record, write_status,   cancel_record, give_slot_back, remove_slot,
                                keep_leftovers, release_record, remove_key};

// Reads.
inline constexpr std::string_view look_at_key = "key/look";
inline constexpr std::string_view list_keys = "key/list";

// What belongs to no operation under way.
inline constexpr std::string_view read_record = "record/read";
inline constexpr std::string_view look_at_slot = "slot/look";
inline constexpr std::string_view look_at_admission = "admission";
inline constexpr std::string_view forget_record = "history/forget";

inline constexpr std::array besides{announce,     look_at_key,       list_keys,    read_record,
                                    look_at_slot, look_at_admission, forget_record};

} // namespace soteria::operations::purposes
