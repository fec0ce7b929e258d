// What the simulated Longhorn knows: the objects behind its REST API.
#pragma once

#include "timeline.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace simulator::lh {

using labels = std::map<std::string, std::string>;

// A reason for a volume to be attached: one client or controller each.
struct ticket {
    std::string type; // longhorn-api, snapshot-controller, backup-controller, volume-restore-controller
    std::string node;
    labels parameters;
    instant since;
};

struct condition {
    bool status = false;
    std::string reason;
    std::string message;
    instant since;
};

// Longhorn's memory of the PV and PVC that use a volume. lastPVCRefAt set: the claim is history.
struct kubernetes_view {
    std::string pv_name;
    std::string pv_status;
    std::string ns;
    std::string pvc_name;
    std::string last_pvc_ref_at;
};

struct restore_view {
    bool restoring = false;
    int progress = 0;
    std::string state; // "", in_progress, complete, error
    std::string error;
    std::string filename;
    std::string last_restored;
    std::string url;
};

struct volume {
    std::string name;
    std::uint64_t serial = 0; // tells a volume from its successor of the same name
    instant created;
    std::int64_t size = 0;
    std::int64_t data_bytes = 0;
    int replicas = 3;
    std::string data_engine = "v1";
    std::string access_mode = "rwo";
    std::string frontend = "blockdev";
    std::string data_locality = "disabled";
    std::string backing_image;
    std::string backup_target = "default";
    std::string from_backup;
    std::string restoring_backup; // the backup's name, while it is a restore
    bool encrypted = false;
    bool standby = false;
    int stale_replica_timeout = 0;

    std::string state; // "" until reconciled
    std::string robustness;
    bool deleting = false;
    bool scheduled = true;
    bool restore_initiated = false;
    bool restore_required = false;
    std::optional<instant> restore_data_since;
    bool disable_frontend = false;
    std::string node; // where it is or is being attached
    bool has_engine = false;
    bool has_replicas = false;
    bool engine_running = false;
    bool replicas_running = false;
    bool engine_size_known = false;
    std::string requested_restore;
    std::string last_restored;
    std::optional<restore_view> restore_status;
    std::map<std::string, condition> conditions;
    std::string last_backup;
    std::string last_backup_at;
    std::map<std::string, ticket> tickets;
    kubernetes_view kubernetes;

    std::vector<std::function<void()>> waiting_for_engine;
    int stalled_at = -1;    // percent; -1: not stalled
    std::string serialised; // the answer to GET, "" when something has changed since
};

struct snapshot {
    std::string name;
    std::string volume;
    std::string parent;
    std::string child = "volume-head";
    labels marks;
    instant cr_created;
    std::optional<instant> created;
    bool has_labels = false;
    bool ready = false;
    std::string error;
    std::int64_t size = 0;
    std::int64_t restore_size = 0;
};

struct backup {
    std::string name;
    std::string volume;
    std::string snapshot_name;
    std::string target = "default";
    std::string state;
    int progress = 0;
    std::string error;
    std::string url;
    std::string mode;
    std::string compression;
    std::string backing_image;
    std::string snapshot_created;
    std::string created;
    std::string volume_created;
    std::optional<std::int64_t> size;
    std::optional<std::int64_t> volume_size;
    std::optional<std::int64_t> uploaded;
    std::optional<labels> marks;
    std::optional<labels> messages;
    labels asked_labels;
    instant data_since;
    milliseconds data_takes{0};
    std::string storage_class;
    int stalled_at = -1;
    int attempts = 0; // to find its snapshot ready
    bool delete_stuck = false;
};

struct backup_volume {
    std::string name;
    std::string volume;
    std::string target = "default";
    std::string created;
    std::optional<std::int64_t> size; // nullopt: not synced yet
    std::int64_t data_stored = 0;
    std::string last_backup;
    std::string last_backup_at;
    std::string storage_class;
    std::string backing_image;
    labels marks;
    std::optional<instant> synced;
};

struct backup_target {
    std::string name = "default";
    std::string url;
    std::string secret;
    std::string poll_interval = "5m0s";
    bool available = false;
    std::string message = "backup target URL is empty";
    bool store_up = true; // the object store itself, which Longhorn learns only when it looks
    std::optional<instant> probed;
    // What the store holds while no target points at it.
    std::vector<backup> hidden_backups;
    std::vector<backup_volume> hidden_volumes;
};

} // namespace simulator::lh
