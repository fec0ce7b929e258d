// Verdicts as the reports of steps, with the facts that they bring. Pure.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/restic/snapshot.hpp>
#include <soteria/restic/verdict.hpp>

namespace soteria::backup {

// waiting: what it waits for, or how far it is. A Pod that runs and tells no progress (a restore by restic < 0.16) is
// not taken for a stall: its Job has a deadline.
step_report still_running(const restic::verdict& verdict, std::string_view otherwise,
                          std::chrono::milliseconds again_after);
// complete or incomplete.
step_report backup_made(const restic::verdict& verdict, instant ended);
// The same, where only the repository could tell.
step_report backup_found(const restic::snapshot& snapshot);
step_report restore_made(const restic::verdict& verdict, bool verified, std::optional<instant> started, instant ended);

} // namespace soteria::backup
