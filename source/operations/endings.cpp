#include "endings.hpp"

#include <soteria/backup/facts.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::operation_phase;
using domain::step_state;

const backup::step_definition* definition_of(std::span<const backup::step_definition> steps, std::string_view name) {
    const auto found = std::ranges::find(steps, name, &backup::step_definition::name);
    return found == steps.end() ? nullptr : &*found;
}

// What the record has found out or made, as its result.
void keep_result(operation& next) {
    static constexpr std::pair<std::string_view, const char*> kept[] = {{backup::facts::backup, "backup"},
                                                                        {backup::facts::volume, "volume"},
                                                                        {backup::facts::job_name, "job_name"},
                                                                        {backup::facts::secret, "secret"},
                                                                        {backup::facts::files, "files"},
                                                                        {backup::facts::bytes, "bytes"},
                                                                        {backup::facts::restored_files, "files"},
                                                                        {backup::facts::restored_bytes, "bytes"},
                                                                        {backup::facts::bytes_added, "bytes_added"},
                                                                        {backup::facts::seconds, "seconds"},
                                                                        {backup::facts::verified, "verified"}};
    for (const auto& [fact, key] : kept)
        if (auto value = next.fact(fact); !value.empty())
            next.result[key] = std::move(value);
    if (next.kind != domain::operation_kind::backup && !next.request.target.name.empty())
        next.result["claim_name"] = next.request.target.name;
}

std::string good_news(const operation& of) {
    const auto& target = of.request.target;
    if (of.kind == domain::operation_kind::backup)
        return "the backup of " + of.request.source.text() + " is complete";
    if (target.name.empty())
        return "the backup of " + of.request.source.text() +
               (of.fact(backup::facts::verified) == "true" ? " can be restored: all of it was restored and verified"
                                                           : " can be restored: all of it was restored");
    return "restored into " + target.text();
}

} // namespace

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

std::string in_words(std::string_view step) {
    std::string text = "at step ";
    for (const char c : step)
        text += c == '_' ? ' ' : c;
    return text;
}

bool is_after_return(std::span<const backup::step_definition> steps, std::string_view name) {
    const auto* definition = definition_of(steps, name);
    return definition != nullptr && definition->after_return;
}

operation turn_back(operation next, std::string code, std::string detail, instant now) {
    next.phase = operation_phase::rolling_back;
    next.heading = domain::direction::undoing;
    next.reason = camel_case(code);
    next.message = detail;
    next.error = domain::operation_error{std::move(code), std::move(detail)};
    next.last_progress_at = now;
    next.stalled_since.reset();
    return next;
}

operation finish(operation next, operation_phase phase, std::string reason, std::string message, instant now) {
    next.phase = phase;
    next.reason = std::move(reason);
    next.message = std::move(message);
    next.finished_at = now;
    next.stalled_since.reset();
    if (!next.started_at)
        next.started_at = now;
    return next;
}

operation succeed(operation next, instant now) {
    keep_result(next);
    next.progress = domain::progress{100, std::nullopt, std::nullopt, std::nullopt};
    const std::string incomplete = next.fact(backup::facts::incomplete);
    std::string message = incomplete.empty() ? good_news(next) : incomplete;
    for (const auto& each : next.steps)
        if (each.state == step_state::failed)
            message += "; " + each.name + " did not work: " + each.message;
    const auto phase = incomplete.empty() ? operation_phase::succeeded : operation_phase::incomplete;
    return finish(std::move(next), phase, incomplete.empty() ? "Completed" : "Incomplete", std::move(message), now);
}

operation give_up_rest(operation next, const std::string& why, instant now) {
    for (auto& each : next.steps)
        if (each.state == step_state::pending || each.state == step_state::running) {
            each.state = step_state::failed;
            each.finished_at = now;
            each.message = why;
        }
    return succeed(std::move(next), now);
}

namespace {

// Of a backup by restic, whose snapshot stays where it was finished before it could be stopped. Empty: there is none.
std::string snapshot_words(const operation& ended) {
    if (ended.kind != domain::operation_kind::backup || ended.fact(backup::facts::job_name).empty())
        return "";
    const std::string made(ended.fact(backup::facts::backup).substr(0, 8));
    if (!made.empty())
        return "; its snapshot " + made + " was finished before that and stays as a backup";
    if (!ended.fact(backup::facts::interrupted).empty())
        return "; had restic finished a snapshot just before that, it stays and is listed as a backup";
    return "";
}

} // namespace

operation finish_rollback(operation next, instant now) {
    const bool cancelled = next.error && next.error->code == "cancelled";
    std::string message = next.error ? next.error->detail : std::string("rolled back");
    const auto snapshot = snapshot_words(next);
    const bool stays = !next.fact(backup::facts::backup).empty() && !snapshot.empty();
    if (!next.leftovers.empty())
        message += "; " + std::to_string(next.leftovers.size()) + " object(s) could not be removed, see leftovers";
    else if (!stays)
        message += snapshot.empty() ? "; nothing of it is left" : "; nothing of it is left in the cluster";
    message += snapshot;
    std::string reason = next.reason;
    return finish(std::move(next), cancelled ? operation_phase::cancelled : operation_phase::failed, std::move(reason),
                  std::move(message), now);
}

} // namespace soteria::operations
