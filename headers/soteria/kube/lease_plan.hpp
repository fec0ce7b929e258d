// Who holds a Lease, judged from what we saw of it and when. Policy without I/O.
//
// Clocks of different machines are never compared. A holder counts as gone when its renewTime has not changed for a
// whole duration *since we saw it change*; our own tenure ends one duration after we *sent* the last renewal that
// succeeded. The first is later than the second, whatever the network did, so two never hold at once.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/kube/boot_time.hpp>
#include <soteria/kube/lease.hpp>

#include <optional>
#include <string>

namespace soteria::kube {

struct lease_tenure {
    std::string identity; // ours: must be another after every start of the process
    std::chrono::milliseconds duration{15000};

    // The Lease as last seen, and when its renewTime or holder was last seen to change. Unset: there is none.
    std::optional<lease> seen;
    boot_time_point changed_at{};
    // It was held when we last saw it, and then it was deleted: its holder may not know yet.
    bool vanished = false;
    // Until when it is ours; in the past: it is not.
    boot_time_point valid_until{};
    // A write whose answer was lost, or not waited for: if its renewTime shows up, it went through.
    std::string doubtful_renew_time;
    boot_time_point doubtful_sent_at{};
};

enum class lease_step {
    create, // there is none
    take,   // nobody's, or its holder is gone
    renew,  // ours
    watch,  // somebody else's: look again later
};

// What to try now. Reading comes first: call saw() before.
lease_step next_step(const lease_tenure& tenure, boot_time_point now);

// How long somebody else's Lease, seen as it is, stays theirs without a renewal; rounded up, never negative.
std::chrono::milliseconds until_free(const lease_tenure& tenure, boot_time_point now);

// What a read showed (unset: not found).
void saw(lease_tenure& tenure, std::optional<lease> found, boot_time_point now);
// Our write, sent at `sent_at`, succeeded and made it look like this.
void wrote(lease_tenure& tenure, lease written, boot_time_point sent_at);
// Our write failed: conflict (somebody was faster), a lost answer, or cancelled while it was under way.
void write_failed(lease_tenure& tenure, const failure& why, const std::string& renew_time, boot_time_point sent_at);

} // namespace soteria::kube
