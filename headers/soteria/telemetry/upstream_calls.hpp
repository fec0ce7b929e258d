// How the upstreams (Kubernetes, Longhorn) answer: number of calls, their duration, and the connections made for them.
#pragma once

#include <soteria/telemetry/handles.hpp>

#include <chrono>
#include <compare>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace soteria::telemetry {

struct upstream_call_key {
    std::string upstream; // "kubernetes", "longhorn"
    std::string purpose;  // "restore/create_volume", "poller/refresh", ...: what the User-Agent says
    // "2xx", "3xx", "4xx", "5xx" for an answer, else an errc's name ("unavailable", "timed_out", ...).
    std::string outcome;

    auto operator<=>(const upstream_call_key&) const = default;
};

// Few keys: purposes stand in the code, outcomes are a closed set. Must outlive the clients that count into it.
class upstream_calls {
public:
    using durations = std::map<std::pair<std::string, std::string>, histogram>; // by upstream and purpose

    // There are about forty purposes. Should one ever be made of what a caller sends, it ends here as "other".
    static constexpr std::size_t most_purposes = 100;

    void record(upstream_call_key key, std::chrono::steady_clock::duration took) {
        if (key.purpose.empty() || (purposes_.size() >= most_purposes && !purposes_.contains(key.purpose)))
            key.purpose = "other";
        else
            purposes_.insert(key.purpose);
        seconds_[{key.upstream, key.purpose}].observe(std::chrono::duration<double>(took).count());
        totals_[std::move(key)].add();
    }

    void connected(const std::string& upstream, double connections) { connections_[upstream].add(connections); }

    [[nodiscard]] const std::map<upstream_call_key, counter>& totals() const { return totals_; }

    // A stream (a watch) counts until its head is there.
    [[nodiscard]] const durations& seconds() const { return seconds_; }

    // Connections opened, by upstream.
    [[nodiscard]] const std::map<std::string, counter>& connections() const { return connections_; }

private:
    std::set<std::string> purposes_;
    std::map<upstream_call_key, counter> totals_;
    durations seconds_;
    std::map<std::string, counter> connections_;
};

} // namespace soteria::telemetry
