// Longhorn's answers (manager REST API 1.6 to 1.12), reduced to the fields that Soteria uses.
// What they mean and when they lie: the recordings in test/data/longhorn and their README.
// Texts that Longhorn takes from elsewhere (errors, messages) are shortened to 500 bytes.
#pragma once

#include <soteria/base/time.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soteria::longhorn {

// One replica's view of a restore.
struct restore_progress {
    std::string replica;
    bool is_restoring = false;
    int progress = 0;  // percent
    std::string state; // "", in_progress, complete, error
    std::string error;
    bool operator==(const restore_progress&) const = default;
};

struct condition {
    std::string status; // "True", "False", "Unknown"
    std::string reason;
    std::string message;
    bool operator==(const condition&) const = default;
};

// volume.kubernetesStatus. A non-empty last_pvc_reference_at means the names are history, not the present.
struct kubernetes_status {
    std::string pv_name;
    std::string pv_status;
    std::string ns;
    std::string pvc_name;
    std::string last_pvc_reference_at;
    bool operator==(const kubernetes_status&) const = default;
};

struct volume {
    std::string name;       // the id that Longhorn answered, which may not be the name that was asked for
    std::string state;      // "" (not reconciled yet), creating, detaching, detached, attaching, attached, deleting
    std::string robustness; // healthy, degraded, faulted, unknown
    std::int64_t size_bytes = 0;
    std::string from_backup; // the backup URL it is made from
    bool ready = false;
    bool restore_required = false;
    bool restore_initiated = false;
    bool standby = false;
    bool encrypted = false;
    int number_of_replicas = 0;
    std::string access_mode; // rwo, rwx, rwop
    std::string data_engine; // v1, v2; "" before 1.6
    std::string data_locality;
    std::string frontend;
    std::string backing_image;
    std::string backup_target_name; // "" before 1.8
    std::string created;            // Go's time text
    std::vector<restore_progress> restore_status;
    std::map<std::string, condition> conditions; // by type: Restore, Scheduled, ...
    kubernetes_status kubernetes;
    bool operator==(const volume&) const = default;
};

// A Snapshot CR as snapshotCRGet shows it. `error` is transient text while a detached volume is being attached.
struct snapshot {
    std::string name;
    std::string volume;
    bool ready_to_use = false;
    std::string error;
    std::optional<instant> created_at;
    std::map<std::string, std::string> labels;
    bool operator==(const snapshot&) const = default;
};

struct backup {
    std::string name; // Longhorn's own: backup-<16 hex>
    std::string volume;
    std::string snapshot_name; // the name that we gave
    std::string state;         // "", Pending, InProgress, Completed, Error, Unknown, Deleting
    int progress = 0;          // percent; 0 on backups pulled from the store although Completed
    std::string error;
    std::string url;
    std::string mode;            // incremental, full; "" where unknown
    std::int64_t size_bytes = 0; // of this backup's data
    std::int64_t volume_size_bytes = 0;
    std::string target;                         // backup target's name; "" before 1.8
    std::optional<instant> snapshot_created_at; // the time of the data
    std::optional<instant> created_at;          // upload finished
    std::map<std::string, std::string> labels;  // "KubernetesStatus" among them
    std::map<std::string, std::string> messages;

    // Completed with url and time: a Completed without details is not done yet.
    [[nodiscard]] bool completed() const { return state == "Completed" && !url.empty() && created_at.has_value(); }

    bool operator==(const backup&) const = default;
};

// All backups of one volume in one target.
struct backup_volume {
    std::string name;   // not the volume's name on 1.8 and later
    std::string volume; // volumeName, or `name` where that field is absent (before 1.8)
    std::string target;
    std::int64_t size_bytes = 0;
    std::string storage_class;
    std::string backing_image;
    std::map<std::string, std::string> labels;
    bool names_volume = false; // the answer has a volumeName: 1.8 or later
    bool operator==(const backup_volume&) const = default;
};

struct backup_target {
    std::string name;
    std::string url; // "": not configured
    bool available = false;
    std::string message;
    bool operator==(const backup_target&) const = default;
};

} // namespace soteria::longhorn
