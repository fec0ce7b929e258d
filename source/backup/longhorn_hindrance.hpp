// What holds up a backup or a restore that Longhorn has under way, as far as its own answers tell. Longhorn has no
// words for most of it: a restore whose backup is gone, or that waits for a store, simply does not move. Pure.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/longhorn/phase.hpp>
#include <soteria/longhorn/poller.hpp>

#include <string>

namespace soteria::backup {

struct hindrance {
    std::string code;    // the word for it; empty: none is known
    std::string message; // a part of a sentence, without a period; empty where the phase's text says it already
    bool unseen = false; // Longhorn does not answer: what it held last tells nothing of now
};

// Of a volume that is being restored. Codes: longhorn_unavailable, those of longhorn::restore_phase, backup_gone,
// backup_target_unavailable, volume_not_attached.
hindrance hindrance_of_restore(const longhorn::picture& known, const longhorn::volume& volume,
                               const longhorn::restore_phase& phase, const domain::operation& record);

// Of a backup that is listed and not complete. Codes: longhorn_unavailable, backup_target_unavailable, volume_faulted,
// volume_not_attached.
hindrance hindrance_of_backup(const longhorn::picture& known, const longhorn::backup_phase& phase);

void put_into(step_report& report, hindrance held_up);

// Of what Longhorn does not list and was asked for by itself, in vain.
step_report not_answered(const failure& why, std::chrono::milliseconds again_after);

} // namespace soteria::backup
