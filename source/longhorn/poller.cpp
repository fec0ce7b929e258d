#include "poller_state.hpp"

#include <soteria/longhorn/poller.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

poller::follower& poller::follower::operator=(follower&& other) noexcept {
    if (this != &other) {
        release();
        end_ = std::exchange(other.end_, nullptr);
    }
    return *this;
}

void poller::follower::release() {
    if (const auto end = std::exchange(end_, nullptr))
        end();
}

poller::poller(const asio::any_io_executor& executor, client& longhorn, poll_settings settings, const clock& time)
    : state_(std::make_shared<state>(executor, longhorn, settings, time)) {}

poller::~poller() = default;

asio::awaitable<void> poller::run() {
    using namespace asio::experimental::awaitable_operators;
    const auto self = state_;
    auto refreshing = self->refresh_now_and_then();
    auto volumes = self->follow_volumes();
    auto backups = self->follow_backups();
    auto all = std::move(refreshing) && std::move(volumes) && std::move(backups);
    co_await std::move(all);
}

std::shared_ptr<const picture> poller::current() const {
    return state_->memory.current();
}

async::signal& poller::changed() {
    return state_->changed;
}

async::signal& poller::refreshed() {
    return state_->refreshed;
}

poller::follower poller::follow_volumes() {
    state_->begin_following(nullptr);
    return follower([weak = std::weak_ptr(state_)] {
        if (const auto self = weak.lock())
            self->end_following(nullptr);
    });
}

poller::follower poller::follow_backups(std::string volume) {
    state_->begin_following(&volume);
    return follower([weak = std::weak_ptr(state_), volume] {
        if (const auto self = weak.lock())
            self->end_following(&volume);
    });
}

void poller::refresh_soon(std::string volume) {
    state_->backup_polls.soon[std::move(volume)] = poll_record();
    state_->wake.notify_all();
}

std::uint64_t poller::refresh_failures() const {
    return state_->refresh_failures;
}

poller::state::state(const asio::any_io_executor& executor, client& longhorn_, poll_settings settings_,
                     const clock& time_)
    : longhorn(longhorn_), settings(settings_), time(time_), changed(executor), refreshed(executor), wake(executor) {}

void poller::state::begin_following(const std::string* volume) {
    if (volume == nullptr) {
        ++volume_followers;
    } else {
        ++backup_followers[*volume];
        backup_polls.followed.try_emplace(*volume);
    }
    wake.notify_all();
}

void poller::state::end_following(const std::string* volume) {
    if (volume == nullptr) {
        --volume_followers;
    } else if (--backup_followers[*volume] == 0) {
        backup_followers.erase(*volume);
        backup_polls.followed.erase(*volume);
    }
}

call_options poller::state::options(std::string_view purpose) const {
    return call_options(async::deadline::after(settings.request_timeout), std::string(purpose));
}

void poller::state::tell() {
    refreshed.notify_all();
    if (memory.take_changed())
        changed.notify_all();
}

} // namespace soteria::longhorn
