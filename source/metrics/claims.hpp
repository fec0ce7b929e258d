// pvc_backup_* and soteria_restore_verified_*: four series a claim and more, and there may be 50,000 claims. So they
// are written as text at once, in pieces.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/freshness.hpp>
#include <soteria/inventory/inventory.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace soteria::metrics {

inline constexpr std::array all_health{domain::health::fresh,   domain::health::stale,       domain::health::missing,
                                       domain::health::unknown, domain::health::unsupported, domain::health::unbound};

using health_counts = std::array<double, all_health.size()>; // in the order of the enumeration

class claims_writer {
public:
    claims_writer(std::shared_ptr<const inventory::report> report, instant now, std::chrono::duration<double> max_age)
        : report_(std::move(report)), now_(now), max_age_(max_age) {}

    // Appends whole lines until `to` has grown to `bytes` or all is written. False: all is.
    bool write(std::string& to, std::size_t bytes);

    // The claims by their health at the moment of the scrape; complete once all is written.
    [[nodiscard]] const health_counts& by_health() const { return by_health_; }

private:
    void add_row(std::string& to, const inventory::row& row);
    [[nodiscard]] domain::health health_of(const inventory::row& row) const;

    std::shared_ptr<const inventory::report> report_;
    instant now_;
    std::chrono::duration<double> max_age_;
    std::size_t family_ = 0;
    std::size_t row_ = 0;
    health_counts by_health_{};
};

} // namespace soteria::metrics
