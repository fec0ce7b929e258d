// What to do next with an operation: plain functions of its record, the driver's step table and the time. No I/O.
//
// Steps after the point of no return (step_definition::after_return) never lead back: a failure, a cancel or a timeout
// there makes them `failed`, and the operation ends as what went before deserves: Succeeded, or Incomplete where the
// record has the fact `incomplete` (its sentence).
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/domain/operation.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <variant>

namespace soteria::operations {

struct limits {
    std::chrono::seconds backup_timeout{86400};
    std::chrono::seconds restore_timeout{86400};
    // No progress for this long: the operation is shown as stalled, with what holds it up, so that somebody can act.
    // After as long again it is given up.
    std::chrono::seconds stall{1800};
    // How long an undo is tried before it is given up and what it would have removed becomes a leftover.
    std::chrono::seconds undo_patience{600};
    // Since when somebody looks: the time in which no replica acted is nobody's lack of progress.
    instant watched_since{};
    // How the operation stands cannot be seen now (step_report::unseen): it is shown as stalled after its time, and
    // only its timeout ends it.
    bool unseen = false;

    // Since when nothing has moved.
    [[nodiscard]] instant still_since(const domain::operation& record, instant now) const {
        return std::max(record.last_progress_at.value_or(now), watched_since);
    }

    // When an operation that does not move is given up, if nothing moves until then.
    [[nodiscard]] instant gives_up_at(const domain::operation& record, instant now) const {
        const instant out_of_time = record.started_at.value_or(now) + timeout(record);
        return unseen ? out_of_time : std::min(still_since(record, now) + 2 * stall, out_of_time);
    }

    [[nodiscard]] std::chrono::seconds timeout(const domain::operation& record) const {
        const auto most = record.kind == domain::operation_kind::backup ? backup_timeout : restore_timeout;
        return std::min(most, record.request.deadline.value_or(most));
    }
};

// There is nothing to do: finished and let go, or gone.
struct nothing {};

// Add our finalizer, so that a delete becomes a cancel.
struct protect {};

// Wait for a free place, then take the slot and write `next`.
struct begin {
    domain::operation next;
};

// Write this status; then decide again.
struct write {
    domain::operation next;
};

struct perform {
    std::string step;
    // The operation is given up when this passes, whatever the step says.
    instant give_up_at;
};

struct undo {
    std::string step;
};

// Finished: tidy up, give the slot back, take the finalizer off.
struct release {};

using decision = std::variant<nothing, protect, begin, write, perform, undo, release>;

decision decide(const domain::operation& record, std::span<const backup::step_definition> steps, const limits& limit,
                instant now);

// The same where the record's driver is not configured here. What has begun stays as it is, and says so: only its
// driver knows how to go on, or back.
decision decide_without_driver(const domain::operation& record, instant now);

enum class writing { not_needed, when_convenient, at_once };

// The record after one attempt at a step: phase and steps are written at once, progress and words now and then.
struct consequence {
    domain::operation next;
    writing write = writing::not_needed;
    // Until when the loop may sleep if nothing wakes it; zero: go on at once.
    std::chrono::milliseconds pause{0};
};

consequence after_perform(const domain::operation& record, std::span<const backup::step_definition> steps,
                          const std::string& step, const backup::step_report& report, const limits& limit, instant now);
// `confirmed`: this undo has been seen done twice, `settle` apart, or did not have to be (see needs_second_look).
consequence after_undo(const domain::operation& record, const std::string& step, const backup::step_report& report,
                       bool confirmed, const domain::leftover& otherwise, const limits& limit, instant now);

// A step whose effect may still be under way when its undo starts (its outcome never was recorded): an undo that finds
// nothing has to look once more after the settle time.
bool needs_second_look(const domain::operation& record, const std::string& step);

} // namespace soteria::operations
