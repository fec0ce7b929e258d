// Being the one: holds a Lease, or waits for its turn.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/kube/boot_time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/lease_plan.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace soteria::kube {

struct leader_lease_settings {
    std::string ns;
    std::string name;
    std::string
        identity; // unique per process, not only per Pod: a restarted one must not take itself for its predecessor
    // A holder that is silent for this long has lost it. Renewed every third of it. Written in whole seconds, rounded
    // up.
    std::chrono::milliseconds duration{15000};
    // After a failure, and between looks at somebody else's Lease where it cannot be watched.
    std::chrono::milliseconds retry{2000};
    // Asked at each renewal: annotations that the Lease is to have, key and value. Unset: none. Those that it has and
    // that are not named stay.
    std::function<std::map<std::string, std::string>()> annotations = {};

    leader_lease_settings(std::string ns_, std::string name_, std::string identity_)
        : ns(std::move(ns_)), name(std::move(name_)), identity(std::move(identity_)) {}
};

// Single-threaded. `kubernetes` must outlive run().
class leader_lease {
public:
    using time_source = std::function<boot_time_point()>;

    leader_lease(boost::asio::any_io_executor executor, client& kubernetes, leader_lease_settings settings,
                 time_source now = boot_clock::now);

    // Acquires and renews until cancelled. Somebody else's Lease is watched: one that is given back is taken at once,
    // one that is not renewed as soon as its time is up. The Lease is then still ours until it runs out: release()
    // gives it back.
    boost::asio::awaitable<void> run();

    // True until valid_until(), even while renewals fail: nobody else can have it before.
    [[nodiscard]] bool held() const { return now_() < tenure_.valid_until; }

    // An effect may be sent only if its own deadline ends before this.
    [[nodiscard]] boot_time_point valid_until() const { return tenure_.valid_until; }

    // Who holds it as far as we know; empty: nobody.
    [[nodiscard]] std::string holder() const { return tenure_.seen ? tenure_.seen->holder : std::string(); }

    // When held() begins or ends. It also ends by time alone, which is noticed at the next step: always ask held().
    [[nodiscard]] async::signal& changed() { return changed_; }

    // Once run() has ended: lets the next one in without waiting. Nothing happens if it is not ours, nor may have
    // become ours by a write that was under way.
    boost::asio::awaitable<result<void>> release(async::deadline until);

private:
    boost::asio::awaitable<result<void>> step();
    boost::asio::awaitable<result<void>> look();
    boost::asio::awaitable<result<void>> write(lease_step step);
    boost::asio::awaitable<result<lease>> send(lease_step step, std::string renew_time, call_options options);
    boost::asio::awaitable<bool> wait(bool well);
    boost::asio::awaitable<bool> await_news(std::string version);
    [[nodiscard]] call_options one_try(std::string_view what) const;
    [[nodiscard]] std::chrono::milliseconds pause(bool well) const;
    void announce();

    client& kubernetes_;
    leader_lease_settings settings_;
    time_source now_;
    lease_tenure tenure_;
    bool announced_ = false;
    async::signal changed_;
};

} // namespace soteria::kube
