#include "families.hpp"

#include <soteria/domain/freshness.hpp>

#include <array>

namespace soteria::metrics {
namespace {

using domain::health;

constexpr std::array all_health{health::fresh,   health::stale,       health::missing,
                                health::unknown, health::unsupported, health::unbound};

constexpr double seconds_an_hour = 3600;

// The report may be a minute old: what the clock alone changes is decided again.
health health_now(const inventory::row& row, instant now, std::chrono::duration<double> max_age) {
    if (row.health == health::fresh || row.health == health::stale)
        return domain::freshness(row.last_backup_at, now, max_age);
    return row.health;
}

labels labels_of(const inventory::row& row) {
    return {{"namespace", row.pvc.ns}, {"pvc", row.pvc.name}, {"volume", row.volume}, {"driver", row.driver}};
}

} // namespace

void add_claims(family_list& to, const inventory::report& report, instant now, std::chrono::duration<double> max_age) {
    auto age = gauge_family("pvc_backup_age_hours", "Age of the data of the newest complete backup, in hours.");
    auto healthy = gauge_family("pvc_backup_health", "1 if the newest complete backup is recent enough, else 0.");
    auto success = gauge_family("pvc_backup_last_success_timestamp_seconds",
                                "Time of the data of the newest complete backup; 0 if there is none.");
    auto count = gauge_family("pvc_backup_count", "Complete backups of the PVC's present volume.");
    std::array<double, all_health.size()> reasons{};
    for (const auto& row : report.rows) {
        if (row.deleted)
            continue;
        const auto state = health_now(row, now, max_age);
        ++reasons[static_cast<std::size_t>(state)];
        if (state == health::unsupported)
            continue;
        const auto with = labels_of(row);
        if (row.last_backup_at)
            add_gauge(age, with, domain::age(*row.last_backup_at, now).count() / seconds_an_hour);
        add_gauge(healthy, with, state == health::fresh ? 1 : 0);
        add_gauge(success, with, row.last_backup_at ? unix_seconds(*row.last_backup_at) : 0);
        add_gauge(count, with, static_cast<double>(row.backup_count));
    }
    auto pvcs = gauge_family("soteria_pvcs", "PVCs by the state of their backups.");
    for (const auto reason : all_health)
        add_gauge(pvcs, {{"health_reason", std::string(domain::to_string(reason))}},
                  reasons[static_cast<std::size_t>(reason)]);
    for (auto* each : {&age, &healthy, &success, &count, &pvcs})
        to.push_back(std::move(*each));
}

void add_refresh(family_list& to, const refresh_state& state) {
    auto failures = counter_family("soteria_inventory_refresh_failures_total",
                                   "Refreshes of the inventory in which a driver did not give every answer.");
    add_counter(failures, {}, static_cast<double>(state.failures));
    auto last = gauge_family("soteria_inventory_refresh_timestamp_seconds",
                             "When every configured driver answered last; 0 if never.");
    add_gauge(last, {}, state.last_complete ? unix_seconds(*state.last_complete) : 0);
    to.push_back(std::move(failures));
    to.push_back(std::move(last));
}

} // namespace soteria::metrics
