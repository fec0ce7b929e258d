// Verdicts as the reports of steps, with the facts that they bring. Pure.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/restic/snapshot.hpp>
#include <soteria/restic/verdict.hpp>

namespace soteria::backup {

// waiting: what it waits for, or how far it is. A Pod that runs where restic tells no progress (a restore by restic
// < 0.16; what comes after 100 %: reading all of it again, writing the index) is not taken for a stall: its Job has a
// deadline. One that does not start, or that waits for the store, is.
step_report still_running(const restic::verdict& verdict, std::string_view otherwise,
                          std::chrono::milliseconds again_after);
// Of a Job that is one step as a whole (init, mark, forget): short work without progress, after its turn has come. What
// keeps it from starting is taken for a stall.
step_report own_job_waits(const restic::verdict& verdict, std::string_view otherwise,
                          std::chrono::milliseconds again_after);
// Neither Job nor log could be asked, or the log of what has ended: how it stands is not known.
step_report could_not_look(const failure& why, std::chrono::milliseconds again_after);
// complete or incomplete.
step_report backup_made(const restic::verdict& verdict, instant ended);
// The same, where only the repository could tell.
step_report backup_found(const restic::snapshot& snapshot);
step_report restore_made(const restic::verdict& verdict, bool verified, std::optional<instant> started, instant ended);

} // namespace soteria::backup
