// Text from outside on its way into a JSON answer or a log, which must be UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace soteria {

// The length in bytes of the well-formed sequence that `text` begins with (RFC 3629: shortest form, no surrogates); 0:
// none. `text` is not empty.
std::size_t utf8_sequence_length(std::string_view text);

bool is_utf8(std::string_view text);
// Bytes that are no UTF-8 become U+FFFD, one for one.
std::string as_utf8(std::string_view text);

} // namespace soteria
