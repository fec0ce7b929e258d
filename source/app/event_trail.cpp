#include "event_trail.hpp"

namespace soteria::app {

void event_trail::note(const events::position& present, kube::boot_time_point now) {
    if (marks_.empty() || now - marks_.back().at >= trail_step)
        marks_.push_back({now, present});
    while (marks_.size() > 1 && now - marks_[1].at >= trail_age)
        marks_.pop_front();
}

std::optional<events::position> event_trail::behind(kube::boot_time_point now) const {
    if (marks_.empty() || now - marks_.front().at < trail_age)
        return std::nullopt;
    return marks_.front().where;
}

} // namespace soteria::app
