// The listed snapshots and the records of backups, put together. Pure.
#pragma once

#include <soteria/domain/operation.hpp>
#include <soteria/restic/catalogue.hpp>

#include <memory>
#include <string>
#include <vector>

namespace soteria::backup {

using backup_records = std::vector<std::shared_ptr<const domain::operation>>;

// The snapshot that a record of a restic backup made, as far as it says; its id is empty where it made none (yet).
restic::snapshot snapshot_of(const domain::operation& backup);

// All that these records have to say about it, in one text: as long as it is the same, so is the outcome of join().
std::string join_key(const domain::operation& backup);

// Sizes and marks that the records know and the snapshots do not say (yet).
void complete(std::vector<restic::snapshot>& snapshots, const backup_records& records);

// As of now: with the snapshots of backups that have ended since the listing began, and without those of backups whose
// outcome is not known yet (an incomplete one must not look complete before it is marked). Null: nothing is different.
std::shared_ptr<const restic::catalogue> join(const restic::catalogue& listed, const backup_records& records);

// What a listing of ids asks for next: those that are not known yet, in the order of `ids`.
std::vector<std::string> unknown_ids(const restic::catalogue& known, const std::vector<std::string>& ids);
// Those of the newest known snapshots that a listing of ids leaves out, at most so many.
std::vector<std::string> missing_ids(const restic::catalogue& known, const std::vector<std::string>& ids,
                                     std::size_t most);
// The snapshots of these ids, from what was known and what was read now; an id that is in neither is gone. Newest
// first.
std::vector<restic::snapshot> snapshots_of(const std::vector<std::string>& ids, const restic::catalogue& known,
                                           const std::vector<restic::snapshot>& read);

} // namespace soteria::backup
