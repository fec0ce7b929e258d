// Where the event stream was a while ago: what the leader leaves on its Lease, so that a replica that starts can show
// what has happened since.
#pragma once

#include <soteria/events/position.hpp>
#include <soteria/kube/boot_time.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace soteria::app {

// On the Lease: "1.<backups>.<restores>".
inline constexpr const char* events_from_annotation = "soteria.dev/events-from";

// Clients read their ids within seconds (a heartbeat apart at most), and those that come back to another replica are to
// find theirs in its ring. Older would be worse: API servers remember 75 seconds of a busy kind, and the time until the
// successor starts counts as well.
inline constexpr std::chrono::seconds trail_age{30};
inline constexpr std::chrono::seconds trail_step{5};

class event_trail {
public:
    void note(const events::position& present, kube::boot_time_point now);
    // The newest position noted that is trail_age old; unset: there is none yet.
    [[nodiscard]] std::optional<events::position> behind(kube::boot_time_point now) const;

private:
    struct mark {
        kube::boot_time_point at;
        events::position where;
    };

    std::deque<mark> marks_; // at least trail_step apart, and only one older than trail_age
};

} // namespace soteria::app
