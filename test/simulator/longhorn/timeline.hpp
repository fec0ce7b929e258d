// Simulated time: what happens later is put on a line and happens when the clock is moved past it.
// Nothing runs between two advance() calls, so a test steps through any sequence by hand and a server moves the line
// on each request instead of keeping a timer per volume.
#pragma once

#include <chrono>
#include <functional>
#include <map>

namespace simulator::lh {

using instant = std::chrono::system_clock::time_point;
using milliseconds = std::chrono::milliseconds;

class timeline {
public:
    // Every delay is multiplied by `scale` (0.1: ten times faster).
    timeline(instant start, double scale) : now_(start), scale_(scale) {}

    [[nodiscard]] instant now() const { return now_; }

    [[nodiscard]] std::chrono::nanoseconds scaled(milliseconds unscaled) const;

    // Does `what` once the clock has passed now + delay. Events due at the same moment happen in the order of calls.
    void after(milliseconds delay, std::function<void()> what);

    // Moves the clock, never back. Events see now() as the moment they were due.
    void advance(instant to);

private:
    instant now_;
    double scale_;
    std::multimap<instant, std::function<void()>> events_; // equal keys keep the order of insertion
};

} // namespace simulator::lh
