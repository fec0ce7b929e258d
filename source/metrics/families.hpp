// The families, one function a subject. Each appends to what /metrics shows.
#pragma once

#include "claims.hpp"

#include <soteria/metrics/exposition.hpp>

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace soteria::metrics {

using family = prometheus::MetricFamily;
using family_list = std::vector<family>;
using labels = std::vector<prometheus::ClientMetric::Label>;

inline family gauge_family(std::string name, std::string help) {
    return {std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
}

inline family counter_family(std::string name, std::string help) {
    return {std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
}

inline void add_gauge(family& to, labels with, double value) {
    auto& metric = to.metric.emplace_back();
    metric.label = std::move(with);
    metric.gauge.value = value;
}

inline void add_counter(family& to, labels with, double value) {
    auto& metric = to.metric.emplace_back();
    metric.label = std::move(with);
    metric.counter.value = value;
}

inline family histogram_family(std::string name, std::string help) {
    return {std::move(name), std::move(help), prometheus::MetricType::Histogram, {}};
}

void add_histogram(family& to, labels with, const telemetry::histogram& from);

inline double unix_seconds(instant when) {
    return std::chrono::duration<double>(when.time_since_epoch()).count();
}

// soteria_pvcs
void add_reasons(family_list& to, const health_counts& counts);
// soteria_inventory_refresh_*
void add_refresh(family_list& to, const refresh_state& state);
// soteria_operations, soteria_operations_*
void add_operations(family_list& to, const sources& from);
// soteria_*_total
void add_counters(family_list& to, const telemetry::service_counters& counters);
// soteria_http_*
void add_http(family_list& to, const telemetry::http_requests& requests, const server_state& server);

void add_events(family_list& to, const event_state& events);
// soteria_upstream_*
void add_upstream(family_list& to, const telemetry::upstream_calls& calls,
                  const std::map<std::string, std::size_t>& in_flight);
// soteria_leader, soteria_watch_*, soteria_check_ok
void add_service(family_list& to, const service_state& state);
// soteria_event_loop_lag_seconds, soteria_build_info
void add_loop_and_build(family_list& to, const telemetry::histogram& lag);
// process_*
void add_process(family_list& to);

} // namespace soteria::metrics
