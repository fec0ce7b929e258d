#include <soteria/operations/decide.hpp>

#include <algorithm>
#include <cstdlib>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::operation_phase;
using domain::step_state;

// Progress is written where it moved this much, or moved at all in that time: 1,000 restores must not drown the API
// (how often at most is the loop's business).
constexpr int progress_percent = 2;
constexpr std::chrono::seconds slow_progress_interval{60};

domain::step* step_of(operation& record, std::string_view name) {
    const auto found = std::ranges::find(record.steps, name, &domain::step::name);
    return found == record.steps.end() ? nullptr : &*found;
}

constexpr std::chrono::milliseconds refused_undo_pause{2000};

// "create_volume" -> "CreateVolume": Kubernetes reasons are CamelCase.
std::string camel_case(std::string_view words) {
    std::string text;
    bool upper = true;
    for (const char c : words) {
        if (c == '_') {
            upper = true;
            continue;
        }
        text += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        upper = false;
    }
    return text;
}

// "wait_restored" -> "at step wait restored": what is said until the step has words of its own.
std::string in_words(std::string_view step) {
    std::string text = "at step ";
    for (const char c : step)
        text += c == '_' ? ' ' : c;
    return text;
}

operation turn_back(operation next, std::string code, std::string detail, instant now) {
    next.phase = operation_phase::rolling_back;
    next.heading = domain::direction::undoing;
    next.reason = camel_case(code);
    next.message = detail;
    next.error = domain::operation_error{std::move(code), std::move(detail)};
    next.last_progress_at = now;
    return next;
}

operation finish(operation next, operation_phase phase, std::string reason, std::string message, instant now) {
    next.phase = phase;
    next.reason = std::move(reason);
    next.message = std::move(message);
    next.finished_at = now;
    if (!next.started_at)
        next.started_at = now;
    return next;
}

operation succeed(operation next, instant now) {
    const bool is_backup = next.kind == domain::operation_kind::backup;
    for (const auto* key : {"backup", "volume"})
        if (auto value = next.fact(key); !value.empty())
            next.result[key] = std::move(value);
    if (!is_backup)
        next.result["claim_name"] = next.request.target.name;
    next.progress = domain::progress{100, std::nullopt, std::nullopt, std::nullopt};
    std::string message = is_backup ? "the backup of " + next.request.source.text() + " is complete"
                                    : "restored into " + next.request.target.text();
    return finish(std::move(next), operation_phase::succeeded, "Completed", std::move(message), now);
}

// The end of a rollback.
operation finish_rollback(operation next, instant now) {
    const bool cancelled = next.error && next.error->code == "cancelled";
    std::string message = next.error ? next.error->detail : std::string("rolled back");
    message += next.leftovers.empty()
                   ? "; nothing of it is left"
                   : "; " + std::to_string(next.leftovers.size()) + " object(s) could not be removed, see leftovers";
    std::string reason = next.reason;
    return finish(std::move(next), cancelled ? operation_phase::cancelled : operation_phase::failed, std::move(reason),
                  std::move(message), now);
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

decision decide_forward(const operation& record, const limits& limit, instant now) {
    if (wants_cancel(record))
        return write{turn_back(record, "cancelled", who_cancelled(record), now)};
    const instant give_up_at = record.started_at.value_or(now) + limit.timeout(record.kind);
    const instant stalled_at = record.last_progress_at.value_or(now) + limit.stall;
    if (now >= give_up_at)
        return write{turn_back(record, "timed_out",
                               "not finished within " + std::to_string(limit.timeout(record.kind).count()) +
                                   " seconds; last: " + record.message,
                               now)};
    if (now >= stalled_at)
        return write{turn_back(
            record, "stalled",
            "no progress for " + std::to_string(limit.stall.count()) + " seconds; last: " + record.message, now)};
    const auto current =
        std::ranges::find_if(record.steps, [](const domain::step& each) { return each.state != step_state::done; });
    if (current == record.steps.end())
        return write{succeed(record, now)};
    return perform{current->name, std::min(give_up_at, stalled_at)};
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
        return decide_forward(record, limit, now);
    if (const auto* step = next_undo(record, steps))
        return undo{step->name};
    return write{finish_rollback(record, now)};
}

consequence after_perform(const operation& record, const std::string& step, const backup::step_report& report,
                          instant now) {
    using outcome = backup::step_report::outcome;
    consequence after{record, writing::not_needed, report.again_after};
    operation& next = after.next;
    auto* current = step_of(next, step);
    if (current == nullptr)
        return after;
    for (const auto& [key, value] : report.facts)
        next.facts[key] = value;
    if (report.what == outcome::done) {
        current->state = step_state::done;
        current->finished_at = now;
        current->message = report.message;
        next.last_progress_at = now;
        const auto following = std::ranges::find(next.steps, step_state::pending, &domain::step::state);
        if (following == next.steps.end())
            next = succeed(std::move(next), now);
        else {
            following->state = step_state::running;
            following->started_at = now;
            next.reason = camel_case(following->name);
            next.message = report.message.empty() ? in_words(following->name) : report.message;
        }
        after.write = writing::at_once;
        after.pause = std::chrono::milliseconds{0};
        return after;
    }
    if (report.what == outcome::failed) {
        current->state = step_state::failed;
        current->finished_at = now;
        current->message = report.message;
        next = turn_back(std::move(next), report.code, report.message, now);
        after.write = writing::at_once;
        after.pause = std::chrono::milliseconds{0};
        return after;
    }
    const int before = record.progress ? record.progress->percent : -1;
    const bool moved = report.progress && report.progress->percent != before;
    const auto since = now - record.last_progress_at.value_or(instant{});
    const bool far = moved && std::abs(report.progress->percent - before) >= progress_percent;
    const std::string said_before = current->message;
    if (report.progress)
        next.progress = report.progress;
    if (moved)
        next.last_progress_at = now;
    current->message = report.message;
    next.message = report.message;
    if (next.facts != record.facts)
        after.write = writing::at_once;
    else if ((moved && (far || since >= slow_progress_interval)) || said_before != report.message)
        after.write = writing::when_convenient;
    return after;
}

bool needs_second_look(const operation& record, const std::string& step) {
    const auto* found = record.find_step(step);
    return found != nullptr && found->state == step_state::running;
}

consequence after_undo(const operation& record, const std::string& step, const backup::step_report& report,
                       bool confirmed, const domain::leftover& otherwise, const limits& limit, instant now) {
    using outcome = backup::step_report::outcome;
    consequence after{record, writing::not_needed, report.again_after};
    auto* current = step_of(after.next, step);
    if (current == nullptr || (report.what == outcome::done && !confirmed))
        return after;
    if (report.what == outcome::done) {
        current->state = step_state::undone;
        current->finished_at = now;
        after.next.last_progress_at = now;
        after.write = writing::at_once;
        after.pause = std::chrono::milliseconds{0};
        return after;
    }
    // A refusal may be mended from outside (a right, a webhook): only time ends the tries.
    if (now - record.last_progress_at.value_or(now) < limit.undo_patience) {
        if (report.what == outcome::failed)
            after.pause = refused_undo_pause;
        return after;
    }
    current->state = step_state::undo_failed;
    current->finished_at = now;
    current->message = report.message;
    auto left = otherwise;
    left.why = report.message;
    after.next.leftovers.push_back(std::move(left));
    after.next.last_progress_at = now;
    after.write = writing::at_once;
    after.pause = std::chrono::milliseconds{0};
    return after;
}

} // namespace soteria::operations
