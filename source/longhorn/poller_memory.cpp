#include "poller_memory.hpp"

#include <algorithm>
#include <utility>

namespace soteria::longhorn {

namespace {

bool newer_first(const backup& left, const backup& right) {
    if (left.snapshot_created_at.has_value() != right.snapshot_created_at.has_value())
        return !left.snapshot_created_at.has_value();
    if (left.snapshot_created_at != right.snapshot_created_at)
        return left.snapshot_created_at > right.snapshot_created_at;
    return left.name < right.name;
}

// True: the value differs from before, or is answered again. An answer equal to the last one keeps the last one's
// memory.
template <class T>
bool take(polled<T>& into, T fresh, poll_time asked_at) {
    into.asked_at = asked_at;
    const bool recovered = std::exchange(into.failing, std::nullopt).has_value();
    if (*into.value == fresh)
        return recovered;
    into.value = std::make_shared<const T>(std::move(fresh));
    return true;
}

// The same, of a question in vain.
template <class T>
bool fail(polled<T>& of, const failure& why) {
    return !std::exchange(of.failing, why).has_value();
}

} // namespace

const volume* picture::find_volume(std::string_view name) const {
    const auto found = volumes.value->find(name);
    return found == volumes.value->end() ? nullptr : &found->second;
}

const backup_list& picture::backups_of(std::string_view volume) const {
    static const backup_list none;
    const auto found = backups.find(volume);
    return found == backups.end() ? none : *found->second.value;
}

const backup_target* picture::find_target(std::string_view name) const {
    const auto& all = *targets.value;
    if (name.empty() && all.size() == 1)
        return &all.front();
    const auto wanted = name.empty() ? std::string_view("default") : name;
    const auto found = std::ranges::find(all, wanted, &backup_target::name);
    return found == all.end() ? nullptr : &*found;
}

poller_memory::poller_memory() {
    known_.volumes.value = std::make_shared<const volume_map>();
    known_.backup_volumes.value = std::make_shared<const std::vector<backup_volume>>();
    known_.targets.value = std::make_shared<const std::vector<backup_target>>();
}

void poller_memory::touched(bool differs) {
    shown_.reset();
    changed_ = changed_ || differs;
}

void poller_memory::take_volumes(std::vector<volume> all, poll_time asked_at) {
    if (asked_at < known_.volumes.asked_at)
        return;
    volume_map by_name;
    for (auto& one : all) {
        auto name = one.name;
        by_name.insert_or_assign(std::move(name), std::move(one));
    }
    const bool first = known_.volumes.asked_at == poll_time{};
    touched(take(known_.volumes, std::move(by_name), asked_at) || first);
}

void poller_memory::take_backup_volumes(std::vector<backup_volume> all, poll_time asked_at) {
    if (asked_at >= known_.backup_volumes.asked_at)
        touched(take(known_.backup_volumes, std::move(all), asked_at));
}

void poller_memory::take_targets(std::vector<backup_target> all, poll_time asked_at) {
    if (asked_at >= known_.targets.asked_at)
        touched(take(known_.targets, std::move(all), asked_at));
}

void poller_memory::take_backups(const std::string& volume, std::vector<backup> all, poll_time asked_at) {
    std::ranges::sort(all, newer_first);
    auto& entry = known_.backups[volume];
    const bool first = entry.value == nullptr;
    if (first)
        entry.value = std::make_shared<const backup_list>();
    if (asked_at < entry.asked_at)
        return;
    touched(take(entry, std::move(all), asked_at) || first);
}

void poller_memory::volumes_failed(const failure& why) {
    touched(fail(known_.volumes, why));
}

void poller_memory::backups_failed(const std::string& volume, const failure& why) {
    if (const auto entry = known_.backups.find(volume); entry != known_.backups.end())
        touched(fail(entry->second, why));
}

void poller_memory::forget_backups_except(const std::set<std::string>& known, poll_time asked_before) {
    const auto dropped = std::erase_if(known_.backups, [&](const auto& entry) {
        return !known.contains(entry.first) && entry.second.asked_at < asked_before;
    });
    if (dropped != 0)
        touched(true);
}

void poller_memory::refresh_succeeded(instant begun) {
    const bool recovered = known_.status.last_error.has_value() || !known_.status.last_complete;
    known_.status.last_complete = begun;
    known_.status.failing_since.reset();
    known_.status.last_error.reset();
    touched(recovered);
}

void poller_memory::refresh_failed(const failure& why, instant now) {
    const bool news = !known_.status.last_error;
    if (!known_.status.failing_since)
        known_.status.failing_since = now;
    known_.status.last_error = why;
    touched(news);
}

std::shared_ptr<const picture> poller_memory::current() const {
    if (!shown_)
        shown_ = std::make_shared<const picture>(known_);
    return shown_;
}

} // namespace soteria::longhorn
