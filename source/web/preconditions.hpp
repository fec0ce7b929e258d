// If-Match on what starts work: the plan that the caller has seen and confirms (RFC 9110, sections 8.8.3 and 13.1.1).
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/web/message.hpp>

#include <optional>
#include <string>
#include <vector>

namespace soteria::web {

// nullopt: no such header, or "*" (any plan will do). Else the opaque parts of the strong tags; a weak one never
// matches, so a list of nothing but weak ones is empty. errc::invalid (invalid_if_match) for what is no list of entity
// tags.
result<std::optional<std::vector<std::string>>> expected_plans(const request& asked);

} // namespace soteria::web
