// A Longhorn client for the poller's tests: answers from memory, counts, and withholds or fails on request.
#pragma once

#include <soteria/longhorn/client.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace soteria::test {

namespace asio = boost::asio;

class fake_longhorn : public longhorn::client {
public:
    using call_options = longhorn::call_options;

    std::vector<longhorn::volume> volumes;
    std::vector<longhorn::backup_volume> backup_volumes;
    std::vector<longhorn::backup_target> targets;
    std::map<std::string, std::vector<longhorn::backup>> backups;

    std::optional<failure> volumes_fail;
    std::optional<failure> targets_fail;
    std::map<std::string, failure> backups_fail;

    int volume_lists = 0;
    int target_lists = 0;
    int backup_volume_lists = 0;
    std::map<std::string, int> backup_lists;
    int running = 0;
    int most_running = 0;

    void add_volume(const std::string& name) {
        auto& one = volumes.emplace_back();
        one.name = name;
    }

    // A backup volume whose name is not the volume's.
    void add_backup(const std::string& volume, const std::string& backup, const std::string& data_time = {}) {
        if (!backups.contains(volume)) {
            auto& made = backup_volumes.emplace_back();
            made.name = volume + "-0a1b2c3d";
            made.volume = volume;
        }
        auto& one = backups[volume].emplace_back();
        one.name = backup;
        one.volume = volume;
        one.snapshot_created_at = parse_rfc3339(data_time);
    }

    asio::awaitable<result<std::vector<longhorn::volume>>> list_volumes(call_options) override {
        ++volume_lists;
        const auto answer = volumes;
        auto turn = a_few_turns();
        co_await std::move(turn);
        if (volumes_fail)
            co_return *volumes_fail;
        co_return answer;
    }

    asio::awaitable<result<std::vector<longhorn::backup_target>>> list_backup_targets(call_options) override {
        ++target_lists;
        auto turn = a_few_turns();
        co_await std::move(turn);
        if (targets_fail)
            co_return *targets_fail;
        co_return targets;
    }

    asio::awaitable<result<std::vector<longhorn::backup_volume>>> list_backup_volumes(call_options) override {
        ++backup_volume_lists;
        auto turn = a_few_turns();
        co_await std::move(turn);
        co_return backup_volumes;
    }

    asio::awaitable<result<std::vector<longhorn::backup>>> list_backups(std::string volume, call_options) override {
        ++backup_lists[volume];
        const auto answer = backups[volume];
        std::optional<failure> error;
        if (const auto entry = backups_fail.find(volume); entry != backups_fail.end())
            error = entry->second;
        auto turn = a_few_turns();
        co_await std::move(turn);
        if (error)
            co_return *error;
        co_return answer;
    }

    asio::awaitable<result<longhorn::volume>> get_volume(std::string, call_options) override { co_return unused(); }

    asio::awaitable<result<longhorn::volume>> create_volume(longhorn::volume_request, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<void>> delete_volume(std::string, call_options) override { co_return unused(); }

    asio::awaitable<result<longhorn::snapshot>>
    create_snapshot(std::string, std::string, std::map<std::string, std::string>, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<longhorn::snapshot>> get_snapshot(std::string, std::string, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<std::vector<longhorn::snapshot>>> list_snapshots(std::string, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<void>> delete_snapshot(std::string, std::string, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<void>> start_backup(std::string, std::string, std::map<std::string, std::string>,
                                               std::string, call_options) override {
        co_return unused();
    }

    asio::awaitable<result<void>> delete_backup(std::string, std::string, call_options) override { co_return unused(); }

private:
    static failure unused() { return failure(errc::internal, "the poller does not ask for this"); }

    // Counts a request from its making to its end, cancelled ones included.
    class running_request {
    public:
        explicit running_request(fake_longhorn& owner) : owner_(owner) {
            owner.most_running = std::max(owner.most_running, ++owner.running);
        }

        ~running_request() { --owner_.running; }

        running_request(const running_request&) = delete;
        running_request& operator=(const running_request&) = delete;

    private:
        fake_longhorn& owner_;
    };

    // So that requests overlap if they are made at once.
    asio::awaitable<void> a_few_turns() {
        const running_request counted(*this);
        const auto executor = co_await asio::this_coro::executor;
        for (int turn = 0; turn < 3; ++turn) {
            auto pause = asio::post(executor, asio::use_awaitable);
            co_await std::move(pause);
        }
    }
};

} // namespace soteria::test
