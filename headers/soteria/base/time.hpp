// Time: wall-clock instants, RFC 3339, and the clock as an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace soteria {

// UTC wall-clock instants as Kubernetes and Longhorn report them.
using instant = std::chrono::system_clock::time_point;

// "2026-04-12T15:30:00Z", in whole seconds (truncated).
std::string format_rfc3339(instant when);
// "2026-04-12T15:30:00.123456Z": Kubernetes' MicroTime, used by Leases.
std::string format_rfc3339_micro(instant when);
// Accepts a fraction and any offset ("Z", "+02:00"); nullopt for anything else.
std::optional<instant> parse_rfc3339(std::string_view text);
// "20260412-153000": the stamp in the names that we give.
std::string format_stamp(instant when);

// Where code that decides gets its time from; tests move it by hand.
class clock {
public:
    virtual ~clock() = default;
    [[nodiscard]] virtual instant now() const = 0;
};

// The system's clock; lives as long as the process.
const clock& system_clock();

} // namespace soteria
