// The effects of the Longhorn driver and their undos, one function each. Every one can be run twice.
#pragma once

#include <soteria/backup/longhorn_driver.hpp>

namespace soteria::backup {

// One attempt: what it works with, whose it is, and how long it may take. Lives as long as the attempt.
struct attempt {
    longhorn_world& world;
    const longhorn_settings& settings;
    const domain::operation& record;
    const effect_budget& budget;

    [[nodiscard]] kube::call_options kubernetes_call() const {
        return kube::call_options(budget.until, budget.purpose);
    }

    [[nodiscard]] longhorn::call_options longhorn_call() const {
        return longhorn::call_options(budget.until, budget.purpose);
    }
};

using effect = boost::asio::awaitable<step_report> (*)(attempt);

namespace backup_effects {
boost::asio::awaitable<step_report> resolve(attempt now);
boost::asio::awaitable<step_report> create_snapshot(attempt now);
boost::asio::awaitable<step_report> wait_snapshot(attempt now);
boost::asio::awaitable<step_report> start_backup(attempt now);
boost::asio::awaitable<step_report> wait_backup(attempt now);
boost::asio::awaitable<step_report> delete_snapshot(attempt now);
boost::asio::awaitable<step_report> delete_backup(attempt now);
// Our older snapshots of the volume; the newest stays (Longhorn stops at 250).
boost::asio::awaitable<step_report> delete_older_snapshots(attempt now);
} // namespace backup_effects

namespace restore_effects {
boost::asio::awaitable<step_report> resolve(attempt now);
boost::asio::awaitable<step_report> create_volume(attempt now);
boost::asio::awaitable<step_report> create_claim(attempt now);
boost::asio::awaitable<step_report> wait_restored(attempt now);
boost::asio::awaitable<step_report> create_persistent_volume(attempt now);
boost::asio::awaitable<step_report> wait_bound(attempt now);
boost::asio::awaitable<step_report> delete_volume(attempt now);
boost::asio::awaitable<step_report> delete_claim(attempt now);
boost::asio::awaitable<step_report> delete_persistent_volume(attempt now);
} // namespace restore_effects

} // namespace soteria::backup
