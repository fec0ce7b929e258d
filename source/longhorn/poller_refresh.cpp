#include "in_parallel.hpp"
#include "poller_state.hpp"

#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/longhorn/purposes.hpp>

#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

void poller::state::refresh::failed(const failure& why) {
    if (!error)
        error = why;
    const bool away = why.code == errc::unavailable || why.code == errc::timed_out || why.code == errc::cancelled;
    hopeless = hopeless || away;
}

asio::awaitable<void> poller::state::refresh_now_and_then() {
    poll_record last;
    while (true) {
        auto sleep = async::sleep_until(async::deadline(next_refresh(settings, last)));
        const bool slept = co_await std::move(sleep);
        if (!slept)
            co_return;
        const auto begun = time.now();
        const auto whole = std::make_shared<refresh>();
        whole->begun = std::chrono::steady_clock::now();
        last.begun = whole->begun;
        auto reading = refresh_all(whole);
        co_await std::move(reading);
        conclude(*whole, begun, last);
    }
}

void poller::state::conclude(const refresh& whole, instant begun, poll_record& last) {
    const bool was_failing = last.failures != 0;
    if (whole.error && whole.error->code == errc::cancelled)
        return;
    if (whole.error) {
        ++refresh_failures;
        ++last.failures;
        memory.refresh_failed(*whole.error, time.now());
        if (!was_failing)
            log::warning("Longhorn could not be read whole; the last answers are kept",
                         {{"error", boost::json::value(whole.error->message)}});
    } else {
        last.failures = 0;
        memory.refresh_succeeded(begun);
        if (was_failing)
            log::info("Longhorn could be read whole again");
    }
    tell();
}

asio::awaitable<void> poller::state::refresh_all(std::shared_ptr<refresh> whole) {
    auto listing_volumes = longhorn.list_volumes(options(purposes::refresh));
    auto volumes = co_await std::move(listing_volumes);
    if (volumes)
        memory.take_volumes(std::move(*volumes), whole->begun);
    else
        whole->failed(volumes.error());
    if (whole->hopeless)
        co_return;
    auto reading_backups = refresh_all_backups(whole);
    co_await std::move(reading_backups);
    if (whole->hopeless)
        co_return;
    // After the backups: Longhorn forgets them all when a target is taken away, and whoever finds a list empty wants to
    // know whether the target still was there after that.
    const auto asked_at = std::chrono::steady_clock::now();
    auto listing_targets = longhorn.list_backup_targets(options(purposes::refresh));
    auto targets = co_await std::move(listing_targets);
    if (targets)
        memory.take_targets(std::move(*targets), asked_at);
    else
        whole->failed(targets.error());
}

asio::awaitable<void> poller::state::refresh_all_backups(std::shared_ptr<refresh> whole) {
    auto listing = longhorn.list_backup_volumes(options(purposes::refresh));
    auto backup_volumes = co_await std::move(listing);
    if (!backup_volumes) {
        whole->failed(backup_volumes.error());
        co_return;
    }
    for (const auto& one : *backup_volumes)
        if (!one.volume.empty())
            whole->volumes.insert(one.volume);
    memory.take_backup_volumes(std::move(*backup_volumes), whole->begun);
    auto jobs = std::make_shared<job_list>();
    for (const auto& name : whole->volumes)
        jobs->emplace_back([this, whole, name] { return refresh_backups(whole, name); });
    auto all = in_parallel(std::move(jobs), settings.concurrency);
    co_await std::move(all);
    if (!whole->hopeless)
        memory.forget_backups_except(whole->volumes, whole->begun);
}

asio::awaitable<void> poller::state::refresh_backups(std::shared_ptr<refresh> whole, std::string volume) {
    if (whole->hopeless)
        co_return;
    const auto asked_at = std::chrono::steady_clock::now();
    auto listing = longhorn.list_backups(volume, options(purposes::refresh));
    auto all = co_await std::move(listing);
    if (all) {
        memory.take_backups(volume, std::move(*all), asked_at);
        co_return;
    }
    if (all.error().code == errc::not_found) {
        memory.take_backups(volume, {}, asked_at);
        co_return;
    }
    whole->failed(all.error());
}

} // namespace soteria::longhorn
