#include "endings.hpp"

#include <soteria/operations/decide.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::operation_phase;
using domain::step_state;

// The step that is next, or under way; null: none is left.
const domain::step* current_step(const operation& record, std::span<const backup::step_definition> steps) {
    for (const auto& each : record.steps) {
        const bool over =
            each.state == step_state::done || (each.state == step_state::failed && is_after_return(steps, each.name));
        if (!over)
            return &each;
    }
    return nullptr;
}

operation first_intent(operation next, std::span<const backup::step_definition> steps, instant now) {
    next.phase = operation_phase::running;
    next.reason = "Running";
    next.message = "started";
    next.started_at = now;
    next.last_progress_at = now;
    next.steps.clear();
    for (const auto& each : steps)
        next.steps.push_back({std::string(each.name), step_state::pending, std::nullopt, std::nullopt, ""});
    if (!next.steps.empty()) {
        next.steps.front().state = step_state::running;
        next.steps.front().started_at = now;
    }
    return next;
}

std::string who_cancelled(const operation& record) {
    if (!record.cancelled_by.empty())
        return "cancelled by " + record.cancelled_by;
    return "cancelled: the record was deleted";
}

bool wants_cancel(const operation& record) {
    return record.delete_requested || !record.cancelled_by.empty();
}

// The last step, going back, of which something may be left.
const domain::step* next_undo(const operation& record, std::span<const backup::step_definition> steps) {
    for (auto each = record.steps.rbegin(); each != record.steps.rend(); ++each) {
        const auto definition = std::ranges::find(steps, each->name, &backup::step_definition::name);
        const bool may_have_made =
            each->state == step_state::running || each->state == step_state::done || each->state == step_state::failed;
        if (definition != steps.end() && !definition->undo.empty() && may_have_made)
            return &*each;
    }
    return nullptr;
}

// Why the operation goes no further; nothing: it does.
std::optional<domain::operation_error> reason_to_stop(const operation& record, const domain::step& current,
                                                      const limits& limit, instant now) {
    if (wants_cancel(record))
        return domain::operation_error{"cancelled", who_cancelled(record)};
    if (now < limit.gives_up_at(record, now))
        return std::nullopt;
    const auto last = "; last: " + (current.message.empty() ? record.message : current.message);
    if (now >= record.started_at.value_or(now) + limit.timeout(record))
        return domain::operation_error{
            "timed_out", "not finished within " + std::to_string(limit.timeout(record).count()) + " seconds" + last};
    return domain::operation_error{"stalled",
                                   "no progress for " + std::to_string(2 * limit.stall.count()) + " seconds" + last};
}

decision decide_forward(const operation& record, std::span<const backup::step_definition> steps, const limits& limit,
                        instant now) {
    const auto* current = current_step(record, steps);
    if (current == nullptr)
        return write{succeed(record, now)};
    if (auto stop = reason_to_stop(record, *current, limit, now)) {
        if (is_after_return(steps, current->name))
            return write{give_up_rest(record, stop->detail, now)};
        return write{turn_back(record, std::move(stop->code), std::move(stop->detail), now)};
    }
    return perform{current->name, limit.gives_up_at(record, now)};
}

} // namespace

decision decide(const operation& record, std::span<const backup::step_definition> steps, const limits& limit,
                instant now) {
    if (domain::finished(record.phase))
        return record.protected_by_finalizer ? decision{release{}} : decision{nothing{}};
    if (!record.protected_by_finalizer)
        return record.delete_requested ? decision{nothing{}} : decision{protect{}};
    if (record.phase == operation_phase::queued) {
        if (wants_cancel(record)) {
            operation next = record;
            next.error = domain::operation_error{"cancelled", who_cancelled(record)};
            return write{finish(std::move(next), operation_phase::cancelled, "Cancelled",
                                who_cancelled(record) + " before it began; nothing was made", now)};
        }
        return begin{first_intent(record, steps, now)};
    }
    if (record.heading == domain::direction::forward)
        return decide_forward(record, steps, limit, now);
    if (const auto* step = next_undo(record, steps))
        return undo{step->name};
    return write{finish_rollback(record, now)};
}

decision decide_without_driver(const operation& record, instant now) {
    const std::string which = "the driver \"" + record.request.driver + "\" is ";
    const bool begun = record.active() && record.phase != operation_phase::queued;
    operation next = record;
    if (begun) {
        next.message = "nothing is done, and nothing undone, until " + which + "configured";
        return next.message == record.message ? decision{nothing{}} : decision{write{std::move(next)}};
    }
    auto decided = decide(record, {}, {}, now);
    if (!std::holds_alternative<begin>(decided))
        return decided;
    const auto why = which + "not configured; nothing was made";
    next.error = domain::operation_error{"driver_not_configured", why};
    return write{finish(std::move(next), operation_phase::failed, "DriverNotConfigured", why, now)};
}

} // namespace soteria::operations
