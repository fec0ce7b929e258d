// When the poller asks Longhorn what: pure functions of what was asked when.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace soteria::longhorn {

struct poll_settings {
    std::chrono::milliseconds refresh{300'000};       // SOTERIA_METRICS_REFRESH_SECONDS
    std::chrono::milliseconds follow{2'000};          // between the starts of two polls of what is followed
    std::chrono::milliseconds follow_slowest{30'000}; // after repeated failures
    std::chrono::milliseconds first_retry{5'000};     // after a failed refresh; doubles up to `refresh`
    std::chrono::milliseconds request_timeout{30'000};
    std::size_t concurrency = 8; // backup volumes listed at once
};

using poll_time = std::chrono::steady_clock::time_point;

// One kind of poll: when it was last begun and how often it failed in a row.
struct poll_record {
    std::optional<poll_time> begun;
    int failures = 0;
};

// When a refresh of everything is due next.
poll_time next_refresh(const poll_settings& settings, const poll_record& last);

struct followed_polls {
    bool volumes_followed = false;
    poll_record volumes;
    std::map<std::string, poll_record> backups; // of the volumes whose backups are followed
    std::set<std::string> soon;                 // volumes whose backups are wanted once, now
};

struct follow_round {
    bool volumes = false;
    std::vector<std::string> backups_of; // each volume once
    // The volumes of `backups_of` that were wanted "soon"; the list of backup volumes is then read as well.
    bool backup_volumes = false;
    poll_time next{}; // when to decide again, unless something changes before

    [[nodiscard]] bool empty() const { return !volumes && backups_of.empty(); }
};

// What is due now among the followed.
follow_round next_follow_round(const poll_settings& settings, const followed_polls& state, poll_time now);

} // namespace soteria::longhorn
