// Text from outside on its way into a JSON answer, which must be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace soteria::web {

bool is_utf8(std::string_view text);
// Bytes that are no UTF-8 become U+FFFD, one for one.
std::string as_utf8(std::string_view text);

} // namespace soteria::web
