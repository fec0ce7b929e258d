// What is believed of the backups in Longhorn's store: its last answers, for as long as they can be believed.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>
#include <soteria/inventory/known_backups.hpp>
#include <soteria/longhorn/poller.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace soteria::inventory {

// Those backups of one volume that record the same PVC.
struct claim_backups {
    domain::pvc_ref claim;
    known_backups backups;
    std::int64_t volume_size_bytes = 0; // of the newest
};

struct volume_backups {
    std::shared_ptr<const longhorn::backup_list> source; // what the rest was read from
    std::string target;                                  // the backup target that holds them; "" before 1.8
    longhorn::poll_time asked_at{};                      // when that list was asked for
    std::uint64_t seen = 0;                              // the last picture that had a list
    known_backups all;
    std::vector<claim_backups> by_claim;
};

struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// Longhorn forgets all backups of a target whose URL was taken away, and keeps a stale list of one that does not
// answer. So the last known ones are kept here, and whether they can still be believed is told apart.
class longhorn_view {
public:
    using volume_table = std::unordered_map<std::string, volume_backups, text_hash, std::equal_to<>>;

    using answer = backups_answer;

    // An answer counts for three refresh periods while Longhorn, or the store behind it, cannot be asked.
    explicit longhorn_view(std::chrono::milliseconds refresh) : patience_(3 * refresh) {}

    void absorb(std::shared_ptr<const longhorn::picture> picture, instant now);

    // `moment` is the steady clock's now.
    [[nodiscard]] answer of(const std::string& volume, instant now, longhorn::poll_time moment) const;

    // By volume, also those whose PVC, PV and Longhorn volume are gone; in no order.
    [[nodiscard]] const volume_table& volumes() const { return volumes_; }

    // The storage class that the backup volume records; "" if none.
    [[nodiscard]] std::string storage_class_of(const std::string& volume) const;

private:
    [[nodiscard]] std::string doubt_longhorn(const std::string& volume, const volume_backups* known,
                                             longhorn::poll_time moment) const;
    [[nodiscard]] std::string doubt_target(const std::string& volume, const volume_backups* known, instant now) const;
    [[nodiscard]] std::string target_of(const std::string& volume, const volume_backups* known) const;
    // Asked at that moment or later, it was there.
    [[nodiscard]] bool target_answered_since(const std::string& name, longhorn::poll_time moment) const;
    void absorb_volumes();
    void absorb_backup_volumes();

    std::chrono::milliseconds patience_;
    std::shared_ptr<const longhorn::picture> picture_;
    std::uint64_t pictures_ = 0;
    volume_table volumes_;
    std::map<std::string, instant, std::less<>> target_last_good_;    // by target
    std::map<std::string, std::string, std::less<>> storage_classes_; // by volume
    std::set<std::string, std::less<>> listed_;                       // volumes that have backups at all
    std::shared_ptr<const std::vector<longhorn::backup_volume>> listed_from_;
};

// Sums up one volume's list of backups.
volume_backups summarise(std::shared_ptr<const longhorn::backup_list> list);

} // namespace soteria::inventory
