// Is a PVC's backup good enough? A pure function of ages.
#pragma once

#include <soteria/base/time.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace soteria::domain {

enum class health { fresh, stale, missing, unknown, unsupported, unbound };
std::string_view to_string(health value);

// fresh: the newest complete backup's data is at most `max_age` old; stale: older; missing: there is none.
health freshness(std::optional<instant> last_backup_at, instant now, std::chrono::duration<double> max_age);

// Never negative, whatever the clocks say.
std::chrono::duration<double> age(instant then, instant now);

} // namespace soteria::domain
