// The two step tables of the Longhorn driver: each step with its undo beside it.
#pragma once

#include <soteria/backup/driver.hpp>

#include <array>

namespace soteria::backup::longhorn_steps {

inline constexpr std::array backup{
    step_definition{"resolve", "run", "", false, "LonghornVolume",
                    "Make sure that the PVC still stands for the same Longhorn volume."},
    step_definition{"create_snapshot", "create", "delete_snapshot", true, "LonghornSnapshot",
                    "Take a snapshot of the volume; a detached volume is attached for it by Longhorn."},
    step_definition{"wait_snapshot", "wait", "", false, "LonghornSnapshot", "Wait until the snapshot can be used."},
    step_definition{"start_backup", "run", "delete_backup", true, "LonghornBackup",
                    "Tell Longhorn to back the snapshot up."},
    step_definition{"wait_backup", "wait", "", false, "LonghornBackup",
                    "Follow the backup until it is complete in the backup store."},
};

inline constexpr std::array restore{
    step_definition{"resolve", "run", "", false, "LonghornBackup",
                    "Make sure that the backup is still there and belongs to the source."},
    step_definition{"create_volume", "create", "delete_volume", true, "LonghornVolume",
                    "Make a Longhorn volume from the backup."},
    step_definition{"create_claim", "create", "delete_claim", true, "PersistentVolumeClaim",
                    "Reserve the target's name with a claim that waits for this volume."},
    step_definition{"wait_restored", "wait", "", false, "LonghornVolume", "Wait until all data is back in the volume."},
    step_definition{"create_persistent_volume", "create", "delete_persistent_volume", true, "PersistentVolume",
                    "Offer the volume to the claim, and to no other."},
    step_definition{"wait_bound", "wait", "", false, "PersistentVolumeClaim",
                    "Wait until Kubernetes has bound the claim to the volume."},
};

} // namespace soteria::backup::longhorn_steps
