// One effect, or one undo, and the record of what came of it.
#include "operation_loop.hpp"

#include <soteria/base/log.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

// Progress of one operation is written at most this often, that of all at most 20 times a second.
constexpr std::chrono::seconds progress_interval{5};

boost::json::value text(const std::string& value) {
    return boost::json::value(value);
}

} // namespace

awaitable<bool> operation_loop::time_for_an_effect() {
    const auto now = async::deadline::time_clock::now();
    if (now < not_before_) {
        constexpr milliseconds rounding{1};
        const auto left = std::chrono::duration_cast<milliseconds>(not_before_ - now) + rounding;
        co_await pause(left, false);
        co_return false;
    }
    if (unread_) {
        // Our watch may have been silent for minutes, and the leader before us may have turned back meanwhile.
        const auto current = co_await shared_.world.records.read(key_, call_deadline());
        unread_ = !current && current.error().code != errc::not_found;
        if (unread_)
            co_await pause(try_again, false);
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
    const auto now = shared_.world.time.now();
    sight_.looked(report, shared_.settings.limit, now);
    auto after = after_perform(current->operation, driver->steps(current->operation.kind), what.step, report,
                               sight_.of(shared_.settings.limit), now);
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
    const auto before = shared_.world.records.cached(key_);
    saving_ = true;
    const auto written = co_await shared_.world.records.write_status(std::move(next), call_deadline());
    saving_ = false;
    if (written) {
        const auto shown = shared_.world.records.cached(key_);
        news_ = news_ || !shown || shown->meta.resource_version != (*written)->meta.resource_version;
        last_written_ = async::deadline::time_clock::now();
        if (before)
            tell_turn(before->operation, (*written)->operation);
        co_return true;
    }
    const failure why = written.error();
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    if (why.code != errc::conflict || !current) {
        log::warning("a status could not be written", {{"operation", text(key_.name)}, {"error", text(why.message)}});
        co_await pause(try_again, false);
    }
    co_return false;
}

void operation_loop::tell_turn(const domain::operation& before, const domain::operation& now) {
    constexpr auto back = domain::operation_phase::rolling_back;
    if (now.phase == back && before.phase != back)
        shared_.settings.on_news(news::rolling_back, now);
    if (now.stalled_since && !before.stalled_since)
        shared_.settings.on_news(news::stalled, now);
}

} // namespace soteria::operations
