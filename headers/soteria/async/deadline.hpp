// A point in time by which an operation must have ended. Absolute, so that it can be handed down: a callee may only
// shorten it (earlier()), and retries share one budget.
#pragma once

#include <algorithm>
#include <chrono>

namespace soteria::async {

class deadline {
public:
    using time_clock = std::chrono::steady_clock;

    // Already passed.
    deadline() = default;

    explicit deadline(time_clock::time_point when) : when_(when) {}

    static deadline after(time_clock::duration from_now) { return deadline(time_clock::now() + from_now); }

    // For a wait that something else ends (a subscriber's patience, a watch): a century or so.
    static deadline never() { return deadline(time_clock::time_point::max()); }

    [[nodiscard]] time_clock::time_point when() const { return when_; }

    [[nodiscard]] bool passed() const { return time_clock::now() >= when_; }

    // Never negative.
    [[nodiscard]] time_clock::duration remaining() const {
        return std::max(when_ - time_clock::now(), time_clock::duration::zero());
    }

    [[nodiscard]] deadline earlier(deadline other) const { return deadline(std::min(when_, other.when_)); }

    [[nodiscard]] deadline at_most(time_clock::duration from_now) const { return earlier(after(from_now)); }

private:
    time_clock::time_point when_{};
};

} // namespace soteria::async
