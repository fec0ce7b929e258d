#include "in_parallel.hpp"
#include "poller_state.hpp"

#include <soteria/longhorn/purposes.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

namespace {

void note(poll_record& record, bool succeeded) {
    record.failures = succeeded ? 0 : record.failures + 1;
}

// "There is none" is an answer, and the poller's own end is nobody's silence.
bool says_nothing(const failure& why) {
    return why.code != errc::not_found && why.code != errc::cancelled;
}

} // namespace

// False: cancelled.
asio::awaitable<bool> poller::state::wait_for_work(poll_time next) {
    auto pause = wake.wait(async::deadline(next));
    const bool woken = co_await std::move(pause);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    co_return woken || cancellation.cancelled() == asio::cancellation_type::none;
}

asio::awaitable<void> poller::state::follow_volumes() {
    while (true) {
        const auto next = next_volume_poll(settings, volume_followers != 0, volume_polls);
        if (next <= std::chrono::steady_clock::now()) {
            auto polling = poll_volumes();
            co_await std::move(polling);
            tell();
            continue;
        }
        auto pause = wait_for_work(next);
        if (const bool goes_on = co_await std::move(pause); !goes_on)
            co_return;
    }
}

asio::awaitable<void> poller::state::follow_backups() {
    while (true) {
        auto round = next_backup_round(settings, backup_polls, std::chrono::steady_clock::now());
        if (!round.empty()) {
            auto running = run_round(std::move(round));
            co_await std::move(running);
            tell();
            continue;
        }
        auto pause = wait_for_work(round.next);
        if (const bool goes_on = co_await std::move(pause); !goes_on)
            co_return;
    }
}

asio::awaitable<void> poller::state::run_round(backup_round round) {
    auto jobs = std::make_shared<job_list>();
    for (const auto& name : round.volumes)
        jobs->emplace_back([this, name, soon = round.soon.contains(name)] { return poll_backups(name, soon); });
    auto all = in_parallel(std::move(jobs), settings.concurrency);
    co_await std::move(all);
    if (round.soon.empty())
        co_return;
    auto listing = poll_backup_volumes();
    co_await std::move(listing);
}

asio::awaitable<void> poller::state::poll_volumes() {
    const auto asked_at = std::chrono::steady_clock::now();
    volume_polls.begun = asked_at;
    auto listing = longhorn.list_volumes(options(purposes::follow));
    auto all = co_await std::move(listing);
    note(volume_polls, all.has_value());
    if (all)
        memory.take_volumes(std::move(*all), asked_at);
    else if (says_nothing(all.error()))
        memory.volumes_failed(all.error());
}

// A failure waits for the next refresh: the backups themselves are what was wanted soon.
asio::awaitable<void> poller::state::poll_backup_volumes() {
    const auto asked_at = std::chrono::steady_clock::now();
    auto listing = longhorn.list_backup_volumes(options(purposes::follow));
    auto all = co_await std::move(listing);
    if (all)
        memory.take_backup_volumes(std::move(*all), asked_at);
}

asio::awaitable<void> poller::state::poll_backups(std::string volume, bool soon) {
    const auto asked_at = std::chrono::steady_clock::now();
    poll_record wanted;
    if (const auto entry = backup_polls.soon.find(volume); soon && entry != backup_polls.soon.end()) {
        wanted = entry->second;
        backup_polls.soon.erase(entry); // whoever asks again from here on means another request
    }
    if (const auto entry = backup_polls.followed.find(volume); entry != backup_polls.followed.end())
        entry->second.begun = asked_at;
    auto listing = longhorn.list_backups(volume, options(purposes::follow));
    auto all = co_await std::move(listing);
    if (const auto entry = backup_polls.followed.find(volume); entry != backup_polls.followed.end())
        note(entry->second, all.has_value());
    if (!all && says_nothing(all.error()))
        memory.backups_failed(volume, all.error());
    if (all) {
        memory.take_backups(volume, std::move(*all), asked_at);
    } else if (soon) {
        wanted.begun = asked_at;
        note(wanted, false);
        backup_polls.soon.try_emplace(volume, wanted);
    }
}

} // namespace soteria::longhorn
