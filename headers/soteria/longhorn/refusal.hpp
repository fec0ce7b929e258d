// What a Longhorn status of 300 and more means to the caller. Longhorn says 500 to nearly everything; its text decides.
#pragma once

#include <soteria/base/result.hpp>

#include <string>
#include <string_view>

namespace soteria::longhorn {

// What the refused request would have done.
enum class request_kind { reads, changes };

// A 404 without Longhorn's own JSON (the plain "404 page not found"): the route or action does not exist in this
// version, or another server answered. Never to be taken for "that object is gone".
bool is_unknown_route(int status, std::string_view body);

// The "message" of an error answer; text that is not Longhorn's JSON as it is. At most 500 bytes.
std::string refusal_text(std::string_view body);

// `doing` says what was asked: "making volume v"; the table stands at longhorn::client.
failure refusal(int status, std::string_view body, request_kind kind, std::string_view doing);

} // namespace soteria::longhorn
