#include <soteria/async/let_others_run.hpp>
#include <soteria/async/within.hpp>
#include <soteria/inventory/keeper.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace soteria::inventory {
namespace {

using boost::asio::awaitable;

// Rows between two turns of the loop: about a millisecond.
constexpr std::size_t rows_a_slice = 256;
constexpr std::size_t snapshots_a_slice = 256;

awaitable<bool> cancelled() {
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() != boost::asio::cancellation_type::none;
}

} // namespace

keeper::keeper(boost::asio::any_io_executor executor, keeper_sources sources, keeper_settings settings,
               const clock& time)
    : executor_(std::move(executor)), sources_(std::move(sources)), settings_(std::move(settings)), clock_(time),
      view_(settings_.refresh), restic_(settings_.list_period), wake_(executor_), changed_(executor_) {}

awaitable<void> keeper::forward(async::signal& from) {
    while (true) {
        const bool notified = co_await from.wait(async::deadline::never());
        if (!notified)
            co_return;
        dirty_ = true;
        wake_.notify_all();
    }
}

async::deadline keeper::next_due() const {
    auto pause = std::min(settings_.longest_interval, settings_.refresh);
    if (const auto crossing = current_->next_crossing) {
        const auto until = std::chrono::ceil<std::chrono::milliseconds>(*crossing - clock_.now());
        pause = std::clamp(until, settings_.least_interval, pause);
    }
    return async::deadline::after(pause);
}

awaitable<void> keeper::absorb(instant now) {
    if (sources_.longhorn)
        view_.absorb(sources_.longhorn(), now);
    if (!sources_.repository)
        co_return;
    const auto catalogue = sources_.repository();
    while (restic_.absorb(catalogue, snapshots_a_slice)) {
        co_await async::let_others_run();
    }
}

views keeper::known() const {
    views all;
    all.longhorn = sources_.longhorn ? &view_ : nullptr;
    all.restic = sources_.repository ? &restic_ : nullptr;
    all.proofs = proofs_.get();
    all.default_driver = settings_.default_driver;
    return all;
}

awaitable<void> keeper::make() {
    dirty_ = false;
    const bool complete = sources_.claims.synced() && sources_.volumes.synced();
    co_await absorb(clock_.now());
    proofs_ = sources_.proofs == nullptr ? nullptr : std::make_unique<const proof_table>(sources_.proofs->newest());
    const moment at{clock_.now(), std::chrono::steady_clock::now()};
    builder work(sources_.claims.all(), sources_.volumes.all(), known(), settings_.by, at);
    while (work.step(rows_a_slice)) {
        co_await async::let_others_run();
    }
    current_ = std::make_shared<const report>(work.take());
    complete_ = complete;
    changed_.notify_all();
}

// A report, then a wait for the next reason to make one. False: cancelled.
awaitable<bool> keeper::turn() {
    const auto earliest = async::deadline::after(settings_.least_interval);
    co_await make();
    const auto due = next_due();
    bool ended = co_await cancelled();
    while (!ended && !dirty_ && !due.passed()) {
        (void)co_await wake_.wait(due);
        ended = co_await cancelled();
    }
    if (ended)
        co_return false;
    const bool slept = co_await async::sleep_until(earliest);
    co_return slept;
}

awaitable<void> keeper::run() {
    // Cancellation is looked at between the slices: what was started here is joined before the end.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    async::task_group forwards(executor_);
    forwards.spawn("inventory/claims", [this] { return forward(sources_.claims.changed()); });
    forwards.spawn("inventory/volumes", [this] { return forward(sources_.volumes.changed()); });
    if (sources_.longhorn_changed != nullptr)
        forwards.spawn("inventory/longhorn", [this] { return forward(*sources_.longhorn_changed); });
    if (sources_.repository_changed != nullptr)
        forwards.spawn("inventory/repository", [this] { return forward(*sources_.repository_changed); });
    if (sources_.proofs != nullptr)
        forwards.spawn("inventory/proofs", [this] { return forward(sources_.proofs->changed()); });
    bool more = true;
    while (more)
        more = co_await turn();
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    (void)co_await forwards.stop(async::deadline::never());
}

} // namespace soteria::inventory
