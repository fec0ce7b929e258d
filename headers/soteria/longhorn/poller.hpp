// What Longhorn holds, kept near: volumes, backups (also of volumes that are gone), backup targets.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/base/time.hpp>
#include <soteria/longhorn/client.hpp>
#include <soteria/longhorn/objects.hpp>
#include <soteria/longhorn/schedule.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::longhorn {

// One answer and when it was asked for. Something missing from it means "gone" only to a reader whose own change ended
// before `asked_at`.
template <class T>
struct polled {
    std::shared_ptr<const T> value;                // never null
    poll_time asked_at{};                          // the clock's epoch: not answered yet
    std::optional<failure> failing = std::nullopt; // why Longhorn did not answer since, where this is followed
};

using volume_map = std::map<std::string, volume, std::less<>>;
using backup_list = std::vector<backup>;

// How the last refreshes of everything went.
struct poll_status {
    std::optional<instant> last_complete; // when the last refresh began in which every request was answered
    std::optional<instant> failing_since; // when the first of the failures since then ended
    std::optional<failure> last_error;    // the latest of them; empty while all is well
};

// Everything known at one moment; immutable, cheap to copy and to keep.
class picture {
public:
    polled<volume_map> volumes;
    polled<std::vector<backup_volume>> backup_volumes;
    polled<std::vector<backup_target>> targets;
    std::map<std::string, polled<backup_list>, std::less<>> backups; // by volume, newest data first
    poll_status status;

    // Null: not in the last answer (see `volumes.asked_at`). Lives as long as this picture.
    [[nodiscard]] const volume* find_volume(std::string_view name) const;
    // Newest data first; those without a time (running, failed early) come first. Empty also if never asked.
    [[nodiscard]] const backup_list& backups_of(std::string_view volume) const;
    // Null: no such target, or none was answered yet. "" finds the only or the default target.
    [[nodiscard]] const backup_target* find_target(std::string_view name) const;
};

// Staleness. Every `settings.refresh` (counted between starts; sooner after a failure) all is read: volumes, targets,
// backup volumes and the backups of each, `settings.concurrency` requests at a time. Each answer is taken over as it
// comes; what could not be read keeps its last answer, and `status` tells since when and why. So:
//   volumes       at most `refresh` old; `follow` (2 s) while somebody holds follow_volumes(), one request for all
//   backups       at most `refresh` old; `follow` for the volumes whose backups are followed
//   targets       at most `refresh` old, and Longhorn's own `available` lags by its poll interval (5 min by default)
// plus the time of the request itself. A failing poll of followed objects is repeated ever more slowly (30 s).
// Websockets are not used: Longhorn's may lose events and go silent.
//
// run() must be owned by a task group that is stopped before the poller is destroyed. Single-threaded.
class poller {
public:
    // Counts one follower from its making to its destruction (or release()); may outlive the poller.
    class follower {
    public:
        follower() = default;

        explicit follower(std::function<void()> end) : end_(std::move(end)) {}

        follower(follower&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}

        follower& operator=(follower&& other) noexcept;
        follower(const follower&) = delete;
        follower& operator=(const follower&) = delete;

        ~follower() { release(); }

        void release();

    private:
        std::function<void()> end_;
    };

    poller(const boost::asio::any_io_executor& executor, client& longhorn, poll_settings settings,
           const clock& time = system_clock());
    ~poller();
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;

    // Polls until it is cancelled; ends quietly then.
    boost::asio::awaitable<void> run();

    [[nodiscard]] std::shared_ptr<const picture> current() const;
    // Notified when the picture says something new. Look at current(), then wait.
    async::signal& changed();
    // Notified whenever something was asked, also if the answer is the same: for who waits for an `asked_at`.
    async::signal& refreshed();

    // The volume list is read every 2 s while at least one of these lives.
    [[nodiscard]] follower follow_volumes();
    // The backups of one volume (which may be gone) are read every 2 s.
    [[nodiscard]] follower follow_backups(std::string volume);
    // Once, as soon as possible, the backups of that volume and the list of backup volumes: after our own backup ended.
    void refresh_soon(std::string volume);

    // Refreshes that did not get every answer, since the start (soteria_inventory_refresh_failures_total).
    [[nodiscard]] std::uint64_t refresh_failures() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::longhorn
