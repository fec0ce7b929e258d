#include "operation_loop.hpp"

#include <soteria/base/log.hpp>
#include <soteria/operations/reconciler.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace soteria::operations {

using boost::asio::awaitable;

struct reconciler::state {
    state(boost::asio::any_io_executor executor_, reconciler_world world_, reconciler_settings settings_)
        : executor(std::move(executor_)), shared(std::move(world_), std::move(settings_)) {}

    boost::asio::any_io_executor executor;
    loop_world shared;
    // By operation; a loop that has ended takes itself out.
    std::map<domain::operation_key, std::shared_ptr<operation_loop>> loops;
    std::unique_ptr<async::task_group> group; // of the present term; null: not leading
    bool rested = false;                      // some loop has ended because the Lease was not ours at that moment

    void adopt(const record_store::pointer& record) {
        const auto key = key_of(record->operation);
        if (const auto found = loops.find(key); found != loops.end()) {
            found->second->record_changed();
            return;
        }
        const bool to_do = record->operation.active() || record->operation.protected_by_finalizer;
        if (!to_do || !group || shared.draining)
            return;
        auto loop = std::make_shared<operation_loop>(executor, shared, key);
        loops[key] = loop;
        const bool spawned = group->spawn(key.name, [this, loop, key]() { return carry(loop, key); });
        if (!spawned)
            loops.erase(key);
    }

    awaitable<void> carry(std::shared_ptr<operation_loop> loop, domain::operation_key key) {
        co_await loop->run();
        const auto found = loops.find(key);
        if (found == loops.end() || found->second != loop)
            co_return;
        loops.erase(found);
        // Its Lease ran out. A renewal may still turn out to have gone through, and then nobody tells that it was gone.
        rested = rested || !shared.world.lease.held();
        // Changed while its loop was ending, or made anew under the same name. One that is as that loop saw it last
        // would end at once again.
        const auto record = shared.world.records.cached(key);
        if (record && record != loop->last_seen())
            adopt(record);
    }

    void adopt_all() {
        for (const auto kind : {domain::operation_kind::backup, domain::operation_kind::restore})
            for (const auto& [key, record] : shared.world.records.cache_of(kind).all())
                adopt(record);
    }

    void listen(record_store::cache& cache) {
        cache.subscribe([this](record_store::cache::change, const record_store::pointer& record) { adopt(record); });
    }

    void claim_changed(const kube::object_key& key) {
        for (const auto& [operation, loop] : loops)
            if (operation.ns == key.ns)
                loop->claim_changed(key);
    }

    // Slots that a crash left without a record.
    awaitable<void> sweep_slots() {
        auto& places = shared.world.places;
        bool more = true;
        while (more) {
            more = co_await async::sleep_until(async::deadline::after(places.patience()));
            const auto swept = co_await places.sweep(async::deadline::after(shared.settings.effect_timeout));
            if (!swept)
                log::warning("looking for abandoned slots failed; it is tried again",
                             {{"why", boost::json::value(swept.error().message)}});
        }
    }

    // Wakes the queued operations whose turn it is.
    awaitable<void> deal_turns() {
        auto& line = shared.world.line;
        bool more = true;
        while (more) {
            for (const auto& key : line.next_up())
                if (const auto found = loops.find(key); found != loops.end())
                    found->second->turn_has_come();
            more = co_await line.changed().wait(async::deadline::never());
        }
    }

    // Wakes the waiting operations when a driver has news.
    awaitable<void> pass_on_news(backup::driver& driver) {
        bool more = true;
        while (more) {
            more = co_await driver.changed().wait(async::deadline::never());
            for (const auto& [key, loop] : loops)
                loop->world_changed();
        }
    }
};

reconciler::reconciler(boost::asio::any_io_executor executor, reconciler_world world, reconciler_settings settings)
    : state_(std::make_shared<state>(std::move(executor), std::move(world), std::move(settings))) {
    auto& records = state_->shared.world.records;
    state_->listen(records.cache_of(domain::operation_kind::backup));
    state_->listen(records.cache_of(domain::operation_kind::restore));
    state_->shared.world.claims.subscribe(
        [raw = state_.get()](auto, const auto& claim) { raw->claim_changed(claim->meta.key()); });
}

reconciler::~reconciler() = default;

awaitable<void> reconciler::run() {
    // A cancel must not skip the orderly end of the term.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto& lease = state_->shared.world.lease;
    const auto& records = state_->shared.world.records;
    bool cancelled = false;
    while (!cancelled) {
        const bool ready = lease.held() && records.cache_of(domain::operation_kind::backup).synced() &&
                           records.cache_of(domain::operation_kind::restore).synced();
        if (ready && !state_->group) {
            log::info("leading: this replica carries operations out now");
            state_->shared.term_started = async::deadline::time_clock::now();
            state_->shared.settings.limit.watched_since = state_->shared.world.time.now();
            state_->group = std::make_unique<async::task_group>(state_->executor);
            for (const auto name : backup::driver_names)
                if (auto* driver = state_->shared.world.find_driver(name))
                    state_->group->spawn("driver news",
                                         [raw = state_.get(), driver]() { return raw->pass_on_news(*driver); });
            state_->group->spawn("slots", [raw = state_.get()]() { return raw->sweep_slots(); });
            state_->group->spawn("turns", [raw = state_.get()]() { return raw->deal_turns(); });
            state_->adopt_all();
        } else if (ready && std::exchange(state_->rested, false)) {
            state_->adopt_all();
        }
        if (!lease.held() && state_->group) {
            log::warning("not leading any more: another replica carries operations out");
            co_await state_->group->stop(async::deadline::after(state_->shared.settings.effect_timeout));
            state_->group.reset();
            state_->loops.clear();
        }
        constexpr std::chrono::seconds look_again{1};
        co_await lease.changed().wait(async::deadline::after(look_again));
        const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
        cancelled = cancellation.cancelled() != boost::asio::cancellation_type::none;
    }
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    if (state_->group)
        co_await state_->group->stop(async::deadline::after(state_->shared.settings.effect_timeout));
    state_->group.reset();
    state_->loops.clear();
}

awaitable<void> reconciler::drain(async::deadline until) {
    state_->shared.draining = true;
    for (const auto& [key, loop] : state_->loops)
        loop->record_changed();
    while (!state_->loops.empty() && !until.passed()) {
        constexpr std::chrono::milliseconds look_again{20};
        const bool waited = co_await async::sleep_until(until.at_most(look_again));
        if (!waited)
            co_return;
    }
}

} // namespace soteria::operations
