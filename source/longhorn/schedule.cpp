#include <soteria/longhorn/schedule.hpp>

#include <algorithm>

namespace soteria::longhorn {

namespace {

std::chrono::milliseconds doubled(std::chrono::milliseconds first, int times, std::chrono::milliseconds most) {
    const std::chrono::milliseconds grown = first * (1LL << std::clamp(times, 0, 20));
    return std::min(most, grown);
}

poll_time due(const poll_settings& settings, const poll_record& last) {
    if (!last.begun)
        return poll_time::min();
    const auto most = std::max(settings.follow, settings.follow_slowest);
    return *last.begun + doubled(settings.follow, last.failures, most);
}

} // namespace

poll_time next_refresh(const poll_settings& settings, const poll_record& last) {
    if (!last.begun)
        return poll_time::min();
    if (last.failures == 0)
        return *last.begun + settings.refresh;
    return *last.begun + doubled(settings.first_retry, last.failures - 1, settings.refresh);
}

poll_time next_volume_poll(const poll_settings& settings, bool followed, const poll_record& last) {
    return followed ? due(settings, last) : poll_time::max();
}

backup_round next_backup_round(const poll_settings& settings, const followed_backups& state, poll_time now) {
    backup_round round;
    round.next = poll_time::max();
    const auto is_due = [&](const poll_record& last) {
        const auto when = due(settings, last);
        if (when > now)
            round.next = std::min(round.next, when);
        return when <= now;
    };
    for (const auto& [name, last] : state.followed)
        if (is_due(last))
            round.volumes.insert(name);
    for (const auto& [name, last] : state.soon)
        if (is_due(last)) {
            round.volumes.insert(name);
            round.soon.insert(name);
        }
    return round;
}

} // namespace soteria::longhorn
