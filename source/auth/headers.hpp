// Looking things up in a list of headers.
#pragma once

#include <soteria/auth/decision.hpp>

#include <string_view>
#include <vector>

namespace soteria::auth {

bool equal_without_case(std::string_view left, std::string_view right);
std::string_view trimmed(std::string_view text);
// Every value of a header, in order.
std::vector<std::string_view> values_of(const header_list& headers, std::string_view name);

} // namespace soteria::auth
