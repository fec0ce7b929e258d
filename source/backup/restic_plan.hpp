// Requests resolved and checked in full: what a dry run shows, and what an accepted request records.
#pragma once

#include <soteria/backup/restic_driver.hpp>

#include <string>

namespace soteria::backup {

// unprocessable: secret_missing, secret_incomplete, wrong_password, repository_refused, refused_by_cluster, and those
// of restic_source.hpp.
boost::asio::awaitable<result<domain::plan>> plan_restic_backup(restic_world& world, domain::operation_request request,
                                                                async::deadline until);

// unprocessable: missing_field, unsupported_field, too_large, those of restic_choice.hpp, secret and cluster as above.
boost::asio::awaitable<result<domain::plan>> plan_restic_restore(restic_world& world, domain::operation_request request,
                                                                 async::deadline until);

// The repository cannot be used as it is set up, as the last listing has found: an operation would only fail.
result<void> check_usable(const restic_world& world);

// Job and Secret as a plan resolves them.
void name_job(std::map<std::string, std::string>& facts, std::string job_name);

// With the names of the objects that its kind stands for.
domain::planned_step planned_restic_step(const restic_world& world, const step_definition& step,
                                         const domain::pvc_ref& claim, const std::map<std::string, std::string>& facts);

} // namespace soteria::backup
