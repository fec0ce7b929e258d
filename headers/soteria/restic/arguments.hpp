// The arguments of each restic command: a list, never a shell's line. Works with restic 0.14 and 0.16. `restic` itself
// is not part of them; the repository, password and keys come by the environment (manifests.hpp).
#pragma once

#include <soteria/domain/pvc.hpp>

#include <string>
#include <string_view>
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
    std::string name;               // of the record
    std::vector<std::string> tags;  // the caller's
    std::vector<std::string> extra; // SOTERIA_RESTIC_BACKUP_ARGS
};

// backup --json --host <ns>/<pvc> --tag ... <extra> /data
arguments backup_arguments(const backup_order& order);
// restore <id> --target /restore [--verify] --json (0.14 ignores --json there).
arguments restore_arguments(const std::string& snapshot_id, bool verify);
// forget --host <ns>/<pvc> --tag soteria:namespace=...,soteria:pvc=...,soteria:counted --group-by host <extra>: that
// PVC's, never another's, and only its complete ones (why: counted_tag).
arguments forget_arguments(const domain::pvc_ref& pvc, const std::vector<std::string>& extra);
// The same rule for the incomplete ones by themselves, so that they do not pile up. Without a --prune: that is the
// other command's, which comes last (a Job's last container is the one that can be asked to end in order).
arguments forget_incomplete_arguments(const domain::pvc_ref& pvc, const std::vector<std::string>& extra);
// tag --add soteria:incomplete --remove soteria:counted <id>; the snapshot gets another id by it, and keeps this one as
// its `original`.
arguments mark_incomplete_arguments(const std::string& snapshot_id);
// list snapshots: one id a line; takes no lock.
arguments list_ids_arguments();
// snapshots --json [ids], full ones: takes no lock. restic then lists the repository once and reads the named snapshots
// one after the other, a round trip to the store each. Ids that are not there (any more) are left out, without an
// error; but 0.16 asks the store ten times for each of them first, which takes it a minute.
arguments list_snapshots_arguments(const std::vector<std::string>& ids);
// snapshots --json --latest 1: the newest of each host and path, to see whether there is any.
arguments list_newest_arguments();
arguments init_arguments();
// Removes stale locks only.
arguments unlock_arguments();

} // namespace soteria::restic
