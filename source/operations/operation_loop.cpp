#include "operation_loop.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/log.hpp>
#include <soteria/operations/driver_choice.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

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

void operation_loop::turn_has_come() {
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

awaitable<void> operation_loop::run() {
    const auto first = shared_.world.records.cached(key_);
    last_seen_ = first;
    unread_ = first && first->operation.phase != domain::operation_phase::queued;
    if (unread_)
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
    const auto now = shared_.world.time.now();
    auto next = driver == nullptr
                    ? decide_without_driver(operation, now)
                    : decide(operation, driver->steps(operation.kind), sight_.of(shared_.settings.limit), now);
    if (std::holds_alternative<nothing>(next)) {
        // It is looked at again when its record changes, or by a later start that has the driver.
        if (driver == nullptr && operation.active())
            log::error("no driver for this operation",
                       {{"operation", text(operation.id())}, {"driver", text(operation.request.driver)}});
        co_return false;
    }
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

awaitable<void> operation_loop::pause(milliseconds how_long, bool interruptible) {
    if (!going_on() || (news_ && interruptible))
        co_return;
    interruptible_ = interruptible;
    co_await wake_.wait(async::deadline::after(how_long));
    interruptible_ = true;
}

} // namespace soteria::operations
