#include "endings.hpp"

#include <soteria/operations/decide.hpp>

#include <algorithm>
#include <cstdlib>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::step_state;

// Progress is written where it moved this much, or moved at all in that time: 1,000 restores must not drown the API
// (how often at most is the loop's business).
constexpr int progress_percent = 2;
constexpr std::chrono::seconds slow_progress_interval{60};

constexpr std::chrono::milliseconds refused_undo_pause{2000};

domain::step* step_of(operation& record, std::string_view name) {
    const auto found = std::ranges::find(record.steps, name, &domain::step::name);
    return found == record.steps.end() ? nullptr : &*found;
}

// The step is over, well or (past the point of no return) not: the next intent, or the end.
void go_on(operation& next, std::string message, instant now) {
    next.last_progress_at = now;
    next.stalled_since.reset();
    const auto following = std::ranges::find(next.steps, step_state::pending, &domain::step::state);
    if (following == next.steps.end()) {
        next = succeed(std::move(next), now);
        return;
    }
    following->state = step_state::running;
    following->started_at = now;
    next.reason = camel_case(following->name);
    next.message = message.empty() ? in_words(following->name) : std::move(message);
}

bool moved(const std::optional<domain::progress>& before, const std::optional<domain::progress>& after) {
    return after && (!before || after->percent != before->percent || after->bytes_done != before->bytes_done);
}

// It stands still: since when, what holds it up, and until when that is watched.
void say_stalled(operation& next, domain::step& current, const backup::step_report& report, const limits& limit,
                 instant now) {
    if (!next.stalled_since)
        next.stalled_since = now;
    std::string cause = report.message;
    while (cause.ends_with('.'))
        cause.pop_back();
    if (!report.held_up_by.empty())
        cause += "; " + report.held_up_by;
    current.message = cause;
    next.reason = report.code.empty() ? "Stalled" : camel_case(report.code);
    next.message = "no progress since " + format_rfc3339(limit.still_since(next, now)) + ": " + cause +
                   "; unless it moves, it is given up at " + format_rfc3339(limit.gives_up_at(next, now));
}

// It is not over: progress and words, and how soon they have to be written.
writing note_waiting(const operation& record, operation& next, domain::step& current, const backup::step_report& report,
                     const limits& limit, instant now) {
    const bool has_moved = moved(record.progress, report.progress);
    const bool alive = has_moved || report.patient;
    const auto still = now - limit.still_since(record, now);
    const int percent_before = record.progress ? record.progress->percent : -1;
    const int percent_now = report.progress ? report.progress->percent : percent_before;
    const bool far = has_moved && std::abs(percent_now - percent_before) >= progress_percent;
    // Movement and patience must be on record before they would be taken for a stall.
    const bool must_be_known = alive && still >= limit.stall / 2;
    if (report.progress)
        next.progress = report.progress;
    if (has_moved || must_be_known)
        next.last_progress_at = now;
    current.message = report.message;
    next.message = report.message;
    if (!alive && (record.stalled_since || still >= limit.stall)) {
        say_stalled(next, current, report, limit, now);
    } else if (record.stalled_since) {
        next.stalled_since.reset();
        next.reason = camel_case(current.name);
    }
    if (next.facts != record.facts || next.stalled_since != record.stalled_since || must_be_known)
        return writing::at_once;
    const bool said_else = next.message != record.message || next.reason != record.reason;
    const bool worth_it = (has_moved && (far || still >= slow_progress_interval)) || said_else;
    return worth_it ? writing::when_convenient : writing::not_needed;
}

} // namespace

consequence after_perform(const operation& record, std::span<const backup::step_definition> steps,
                          const std::string& step, const backup::step_report& report, const limits& limit,
                          instant now) {
    using outcome = backup::step_report::outcome;
    consequence after{record, writing::not_needed, report.again_after};
    operation& next = after.next;
    auto* current = step_of(next, step);
    if (current == nullptr)
        return after;
    for (const auto& [key, value] : report.facts)
        next.facts[key] = value;
    if (report.what != outcome::done && report.what != outcome::failed) {
        after.write = note_waiting(record, next, *current, report, limit, now);
        return after;
    }
    const bool failed = report.what == outcome::failed;
    current->state = failed ? step_state::failed : step_state::done;
    current->finished_at = now;
    current->message = report.message;
    if (failed && !is_after_return(steps, step))
        next = turn_back(std::move(next), report.code, report.message, now);
    else
        go_on(next, failed ? std::string() : report.message, now);
    after.write = writing::at_once;
    after.pause = std::chrono::milliseconds{0};
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
    for (const auto& [key, value] : report.facts)
        after.next.facts[key] = value;
    if (after.next.facts != record.facts)
        after.write = writing::at_once;
    if (report.what == outcome::done) {
        current->state = step_state::undone;
        current->finished_at = now;
        after.next.last_progress_at = now;
        after.next.leftovers.insert(after.next.leftovers.end(), report.leftovers.begin(), report.leftovers.end());
        after.write = writing::at_once;
        after.pause = std::chrono::milliseconds{0};
        return after;
    }
    // A refusal may be mended from outside (a right, a webhook): only time ends the tries.
    if (now - limit.still_since(record, now) < limit.undo_patience) {
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
