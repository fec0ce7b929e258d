// /metrics: everything is evaluated when it is asked for.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/inventory/inventory.hpp>
#include <soteria/telemetry/service_counters.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace soteria::metrics {

// How reading the drivers' stores went.
struct refresh_state {
    std::uint64_t failures = 0;
    std::optional<instant> last_complete; // in which every configured driver answered
};

using operation_visitor = std::function<void(const domain::operation&)>;

// What is behind the references outlives the exposition; the functions are called at each scrape.
struct sources {
    std::function<std::shared_ptr<const inventory::report>()> inventory; // never null
    std::function<refresh_state()> refresh;
    // Shows every record there is.
    std::function<void(const operation_visitor&)> each_operation;
    const telemetry::service_counters& counters;
    const clock& time;
    std::chrono::duration<double> max_age{0};
};

// Prometheus' text format, version 0.0.4.
std::string exposition(const sources& from);

} // namespace soteria::metrics
