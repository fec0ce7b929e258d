// From a record that nobody has touched to its first intent: the finalizer, the queue, the slot.
#include "operation_loop.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/operations/admission.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

domain::operation not_allowed(domain::operation next, instant now) {
    next.phase = domain::operation_phase::failed;
    next.reason = "NotAllowed";
    next.message = "the admission policy soteria-restores was not in force when this was made, and without it a "
                   "record made with kubectl restores from its own namespace only; install the policy, or ask "
                   "over HTTP for another namespace, a backup URL or a foreign backup";
    next.error = domain::operation_error{"not_allowed", next.message};
    next.finished_at = now;
    next.steps.clear();
    return next;
}

} // namespace

awaitable<void> operation_loop::protect_record(record_store::pointer record) {
    const auto written = co_await shared_.world.records.add_finalizer(record, call_deadline());
    if (written) {
        shared_.settings.on_news(news::accepted, (*written)->operation);
        co_return;
    }
    const failure why = written.error();
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    const bool unreadable = !current && current.error().code != errc::not_found;
    const bool refused = why.code != errc::conflict && why.code != errc::not_found;
    if (unreadable || refused)
        co_await pause(try_again, false);
}

awaitable<void> operation_loop::begin_operation(record_store::pointer record, domain::operation next) {
    auto& line = shared_.world.line;
    if (!line.same_lane(record->operation, next)) {
        // Whoever counts looks at the record: the driver that was chosen for it must stand there.
        auto noted = queued_note(record->operation, next);
        co_await save(std::move(noted));
        co_return;
    }
    milliseconds wait{0};
    {
        const auto turn = line.take_turn(record->operation);
        if (!turn) {
            co_await wait_for_turn(record, std::move(next));
            co_return;
        }
        wait = co_await try_to_begin(record, std::move(next));
    }
    if (wait > milliseconds{0}) {
        line.put_aside(key_, async::deadline::time_clock::now() + wait);
        co_await pause(wait, false);
    }
}

domain::operation operation_loop::queued_note(const domain::operation& record, const domain::operation& next) const {
    auto noted = record;
    noted.facts = next.facts;
    noted.reason = "Queued";
    noted.message = shared_.world.line.waiting_words(next);
    return noted;
}

// That it waits is on record once, for who looks with kubectl; its place in the line is not, as that changes with
// every turn.
awaitable<void> operation_loop::wait_for_turn(record_store::pointer record, domain::operation next) {
    const bool is_noted = record->operation.reason == "Queued";
    const auto now = async::deadline::time_clock::now();
    if (!is_noted && now >= shared_.next_progress_write) {
        shared_.next_progress_write = std::max(now, shared_.next_progress_write) + progress_spacing;
        auto noted = queued_note(record->operation, next);
        co_await save(std::move(noted));
        co_return;
    }
    constexpr milliseconds look_again{10'000}; // it is woken when its turn has come
    const auto until_then = is_noted ? look_again : try_again;
    co_await pause(until_then, false);
}

// Zero: it has begun (or its record has to be looked at anew). Otherwise when to try again.
awaitable<milliseconds> operation_loop::try_to_begin(record_store::pointer record, domain::operation next) {
    const auto& operation = record->operation;
    const auto subject = slot_subject(operation);
    const auto place =
        co_await shared_.world.places.take(slot_kind(operation), subject, operation.id(), "", call_deadline());
    if (!place)
        co_return place.error().code == errc::conflict ? slot_is_taken : try_again;
    if (place->by_request)
        next.facts[std::string(backup::facts::accepted)] = "true";
    // Whoever may write records in one namespace must not read another's data with them.
    const auto& request = operation.request;
    const bool reaches_out = request.source.ns != operation.ns || request.allow_foreign || !request.backup_url.empty();
    auto admitted = admission::checked;
    if (!place->by_request && reaches_out) {
        const auto found = co_await look_at_admission(shared_.world.kubernetes, operation.created_at, call_deadline());
        if (!found)
            co_return try_again;
        admitted = *found;
    }
    if (admitted == admission::unchecked)
        next = not_allowed(std::move(next), shared_.world.time.now());
    co_await save(std::move(next));
    co_return milliseconds{0};
}

} // namespace soteria::operations
