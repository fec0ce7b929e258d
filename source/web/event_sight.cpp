#include "event_sight.hpp"

#include <algorithm>

namespace soteria::web {

std::optional<bool> event_sight::may_see(const auth::permission& what, time_point now) const {
    const auto found = known_.find(what);
    return found == known_.end() || !counts(found->second, now) ? std::nullopt : std::optional(found->second.allowed);
}

void event_sight::learn(const std::vector<auth::permission>& asked, const std::vector<auth::permission>& granted,
                        time_point when) {
    for (const auto& each : asked)
        known_[each] = {false, when};
    for (const auto& each : granted)
        known_[each] = {true, when};
}

bool event_sight::counts(const answer& told, time_point now) const {
    return now - told.asked <= (told.allowed ? 2 * rights_ : rights_);
}

void event_sight::forget(time_point now) {
    std::erase_if(known_, [&](const auto& each) { return !counts(each.second, now); });
}

std::vector<auth::permission> event_sight::due(time_point now) const {
    std::vector<auth::permission> old;
    for (const auto& [what, told] : known_)
        if (told.allowed && now - told.asked > rights_)
            old.push_back(what);
    return old;
}

} // namespace soteria::web
