// How the upstreams (Kubernetes, Longhorn) answer: number of calls and their duration.
#pragma once

#include <soteria/telemetry/handles.hpp>

#include <chrono>
#include <compare>
#include <map>
#include <string>

namespace soteria::telemetry {

struct upstream_call_key {
    std::string upstream; // "kubernetes", "longhorn"
    std::string method;   // "GET", ...
    // "2xx", "3xx", "4xx", "5xx" for an answer, else an errc's name ("unavailable", "timed_out", ...).
    std::string outcome;

    auto operator<=>(const upstream_call_key&) const = default;
};

struct upstream_call_figures {
    counter total;
    histogram seconds;
};

// Few keys: methods and outcomes are closed sets. Must outlive the clients that count into it.
class upstream_calls {
public:
    void record(upstream_call_key key, std::chrono::steady_clock::duration took) {
        auto& figures = figures_[std::move(key)];
        figures.total.add();
        figures.seconds.observe(std::chrono::duration<double>(took).count());
    }

    [[nodiscard]] const std::map<upstream_call_key, upstream_call_figures>& figures() const { return figures_; }

private:
    std::map<upstream_call_key, upstream_call_figures> figures_;
};

} // namespace soteria::telemetry
