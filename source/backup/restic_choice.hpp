// Which snapshot a restore request means.
#pragma once

#include "restic_source.hpp"

#include <string>

namespace soteria::backup {

struct chosen_snapshot {
    restic::snapshot snapshot;
    domain::pvc_ref source; // the request's, or, where that left it open, the snapshot's
    claim_pointer claim;    // the source as it is now; null: it is gone
};

// not_found: pvc_not_found, no_backup. unprocessable: backup_not_completed, foreign_backup, ambiguous_snapshot,
// pvc_required. unavailable (repository_unavailable): what the repository holds is not known.
boost::asio::awaitable<result<chosen_snapshot>> choose_snapshot(restic_world& world, domain::operation_request request,
                                                                async::deadline until);

// It may be restored for that source: it is of it, or the request says that it need not be. unprocessable
// (foreign_backup).
result<void> check_owner(const restic::snapshot& snapshot, const domain::operation_request& request);

// unavailable (repository_unavailable): it was never listed; says why where that is known.
result<void> check_listed(const restic::catalogue& catalogue);

} // namespace soteria::backup
