#include "families.hpp"

#include <array>
#include <map>

namespace soteria::metrics {
namespace {

using domain::operation_kind;
using domain::operation_phase;

constexpr std::array all_kinds{operation_kind::backup, operation_kind::restore, operation_kind::restore_test};
constexpr std::array all_phases{operation_phase::queued,    operation_phase::running,    operation_phase::rolling_back,
                                operation_phase::succeeded, operation_phase::incomplete, operation_phase::failed,
                                operation_phase::cancelled};

// Of every kind and configured driver, also where none is stalled.
family stalled_family(const std::map<std::pair<operation_kind, std::string>, double>& counts, const sources& from) {
    auto made = gauge_family("soteria_operations_stalled",
                             "Backups and restores that have not moved for SOTERIA_STALL_SECONDS; after as long again "
                             "they are given up.");
    auto all = counts;
    for (const auto kind : all_kinds)
        for (const auto& driver : from.counters.operations.labels()[1].values)
            all.try_emplace({kind, driver}, 0);
    for (const auto& [which, count] : all)
        add_gauge(made, {{"kind", std::string(domain::to_string(which.first))}, {"driver", which.second}}, count);
    return made;
}

} // namespace

void add_operations(family_list& to, const sources& from) {
    std::map<std::pair<operation_kind, operation_phase>, double> counts;
    std::map<operation_kind, double> with_leftovers;
    std::map<std::pair<operation_kind, std::string>, double> stalled;
    from.each_operation([&](const domain::operation& one) {
        ++counts[{one.kind, one.phase}];
        if (!one.leftovers.empty())
            ++with_leftovers[one.kind];
        if (one.stalled_since)
            ++stalled[{one.kind, one.request.driver}];
    });
    auto records = gauge_family("soteria_operations", "Records of backups and restores by phase.");
    auto running = gauge_family("soteria_operations_running", "Backups and restores that run or roll back now.");
    auto leftovers = gauge_family("soteria_operations_with_leftovers",
                                  "Records of operations that could not undo everything and name what is left.");
    for (const auto kind : all_kinds) {
        const std::string kind_name(domain::to_string(kind));
        for (const auto phase : all_phases)
            add_gauge(records, {{"kind", kind_name}, {"phase", std::string(domain::to_string(phase))}},
                      counts[{kind, phase}]);
        add_gauge(running, {{"kind", kind_name}},
                  counts[{kind, operation_phase::running}] + counts[{kind, operation_phase::rolling_back}]);
        add_gauge(leftovers, {{"kind", kind_name}}, with_leftovers[kind]);
    }
    to.push_back(std::move(records));
    to.push_back(std::move(running));
    to.push_back(std::move(leftovers));
    to.push_back(stalled_family(stalled, from));
}

} // namespace soteria::metrics
