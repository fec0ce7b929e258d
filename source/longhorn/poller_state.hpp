// The poller's three loops: one reads everything now and then, two read what is followed often. A volume's backups that
// hang do not hold up the volumes.
#pragma once

#include "poller_memory.hpp"

#include <soteria/longhorn/poller.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace soteria::longhorn {

struct poller::state {
    state(const boost::asio::any_io_executor& executor, client& longhorn_, poll_settings settings_, const clock& time_);

    // Each ends when it is cancelled.
    boost::asio::awaitable<void> refresh_now_and_then();
    boost::asio::awaitable<void> follow_volumes();
    boost::asio::awaitable<void> follow_backups();

    void begin_following(const std::string* volume);
    void end_following(const std::string* volume);

    client& longhorn;
    const poll_settings settings;
    const clock& time;
    poller_memory memory;
    async::signal changed;
    async::signal refreshed;
    async::signal wake; // of the followers' loops: somebody follows, or wants something soon
    std::uint64_t refresh_failures = 0;

    std::size_t volume_followers = 0;
    poll_record volume_polls;
    followed_backups backup_polls;
    std::map<std::string, std::size_t> backup_followers;

private:
    // One refresh of everything; the first failure, if any.
    struct refresh {
        poll_time begun{};
        std::optional<failure> error;
        bool hopeless = false; // Longhorn does not answer at all: the rest is not asked
        std::set<std::string> volumes;

        void failed(const failure& why);
    };

    boost::asio::awaitable<void> refresh_all(std::shared_ptr<refresh> whole);
    boost::asio::awaitable<void> refresh_all_backups(std::shared_ptr<refresh> whole);
    boost::asio::awaitable<void> refresh_backups(std::shared_ptr<refresh> whole, std::string volume);
    void conclude(const refresh& whole, instant begun, poll_record& last);

    boost::asio::awaitable<void> run_round(backup_round round);
    boost::asio::awaitable<bool> wait_for_work(poll_time next);
    boost::asio::awaitable<void> poll_volumes();
    boost::asio::awaitable<void> poll_backup_volumes();
    boost::asio::awaitable<void> poll_backups(std::string volume, bool soon);

    [[nodiscard]] call_options options(std::string_view purpose) const;
    void tell();
};

} // namespace soteria::longhorn
