// When the poller asks Longhorn what: pure functions of what was asked when.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

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

// When the followed volume list is due next; the clock's end while nobody follows it.
poll_time next_volume_poll(const poll_settings& settings, bool followed, const poll_record& last);

struct followed_backups {
    std::map<std::string, poll_record> followed; // by volume
    std::map<std::string, poll_record> soon;     // wanted once, as soon as possible
};

struct backup_round {
    std::set<std::string> volumes; // whose backups are due now
    std::set<std::string> soon;    // those of them that were wanted once; the backup volumes are then listed too
    poll_time next{};              // when to decide again, unless something changes before

    [[nodiscard]] bool empty() const { return volumes.empty(); }
};

// What is due now.
backup_round next_backup_round(const poll_settings& settings, const followed_backups& state, poll_time now);

} // namespace soteria::longhorn
