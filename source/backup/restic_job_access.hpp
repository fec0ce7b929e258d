// Reading the Jobs of restic and their Pods: from the caches, and from the cluster where the caches know nothing yet.
#pragma once

#include <soteria/backup/restic_jobs.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soteria::backup {

// The Job of that operation. not_found: there is none, or one of that name that somebody else made.
boost::asio::awaitable<result<std::shared_ptr<const kube::job>>>
find_job(restic_cluster& world, kube::object_key key, std::string operation_uid, async::deadline until);

// The same, asked of the cluster in any case; what it answers goes into the cache.
boost::asio::awaitable<result<std::shared_ptr<const kube::job>>>
read_job(restic_cluster& world, kube::object_key key, std::string operation_uid, async::deadline until);

// The newest Pod of a Job, from the cache; null: there is none yet.
std::shared_ptr<const kube::pod> known_pod(const restic_cluster& world, const std::string& job_uid);

// All Pods of that Job, asked of the cluster.
boost::asio::awaitable<result<std::vector<kube::pod>>> list_pods(restic_cluster& world, std::string ns,
                                                                 std::string job_name, kube::call_options options);

} // namespace soteria::backup
