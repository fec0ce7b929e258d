#include "timeline.hpp"

#include <utility>

namespace simulator::lh {

std::chrono::nanoseconds timeline::scaled(milliseconds unscaled) const {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(unscaled.count()) * 1e6 * scale_)};
}

void timeline::after(milliseconds delay, std::function<void()> what) {
    events_.emplace(now_ + std::chrono::duration_cast<instant::duration>(scaled(delay)), std::move(what));
}

void timeline::advance(instant to) {
    while (!events_.empty() && events_.begin()->first <= to) {
        auto event = events_.extract(events_.begin());
        if (event.key() > now_) {
            now_ = event.key();
        }
        event.mapped()();
    }
    if (to > now_) {
        now_ = to;
    }
}

} // namespace simulator::lh
