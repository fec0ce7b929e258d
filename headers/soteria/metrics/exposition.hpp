// What /metrics shows: everything is evaluated when it is asked for.
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

// What is behind the references outlives every scrape; the functions are called at each.
struct sources {
    std::function<std::shared_ptr<const inventory::report>()> inventory; // never null
    std::function<refresh_state()> refresh;
    // Shows every record there is.
    std::function<void(const operation_visitor&)> each_operation;
    const telemetry::service_counters& counters;
    const clock& time;
    std::chrono::duration<double> max_age{0};
};

// One scrape in Prometheus' text format, version 0.0.4, made piece by piece: at 50,000 PVCs it is 30 MB of text, which
// is never there as a whole. All pieces are of one inventory and one moment. Several may be under way at once.
class scrape {
public:
    explicit scrape(sources from);
    ~scrape();
    scrape(scrape&&) noexcept;
    scrape& operator=(scrape&&) noexcept;

    // Appends the next piece: whole lines, about 64 KiB, a fraction of a millisecond. False: that was the last one.
    bool next(std::string& to);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace soteria::metrics
