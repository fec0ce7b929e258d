// Boost.JSON keeps the last of two members with one name; who sent both meant something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace soteria::web {

// The first name that an object of this text holds twice, at any depth; nullopt where there is none or the text is no
// JSON.
std::optional<std::string> duplicate_key(std::string_view json);

} // namespace soteria::web
