// A clock that runs on while the machine sleeps: what was promised for 15 s is over after 15 s, whatever happened.
#pragma once

#include <chrono>

namespace soteria::kube {

// CLOCK_BOOTTIME; comparable within one boot of one machine only.
struct boot_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};

using boot_time_point = boot_clock::time_point;

} // namespace soteria::kube
