// Which Job each part of an operation needs. Pure: from the record's facts (or what a plan has resolved) and the
// settings.
#pragma once

#include "longhorn_manifests.hpp"

#include <soteria/backup/restic_driver.hpp>

namespace soteria::backup {

// Whose Job it is: a record, or a plan that has none yet.
struct job_owner {
    std::string uid;
    std::string id;
};

restic::job_order backup_order(const restic_world& world, const domain::operation_request& request,
                               const resolved_facts& facts, const job_owner& owner, const restic::job_place& place);
restic::job_order restore_order(const restic_world& world, domain::operation_kind kind,
                                const domain::operation_request& request, const resolved_facts& facts,
                                const job_owner& owner);

// In Soteria's own namespace. Their names come from the record's uid; init's from the repository, so that there is one.
restic::job_order init_order(const restic_world& world);
restic::job_order mark_order(const restic_world& world, const domain::operation& record);
restic::job_order forget_order(const restic_world& world, const domain::operation& record);

// Backup or restore, by the record's kind; without a place.
restic::job_order main_order(const restic_world& world, const domain::operation& record);

// "/restore/data" for a snapshot of "/data": restic restores with the path into /restore, so that the files come back
// at the root of the volume. "/restore" for a snapshot of several paths.
std::string mount_path_of(const restic::snapshot& snapshot);

} // namespace soteria::backup
