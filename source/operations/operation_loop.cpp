#include "operation_loop.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/log.hpp>
#include <soteria/operations/admission.hpp>
#include <soteria/operations/driver_choice.hpp>
#include <soteria/operations/purposes.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

// After a failed write or a missing slot.
constexpr milliseconds try_again{1000};
constexpr milliseconds slot_is_taken{5000};
// Progress of one operation is written at most this often, that of all at most 20 times a second.
constexpr std::chrono::seconds progress_interval{5};
constexpr milliseconds progress_spacing{50};

boost::json::value text(const std::string& value) {
    return boost::json::value(value);
}

} // namespace

operation_loop::operation_loop(boost::asio::any_io_executor executor, loop_world& shared, domain::operation_key key)
    : shared_(shared), key_(std::move(key)), wake_(std::move(executor)) {}

void operation_loop::record_changed() {
    if (saving_)
        return; // the echo of our own write; save() looks itself whether something came in between
    news_ = true;
    wake_.notify_all();
}

void operation_loop::claim_changed(const kube::object_key& claim) {
    if (claim == claim_)
        world_changed();
}

void operation_loop::world_changed() {
    if (!interruptible_)
        return;
    news_ = true;
    wake_.notify_all();
}

bool operation_loop::going_on() const {
    return !shared_.draining && shared_.world.lease.held();
}

async::deadline operation_loop::call_deadline() const {
    return async::deadline::after(shared_.settings.effect_timeout);
}

backup::effect_budget operation_loop::budget(const domain::operation& record, std::string_view step) const {
    const std::string purpose = std::string(domain::to_string(record.kind)) + "/" + std::string(step);
    return backup::effect_budget(call_deadline(), shared_.settings.effect_timeout, purpose);
}

// As many run as may: of all drivers where the settings name a limit, else of this driver by its own limit.
bool operation_loop::all_places_taken(domain::operation_kind kind, const backup::driver& driver) const {
    const auto& settings = shared_.settings;
    const std::size_t configured =
        kind == domain::operation_kind::backup ? settings.max_running_backups : settings.max_running_restores;
    const std::size_t most = configured > 0 ? configured : driver.most_running();
    if (most == 0)
        return false;
    const auto& all = shared_.world.records.cache_of(kind).all();
    const auto running = std::ranges::count_if(all, [&](const auto& each) {
        const auto& operation = each.second->operation;
        const bool counts = operation.active() && operation.phase != domain::operation_phase::queued;
        return counts && (configured > 0 || shared_.world.find_driver(operation.request.driver) == &driver);
    });
    return static_cast<std::size_t>(running) >= most;
}

awaitable<void> operation_loop::run() {
    const auto first = shared_.world.records.cached(key_);
    last_seen_ = first;
    const bool taken_over = first && first->operation.phase != domain::operation_phase::queued;
    if (taken_over)
        not_before_ = shared_.term_started + shared_.settings.effect_timeout;
    bool more = true;
    while (more && going_on()) {
        news_ = false;
        auto record = shared_.world.records.cached(key_);
        if (!record)
            co_return;
        last_seen_ = record;
        claim_ = {record->operation.request.target.ns, record->operation.request.target.name};
        more = co_await step(std::move(record));
    }
}

// One decision and what follows from it; false: nothing more to do.
awaitable<bool> operation_loop::step(record_store::pointer record) {
    auto operation = record->operation;
    if (operation.request.driver.empty() && operation.phase == domain::operation_phase::queued) {
        auto choosing = choose_driver(shared_.world.find_driver, operation.kind, operation.request, call_deadline());
        const auto chosen = co_await std::move(choosing);
        if (!chosen) {
            co_await pause(try_again, false);
            co_return true;
        }
        operation.request.driver = (*chosen)->name();
        operation.facts[std::string(backup::facts::driver)] = operation.request.driver;
    }
    auto* driver = shared_.world.find_driver(operation.request.driver);
    if (driver == nullptr) {
        // It is looked at again when its record changes, or by a later start that has the driver.
        log::error("no driver for this operation",
                   {{"operation", text(operation.id())}, {"driver", text(operation.request.driver)}});
        co_return false;
    }
    auto next = decide(operation, driver->steps(operation.kind), shared_.settings.limit, shared_.world.time.now());
    if (std::holds_alternative<nothing>(next))
        co_return false;
    if (std::holds_alternative<protect>(next)) {
        co_await protect_record(std::move(record));
    } else if (auto* starting = std::get_if<begin>(&next)) {
        co_await begin_operation(std::move(record), std::move(starting->next));
    } else if (auto* writing_down = std::get_if<write>(&next)) {
        co_await save(std::move(writing_down->next));
    } else if (auto* doing = std::get_if<perform>(&next)) {
        co_await perform_step(std::move(record), std::move(*doing));
    } else if (auto* undoing = std::get_if<undo>(&next)) {
        co_await undo_step(std::move(record), std::move(undoing->step));
    } else {
        co_await release_record(std::move(record));
    }
    co_return true;
}

awaitable<void> operation_loop::protect_record(record_store::pointer record) {
    const auto written = co_await shared_.world.records.add_finalizer(record, call_deadline());
    if (written)
        co_return;
    const failure why = written.error();
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    const bool unreadable = !current && current.error().code != errc::not_found;
    const bool refused = why.code != errc::conflict && why.code != errc::not_found;
    if (unreadable || refused)
        co_await pause(try_again, false);
}

awaitable<void> operation_loop::begin_operation(record_store::pointer record, domain::operation next) {
    const auto& operation = record->operation;
    if (all_places_taken(operation.kind, *shared_.world.find_driver(next.request.driver))) {
        co_await pause(try_again, false);
        co_return;
    }
    const auto subject = slot_subject(operation);
    const auto place =
        co_await shared_.world.places.take(slot_kind(operation), subject, operation.id(), "", call_deadline());
    if (!place) {
        const milliseconds wait = place.error().code == errc::conflict ? slot_is_taken : try_again;
        co_await pause(wait, false);
        co_return;
    }
    const auto& request = operation.request;
    const bool reaches_out = request.source.ns != operation.ns || request.allow_foreign || !request.backup_url.empty();
    if (place->by_request)
        next.facts[std::string(backup::facts::accepted)] = "true";
    // Whoever may write records in one namespace must not read another's data with them.
    auto admitted = admission::checked;
    if (!place->by_request && reaches_out) {
        const auto found = co_await look_at_admission(shared_.world.kubernetes, operation.created_at, call_deadline());
        if (!found) {
            co_await pause(try_again, false);
            co_return;
        }
        admitted = *found;
    }
    if (admitted == admission::unchecked) {
        next.phase = domain::operation_phase::failed;
        next.reason = "NotAllowed";
        next.message = "the admission policy soteria-restores was not in force when this was made, and without it a "
                       "record made with kubectl restores from its own namespace only; install the policy, or ask "
                       "over HTTP for another namespace, a backup URL or a foreign backup";
        next.error = domain::operation_error{"not_allowed", next.message};
        next.finished_at = shared_.world.time.now();
        next.steps.clear();
    }
    co_await save(std::move(next));
}

awaitable<bool> operation_loop::time_for_an_effect() {
    const auto now = async::deadline::time_clock::now();
    if (now < not_before_) {
        constexpr milliseconds rounding{1};
        const auto left = std::chrono::duration_cast<milliseconds>(not_before_ - now) + rounding;
        co_await pause(left, false);
        co_return false;
    }
    // An effect must end before another replica can hold the lease.
    const auto lease_left = shared_.world.lease.valid_until() - kube::boot_clock::now();
    if (lease_left < shared_.settings.effect_timeout) {
        constexpr milliseconds until_renewed{100};
        co_await pause(until_renewed, false);
        co_return false;
    }
    co_return true;
}

awaitable<void> operation_loop::perform_step(record_store::pointer record, perform what) {
    const bool may = co_await time_for_an_effect();
    if (!may)
        co_return;
    auto* driver = shared_.world.find_driver(record->operation.request.driver);
    if (!following_ && !record->operation.facts.empty())
        following_ = driver->follow(record->operation);
    auto allowed = budget(record->operation, what.step);
    const auto report = co_await driver->perform(what.step, record->operation, std::move(allowed));
    const bool doubtful = report.what == backup::step_report::outcome::retry;
    if (doubtful)
        not_before_ = async::deadline::time_clock::now() + report.again_after;
    // What the caches show may be older than an effect's own answer: look at the record as it is now.
    const auto current = shared_.world.records.cached(key_);
    if (!current)
        co_return;
    auto after = after_perform(current->operation, driver->steps(current->operation.kind), what.step, report,
                               shared_.settings.limit, shared_.world.time.now());
    co_await conclude(std::move(after), !doubtful);
}

awaitable<void> operation_loop::undo_step(record_store::pointer record, std::string what) {
    const bool may = co_await time_for_an_effect();
    if (!may)
        co_return;
    auto* driver = shared_.world.find_driver(record->operation.request.driver);
    auto allowed = budget(record->operation, "undo_" + what);
    const auto report = co_await driver->undo(what, record->operation, std::move(allowed));
    const auto current = shared_.world.records.cached(key_);
    if (!current)
        co_return;
    const bool gone = report.what == backup::step_report::outcome::done;
    const bool confirmed = gone && (seen_undone_ == what || !needs_second_look(current->operation, what));
    if (gone && !confirmed) {
        seen_undone_ = what;
        not_before_ = async::deadline::time_clock::now() + shared_.settings.effect_timeout;
        co_return;
    }
    if (!gone)
        seen_undone_.reset();
    auto after = after_undo(current->operation, what, report, confirmed, driver->leftover_of(what, current->operation),
                            shared_.settings.limit, shared_.world.time.now());
    co_await conclude(std::move(after), false);
}

awaitable<void> operation_loop::conclude(consequence after, bool interruptible) {
    const auto now = async::deadline::time_clock::now();
    const bool convenient = after.write == writing::when_convenient && now - last_written_ >= progress_interval &&
                            now >= shared_.next_progress_write;
    if (after.write == writing::at_once || convenient) {
        if (convenient)
            shared_.next_progress_write = std::max(now, shared_.next_progress_write) + progress_spacing;
        const bool saved = co_await save(std::move(after.next));
        if (!saved)
            co_return;
    }
    if (after.pause > milliseconds{0})
        co_await pause(after.pause, interruptible);
}

// True: written. Otherwise the record has been read again (or will be), and the next decision starts from that.
awaitable<bool> operation_loop::save(domain::operation next) {
    const bool over = domain::finished(next.phase);
    const auto finished_at = next.finished_at;
    saving_ = true;
    const auto written = co_await shared_.world.records.write_status(std::move(next), call_deadline());
    saving_ = false;
    if (written) {
        const auto shown = shared_.world.records.cached(key_);
        news_ = news_ || !shown || shown->meta.resource_version != (*written)->meta.resource_version;
        last_written_ = async::deadline::time_clock::now();
        const auto& operation = (*written)->operation;
        if (over)
            report_end(operation);
        co_return true;
    }
    const failure why = written.error();
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    // Written after all, and only the answer was lost (a repeat of it then ends in a conflict). Records hold whole
    // seconds.
    const auto second = [](std::optional<instant> time) { return time ? format_rfc3339(*time) : std::string(); };
    const bool ended = over && current && !(*current)->operation.active() &&
                       second((*current)->operation.finished_at) == second(finished_at);
    if (ended)
        report_end((*current)->operation);
    if (why.code != errc::conflict || !current) {
        log::warning("a status could not be written", {{"operation", text(key_.name)}, {"error", text(why.message)}});
        co_await pause(try_again, false);
    }
    co_return false;
}

void operation_loop::report_end(const domain::operation& operation) {
    following_.reset();
    shared_.settings.on_finished(operation);
    log::info("operation finished", {{"operation", text(operation.id())},
                                     {"phase", boost::json::value(domain::to_string(operation.phase))},
                                     {"detail", text(operation.message)}});
}

awaitable<void> operation_loop::release_record(record_store::pointer record) {
    following_.reset();
    const auto& operation = record->operation;
    const auto subject = slot_subject(operation);
    const auto given_back =
        co_await shared_.world.places.give_back(slot_kind(operation), subject, operation.id(), call_deadline());
    if (!given_back) {
        co_await pause(try_again, false);
        co_return;
    }
    auto* driver = shared_.world.find_driver(operation.request.driver);
    auto allowed = budget(operation, "tidy");
    const auto tidied = co_await driver->tidy(operation, std::move(allowed));
    if (tidied.what == backup::step_report::outcome::waiting) {
        co_await pause(tidied.again_after, true);
        co_return;
    }
    if (tidied.what != backup::step_report::outcome::done) {
        log::warning("tidying up after an operation is tried again",
                     {{"operation", text(operation.id())}, {"error", text(tidied.message)}});
        co_await pause(slot_is_taken, false);
        co_return;
    }
    if (operation.delete_requested && !operation.leftovers.empty()) {
        const auto kept = co_await keep_leftovers(record);
        if (!kept) {
            co_await pause(try_again, false);
            co_return;
        }
    }
    const auto removed = co_await shared_.world.records.remove_finalizer(record, call_deadline());
    if (removed)
        co_return;
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    if (!current && current.error().code != errc::not_found)
        co_await pause(try_again, false);
}

// The record goes with its finalizer; what it could not remove must stay known.
awaitable<result<void>> operation_loop::keep_leftovers(record_store::pointer record) {
    namespace json = boost::json;
    json::object data;
    for (const auto& each : record->operation.leftovers)
        data[each.kind + "." + (each.ns.empty() ? "" : each.ns + ".") + each.name] = each.why;
    json::object metadata{{"name", "leftovers-" + record->operation.uid}, {"namespace", shared_.settings.ns}};
    json::object map{
        {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", std::move(metadata)}, {"data", std::move(data)}};
    const auto created = co_await shared_.world.kubernetes.create(
        kube::config_maps, std::move(map), kube::call_options(call_deadline(), std::string(purposes::keep_leftovers)));
    if (created || created.error().code == errc::conflict)
        co_return result<void>{};
    co_return created.error();
}

awaitable<void> operation_loop::pause(milliseconds how_long, bool interruptible) {
    if (news_ && interruptible)
        co_return;
    interruptible_ = interruptible;
    co_await wake_.wait(async::deadline::after(how_long));
    interruptible_ = true;
}

} // namespace soteria::operations
