#include "families.hpp"

#include <limits>

namespace soteria::metrics {
namespace {

family family_of(std::string name, std::string help, const telemetry::counter_family& from) {
    auto made = counter_family(std::move(name), std::move(help));
    for (const auto& [values, counter] : from.counters()) {
        labels with;
        for (std::size_t index = 0; index < from.labels().size() && index < values.size(); ++index)
            with.push_back({from.labels()[index].name, values[index]});
        add_counter(made, std::move(with), counter.value());
    }
    return made;
}

} // namespace

void add_histogram(family& to, labels with, const telemetry::histogram& from) {
    auto& metric = to.metric.emplace_back();
    metric.label = std::move(with);
    auto& shown = metric.histogram;
    for (std::size_t index = 0; index < from.counts().size(); ++index) {
        shown.sample_count += from.counts()[index];
        const bool last = index == telemetry::histogram::bounds.size();
        const double bound = last ? std::numeric_limits<double>::infinity() : telemetry::histogram::bounds[index];
        shown.bucket.push_back({shown.sample_count, bound});
    }
    shown.sample_sum = from.sum();
}

void add_counters(family_list& to, const telemetry::service_counters& counters) {
    to.push_back(family_of("soteria_backup_requests_total", "Requests for a backup, counted when they are answered.",
                           counters.backup_requests));
    to.push_back(family_of("soteria_restore_requests_total", "Requests for a restore, counted when they are answered.",
                           counters.restore_requests));
    to.push_back(family_of("soteria_operations_total", "Backups and restores that ended.", counters.operations));
    to.push_back(family_of("soteria_authz_denials_total", "Requests that were refused to their caller.",
                           counters.authz_denials));
    to.push_back(family_of("soteria_kubernetes_events_total", "Kubernetes Events about operations.",
                           counters.kubernetes_events));
}

} // namespace soteria::metrics
