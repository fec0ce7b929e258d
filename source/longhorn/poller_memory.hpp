// What the poller was answered, and the picture made of it.
#pragma once

#include <soteria/longhorn/poller.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace soteria::longhorn {

// An answer that was asked for before the one already there is dropped: two polls of one volume's backups may overlap.
class poller_memory {
public:
    poller_memory();

    void take_volumes(std::vector<volume> all, poll_time asked_at);
    void take_backup_volumes(std::vector<backup_volume> all, poll_time asked_at);
    void take_targets(std::vector<backup_target> all, poll_time asked_at);
    void take_backups(const std::string& volume, std::vector<backup> all, poll_time asked_at);
    // They were asked for in vain.
    void volumes_failed(const failure& why);
    void backups_failed(const std::string& volume, const failure& why);
    // Drops the backups of volumes that are not in `known` and were not asked for since.
    void forget_backups_except(const std::set<std::string>& known, poll_time asked_before);

    void refresh_succeeded(instant begun);
    void refresh_failed(const failure& why, instant now);

    [[nodiscard]] std::shared_ptr<const picture> current() const;

    // Whether anything but times changed since the last call.
    [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

private:
    void touched(bool differs);

    picture known_;
    bool changed_ = false;
    mutable std::shared_ptr<const picture> shown_; // null: known_ went on since
};

} // namespace soteria::longhorn
