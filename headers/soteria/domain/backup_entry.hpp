// One backup as the API lists it, whichever driver made it.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace soteria::domain {

struct backup_entry {
    std::string name;     // the driver's own: Longhorn's backup name, restic's id
    std::string snapshot; // the name that we gave; empty where somebody else made it
    std::string driver;
    std::string volume;
    std::string state;                 // completed, incomplete, running, failed, unknown
    std::optional<instant> created_at; // the time of the data
    std::optional<instant> finished_at;
    std::optional<std::int64_t> size_bytes;
    std::string mode; // incremental, full; empty where unknown
    std::string url;
    std::vector<std::string> tags; // "key=value"
    std::optional<int> progress_percent;
    std::string error;
    bool latest = false; // what "latest" would restore now
    bool restorable = false;
};

// The backups of one PVC, newest first.
struct backup_list {
    pvc_ref pvc;
    bool pvc_exists = false;
    std::string driver;
    std::string volume; // the present one; empty where the PVC is gone
    instant generated_at{};
    std::vector<backup_entry> backups;
    std::vector<std::string> warnings; // what the list may lack, and why
};

} // namespace soteria::domain
