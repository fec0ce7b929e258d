// The two step tables of the restic driver: each step with its undo beside it. Deleting the Job takes its Pod and its
// Secret along, so the later steps need no undo of their own.
#pragma once

#include <soteria/backup/driver.hpp>

#include <array>

namespace soteria::backup::restic_steps {

inline constexpr std::array backup{
    step_definition{"resolve", "run", "", false, "PersistentVolumeClaim",
                    "Make sure that the PVC is still the same and can be backed up."},
    step_definition{"repository", "run", "", true, "ResticRepository",
                    "Make the repository where there is none yet; once, however many backups need it."},
    step_definition{"create_job", "create", "delete_job", true, "Job",
                    "Make the Job that backs the PVC up, suspended, where the PVC is in use on that node."},
    step_definition{"create_secret", "create", "", true, "Secret",
                    "Copy the repository's keys for this Job; the copy belongs to it and goes with it."},
    step_definition{"start_job", "patch", "", true, "Job", "Start the Job as soon as the repository is free for it."},
    step_definition{"wait_backup", "wait", "", false, "Job", "Follow the Job until its snapshot is in the repository."},
    step_definition{"mark_incomplete", "run", "", true, "ResticSnapshot",
                    "Mark the snapshot in the repository where files could not be read.", true},
    step_definition{"forget", "run", "", true, "ResticRepository",
                    "Forget older snapshots of this PVC by SOTERIA_RESTIC_FORGET_ARGS.", true},
};

inline constexpr std::array restore{
    step_definition{"resolve", "run", "", false, "ResticSnapshot",
                    "Make sure that the snapshot is still there and belongs to the source."},
    step_definition{"create_claim", "create", "delete_claim", true, "PersistentVolumeClaim",
                    "Make the target; its name is reserved by that."},
    step_definition{"create_job", "create", "delete_job", true, "Job",
                    "Make the Job that writes the files into the target, suspended."},
    step_definition{"create_secret", "create", "", true, "Secret",
                    "Copy the repository's keys for this Job; the copy belongs to it and goes with it."},
    step_definition{"start_job", "patch", "", true, "Job", "Start the Job as soon as the repository is free for it."},
    step_definition{"wait_restore", "wait", "", false, "Job", "Follow the Job until all files are back."},
};

} // namespace soteria::backup::restic_steps
