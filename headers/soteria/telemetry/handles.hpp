// What others count into. Plain numbers, single-threaded; the metrics module reads and exposes them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace soteria::telemetry {

// Only ever grows.
class counter {
public:
    void add(double amount = 1.0) { value_ += amount; }

    [[nodiscard]] double value() const { return value_; }

private:
    double value_ = 0.0;
};

// How long calls take, in seconds. Bounds for everything from a cached answer to a deadline of a minute.
class histogram {
public:
    static constexpr std::array<double, 10> bounds{0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 60.0};

    void observe(double seconds) {
        const auto* const bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
        ++counts_[static_cast<std::size_t>(bound - bounds.begin())];
        sum_ += seconds;
    }

    // Not cumulative: counts()[i] lies in (bounds[i-1], bounds[i]], the last one above all bounds.
    [[nodiscard]] const std::array<std::uint64_t, bounds.size() + 1>& counts() const { return counts_; }

    [[nodiscard]] double sum() const { return sum_; }

private:
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
    double sum_ = 0.0;
};

} // namespace soteria::telemetry
