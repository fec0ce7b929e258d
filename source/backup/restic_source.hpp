// A PVC as restic's Jobs meet it: the claim itself, and who uses it where.
#pragma once

#include <soteria/backup/restic_driver.hpp>

#include <memory>
#include <string>

namespace soteria::backup {

using claim_pointer = std::shared_ptr<const kube::persistent_volume_claim>;

// As the cluster has it now (read, not from a cache). Null: there is none.
boost::asio::awaitable<result<claim_pointer>> read_claim(kube::client& kubernetes, domain::pvc_ref pvc,
                                                         async::deadline until);

// What a live claim must be for restic: there, bound, a file system, not being deleted. not_found (pvc_not_found),
// unprocessable (pvc_not_bound, pvc_terminating, block_volume).
result<void> check_can_be_read(const claim_pointer& claim, const domain::pvc_ref& pvc);

// Where a Job that mounts the claim must run, because of the Pods that use it now: on the node of those where the claim
// is ReadWriteOnce, as its SELinux level decides who may read. unprocessable (pvc_in_use): it is ReadWriteOncePod and
// in use.
boost::asio::awaitable<result<restic::job_place>> place_beside_users(kube::client& kubernetes, claim_pointer claim,
                                                                     async::deadline until);

} // namespace soteria::backup
