// Every PVC and how well it is backed up: a pure function of the caches and the clock.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/freshness.hpp>
#include <soteria/domain/pvc.hpp>
#include <soteria/inventory/proofs.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soteria::inventory {

// What one driver knows of one PVC that it serves.
struct driver_row {
    std::optional<instant> last_backup_at; // time of the data of the newest complete backup
    std::int64_t backup_count = 0;         // complete ones
    domain::health health = domain::health::missing;
    bool operator==(const driver_row&) const = default;
};

struct row {
    domain::pvc_ref pvc;
    std::string volume; // Longhorn volumeHandle, else the PV's name; "" if unbound
    std::string storage_class;
    std::string capacity; // status, else request: a quantity as Kubernetes has it
    // Of the newest complete backup, else the default one if it serves this volume, else "none".
    std::string driver;
    std::map<std::string, driver_row> drivers;
    std::optional<instant> last_backup_at;
    std::optional<std::int64_t> last_backup_size_bytes;
    std::int64_t backup_count = 0;
    domain::health health = domain::health::unknown;
    std::string health_detail;     // why unknown / unsupported / unbound
    bool deleted = false;          // the PVC is gone; its backups are there
    std::optional<proof> verified; // by the newest restore that was compared
    bool operator==(const row&) const = default;
};

struct report {
    instant generated_at{};
    std::vector<row> rows; // by namespace, then name; deleted ones among them
    // Of what the rows say, not of ages and `generated_at`: equal on all replicas that know the same. 64 hex digits.
    std::string content_hash;
    // When the first fresh row becomes stale if nothing changes.
    std::optional<instant> next_crossing;
};

} // namespace soteria::inventory
