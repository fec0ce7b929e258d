// Stable short names from long ones.
#pragma once

#include <string>
#include <string_view>

namespace soteria {

// Lower-case hexadecimal SHA-256 (64 characters).
std::string sha256_hex(std::string_view text);
// Lower-case base32 (RFC 4648 alphabet, no padding) of SHA-256, cut to `length` (at most 52) characters.
std::string sha256_base32(std::string_view text, std::size_t length);
// The 16 bytes of a UUID in text form as 26 lower-case base32 characters; any other text is hashed first.
std::string uuid_base32(std::string_view uuid);
// `name` if it has at most `limit` bytes, else its front, "-" and 8 characters of its hash: the same every time.
std::string shortened(std::string_view name, std::size_t limit);

} // namespace soteria
