// What becomes of a request whose Idempotency-Key is on record already. No I/O.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/records/keys.hpp>

#include <chrono>
#include <string_view>

namespace soteria::operations {

enum class key_step {
    replay,        // tell the first answer again
    replay_record, // the same, from the record: nobody came to keep the answer
    other_body,    // the key stands for another request
    wait,          // somebody is at it
    look,          // is there a record? Then ask again
    carry_on,      // whoever was at it is gone: make that very operation, under its name
    begin_anew,    // somebody else's operation has its name, so it can never be made
};

// The record that an open key names, as the cluster itself shows it: made for this key, or only called like it.
enum class key_record { unknown, none, ours, foreign };

// Since when a request is at it, as far as clocks agree: its own, and the API server's.
instant key_begun(const records::request_key& key);

// `patience`: how long a request may be between its key and its record. It gives up well before.
key_step next_key_step(const records::request_key& found, std::string_view digest, key_record record, instant now,
                       std::chrono::milliseconds patience);

// conflict (idempotency_key_in_use) with a pause: short at first, as most requests are answered at once.
failure key_in_use(std::chrono::milliseconds for_so_long = {});
// unprocessable (idempotency_key_reused)
failure key_reused();

// An answered key may go: promised for a day, and an hour more for clocks that disagree. It stays as long as its
// record.
bool key_expired(const records::request_key& key, bool has_record, instant now);

} // namespace soteria::operations
