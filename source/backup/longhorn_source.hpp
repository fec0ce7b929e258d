// Where a PVC's data is: its Longhorn volume, and the backups of it, also when the PVC is gone.
#pragma once

#include <soteria/backup/longhorn_driver.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soteria::backup {

struct longhorn_source {
    // Null: the PVC is gone.
    std::shared_ptr<const kube::persistent_volume_claim> claim;
    // The claim's PV; null: unbound or gone.
    std::shared_ptr<const kube::persistent_volume> persistent_volume;
    std::string volume; // the claim's Longhorn volume; empty: gone, unbound, or not Longhorn's
};

// The claim as the cluster has it now (read, not from a cache). A claim that is not there is not an error.
boost::asio::awaitable<result<longhorn_source>> find_source(longhorn_world& world, domain::pvc_ref pvc,
                                                            async::deadline until);

// What a live claim must be to be backed up: bound, not being deleted, Longhorn's. not_found (pvc_not_found),
// unprocessable (pvc_not_bound, pvc_terminating, not_longhorn).
result<void> check_bound(const longhorn_source& source, const domain::pvc_ref& pvc);

struct source_backup {
    longhorn::backup backup;
    bool of_present_volume = false; // else of an older volume of that PVC
};

// All backups of a PVC, newest data first: of its present volume, and of older volumes whose backups name it. Asks
// Longhorn for each of these volumes.
boost::asio::awaitable<result<std::vector<source_backup>>> backups_of(longhorn_world& world, longhorn_source source,
                                                                      domain::pvc_ref pvc, async::deadline until);

// "latest": the newest completed backup of the present volume; of the newest one that has any where the PVC is gone.
const longhorn::backup* latest_of(const std::vector<source_backup>& backups, bool pvc_exists);

// A PV of Longhorn's driver with that volume handle; null: none.
std::shared_ptr<const kube::persistent_volume> volume_by_handle(const longhorn_world& world, std::string_view handle);

// The newest first: by the time of the data; those without one (running, failed early) before the others.
bool newer_data(const longhorn::backup& left, const longhorn::backup& right);

} // namespace soteria::backup
