// Makes the report: all at once, or in slices that do not hold the loop.
#pragma once

#include <soteria/inventory/inventory.hpp>
#include <soteria/inventory/views.hpp>
#include <soteria/kube/objects.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace soteria::inventory {

// As kube::store keeps them.
template <class T>
using object_map = std::map<kube::object_key, std::shared_ptr<const T>>;
using claim_map = object_map<kube::persistent_volume_claim>;
using persistent_volume_map = object_map<kube::persistent_volume>;

inline constexpr std::string_view longhorn_csi_driver = "driver.longhorn.io";

struct rules {
    std::chrono::duration<double> max_age{std::chrono::hours(24)};
};

// The present, as a report sees it.
struct moment {
    instant now{};                // for ages
    longhorn::poll_time steady{}; // for how long ago Longhorn answered
};

// One PVC's row. `volume` null: no such PersistentVolume is known.
row row_of(const kube::persistent_volume_claim& claim, const kube::persistent_volume* volume, const views& known,
           const rules& by, const moment& at);

// What one driver answers about a PVC.
struct driver_answer {
    std::string_view driver;
    backups_answer known;
};

// Fills in driver, drivers, backups and health from the answers of the drivers that serve it. A fresh backup of any of
// them is enough; without one, what one of them does not know makes the row unknown.
void settle(row& into, const std::vector<driver_answer>& answers, std::string_view default_driver, const rules& by,
            instant now);

// The maps may change between two slices: each claim and volume is taken as it was when the builder first came to it.
// The views may not change. All of them must outlive the builder.
class builder {
public:
    builder(const claim_map& claims, const persistent_volume_map& volumes, views known, rules by, moment at);

    // Does about `amount` rows' worth of work. False: finished, take() the report.
    bool step(std::size_t amount);
    report take();

private:
    // A PVC that is no more, as Longhorn's backups record it.
    struct gone {
        std::string volume; // of the newest; empty: none in Longhorn
        known_backups backups;
        std::int64_t volume_size_bytes = 0;
    };

    using claim_name = std::pair<std::string_view, std::string_view>; // namespace and name

    struct claim_name_hash {
        std::size_t operator()(const claim_name& name) const;
    };

    void index_volumes(std::size_t amount);
    void index_claims(std::size_t amount);
    void collect_deleted(std::size_t amount);
    void collect_deleted_of_restic(std::size_t amount);
    void make_rows(std::size_t amount);
    void add(row&& made);
    void add_deleted_before(const domain::pvc_ref* limit);
    void hash_rows(std::size_t amount);
    [[nodiscard]] row deleted_row(const domain::pvc_ref& pvc, const gone& what) const;

    enum class stage { volumes, claims, deleted, deleted_of_restic, rows, hash, done };

    const claim_map& claims_;
    const persistent_volume_map& volumes_;
    views known_;
    rules rules_;
    moment moment_;
    stage stage_ = stage::volumes;
    kube::object_key last_; // up to where the index has come
    // Hashed: the lookups in the maps themselves would be most of the work. The texts live in the shared objects.
    std::unordered_map<std::string_view, std::shared_ptr<const kube::persistent_volume>> volumes_by_name_;
    std::unordered_set<claim_name, claim_name_hash> claim_names_;
    std::vector<std::shared_ptr<const kube::persistent_volume_claim>> present_;
    std::size_t next_present_ = 0;
    longhorn_view::volume_table::const_iterator next_volume_;
    restic_view::claim_table::const_iterator next_claim_;
    std::map<domain::pvc_ref, gone> deleted_;
    report report_;
    std::size_t hashed_ = 0;
};

// All at once.
report build(const claim_map& claims, const persistent_volume_map& volumes, const views& known, const rules& by,
             const moment& at);

} // namespace soteria::inventory
