// What is believed of the backups in restic's repository: the catalogue, for as long as it can be believed.
#pragma once

#include <soteria/domain/pvc.hpp>
#include <soteria/inventory/known_backups.hpp>
#include <soteria/restic/catalogue.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::inventory {

class restic_view {
public:
    // The snapshots of one name, summed up for each PVC that had it, and for all.
    struct claim_backups {
        known_backups all;
        std::vector<std::pair<std::string, known_backups>> by_uid; // seldom more than one
    };

    using claim_table = std::map<domain::pvc_ref, claim_backups>;

    // A listing counts for three periods while the repository cannot be listed.
    explicit restic_view(std::chrono::milliseconds period) : patience_(3 * period) {}

    // Takes in about `amount` snapshots of this catalogue (null: there is none yet). False: it knows all of it; until
    // then it answers as before.
    bool absorb(const std::shared_ptr<const restic::catalogue>& catalogue, std::size_t amount);

    // Of the PVC object with this uid; one that was made anew under the same name has none of the older one's.
    [[nodiscard]] backups_answer of(const domain::pvc_ref& pvc, std::string_view uid, instant now) const;
    // Of every PVC that had this name.
    [[nodiscard]] backups_answer of_all(const domain::pvc_ref& pvc, instant now) const;

    // Also those whose PVC is gone.
    [[nodiscard]] const claim_table& claims() const { return claims_; }

private:
    [[nodiscard]] std::string doubt(instant now) const;

    std::chrono::milliseconds patience_;
    std::shared_ptr<const restic::catalogue> catalogue_; // that `claims_` is of
    claim_table claims_;
    std::shared_ptr<const restic::catalogue> coming_; // that `growing_` will be of
    claim_table growing_;
    std::size_t next_ = 0;
};

} // namespace soteria::inventory
