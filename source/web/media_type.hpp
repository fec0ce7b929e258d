// Whether a body is of the one kind that is read here.
#pragma once

#include <soteria/web/message.hpp>
#include <soteria/web/problem.hpp>

#include <optional>

namespace soteria::web {

// 413 where it was too large to be kept; 415 unless it is application/json, in UTF-8 and not encoded. nullopt: read it.
std::optional<problem> unreadable_body(const request& asked);

} // namespace soteria::web
