// How far Longhorn is: pure functions of what it answered, in place of reading its flags one by one.
#pragma once

#include <soteria/longhorn/objects.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace soteria::longhorn {

struct restore_phase {
    enum class kind {
        not_started, // just created: both of Longhorn's restore flags are still false
        restoring,   // also while the volume is on its way to and from the node
        finished,    // the data is there; a PersistentVolume may be made of it
        failed,      // for good: delete the volume and start again
    };
    kind what = kind::not_started;
    int percent = 0; // of the slowest replica that still works; 100 once finished
    // For `failed` the reason, else what it waits for or complains about; may be empty.
    std::string text;
    // A word for that complaint: replica_failed, unschedulable, backing_image_missing.
    std::string code;
};

// Of a volume made from a backup. `ready` plays no part: it is true for moments before the end. A restore that never
// ends (nothing schedulable, no slot) stays `restoring`: a stall deadline is the caller's.
restore_phase restore_phase_of(const volume& one);

struct backup_phase {
    enum class kind {
        absent,
        running,   // queued, pending, in progress, or Completed without url and time yet
        completed, // with url and time
        failed,    // failed, being deleted, or its deletion failed
    };
    kind what = kind::absent;
    int percent = 0;  // 100 once completed
    std::string text; // why it failed, or what it waits for; may be empty
    backup chosen;    // the backup that this is about; unset (no name) if absent
};

// Of one backup, whatever its snapshot.
backup_phase backup_phase_of(const backup& one);

// Of the backups of one snapshot. A repeated request makes several: the oldest completed one counts, else the furthest
// that runs, else the newest failed one.
backup_phase backup_phase_of(const std::vector<backup>& backups, std::string_view snapshot_name);

struct snapshot_phase {
    bool ready = false;
    // What it waits for. Longhorn calls it an error while a detached volume is being attached; it clears by itself.
    std::string waiting_for;
};

snapshot_phase snapshot_phase_of(const snapshot& one);

} // namespace soteria::longhorn
