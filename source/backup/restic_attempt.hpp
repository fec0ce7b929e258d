// The effects of the restic driver and their undos, one function each. Every one can be run twice.
#pragma once

#include "cluster_checks.hpp"

#include <soteria/backup/restic_driver.hpp>

namespace soteria::backup {

// One attempt: what it works with, whose it is, and how long it may take. Lives as long as the attempt.
struct restic_attempt {
    restic_world& world;
    const domain::operation& record;
    const effect_budget& budget;

    [[nodiscard]] cluster_effect in_cluster() const { return {world.kubernetes, record.uid, budget}; }
};

using restic_effect = boost::asio::awaitable<step_report> (*)(restic_attempt);

namespace restic_backup_effects {
boost::asio::awaitable<step_report> resolve(restic_attempt now);
boost::asio::awaitable<step_report> repository(restic_attempt now);
boost::asio::awaitable<step_report> create_job(restic_attempt now);
boost::asio::awaitable<step_report> start_job(restic_attempt now);
boost::asio::awaitable<step_report> wait_backup(restic_attempt now);
boost::asio::awaitable<step_report> mark_incomplete(restic_attempt now);
boost::asio::awaitable<step_report> forget(restic_attempt now);
} // namespace restic_backup_effects

namespace restic_restore_effects {
boost::asio::awaitable<step_report> resolve(restic_attempt now);
boost::asio::awaitable<step_report> create_claim(restic_attempt now);
boost::asio::awaitable<step_report> create_job(restic_attempt now);
boost::asio::awaitable<step_report> start_job(restic_attempt now);
boost::asio::awaitable<step_report> wait_restore(restic_attempt now);
boost::asio::awaitable<step_report> delete_claim(restic_attempt now);
} // namespace restic_restore_effects

// Of both kinds.
namespace restic_effects {
boost::asio::awaitable<step_report> create_secret(restic_attempt now);
boost::asio::awaitable<step_report> delete_job(restic_attempt now);
// After the end: the Job goes after its time, what came after the point of no return at once.
boost::asio::awaitable<step_report> tidy(restic_attempt now);
} // namespace restic_effects

} // namespace soteria::backup
