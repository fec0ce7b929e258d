// The arguments of each restic command: a list, never a shell's line. Works with restic 0.14 and 0.16. `restic` itself
// is not part of them; the repository, password and keys come by the environment (manifests.hpp).
#pragma once

#include <soteria/domain/pvc.hpp>

#include <string>
#include <vector>

namespace soteria::restic {

using arguments = std::vector<std::string>;

// Where a backup Job sees the PVC, and below what a restore Job writes.
inline constexpr std::string_view data_path = "/data";
inline constexpr std::string_view restore_path = "/restore";

struct backup_order {
    domain::pvc_ref pvc;
    std::string pvc_uid;
    std::string operation_uid;
    std::vector<std::string> tags;  // the caller's
    std::vector<std::string> extra; // SOTERIA_RESTIC_BACKUP_ARGS
};

// backup --json --host <ns>/<pvc> --tag ... <extra> /data
arguments backup_arguments(const backup_order& order);
// restore <id> --target /restore [--verify] --json (0.14 ignores --json there).
arguments restore_arguments(const std::string& snapshot_id, bool verify);
// forget --host ... --tag soteria:namespace=...,soteria:pvc=... --group-by host <extra>: that PVC's, never another's.
// Incomplete snapshots are neither counted nor removed by it unless they are too old by the same rule.
arguments forget_arguments(const domain::pvc_ref& pvc, const std::vector<std::string>& extra);
// tag --add soteria:incomplete <id>
arguments mark_incomplete_arguments(const std::string& snapshot_id);
// list snapshots: one id a line; takes no lock.
arguments list_ids_arguments();
// snapshots --json [ids]: takes no lock.
arguments list_snapshots_arguments(const std::vector<std::string>& ids);
arguments init_arguments();
// Removes stale locks only.
arguments unlock_arguments();

} // namespace soteria::restic
