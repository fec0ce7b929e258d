#include "families.hpp"

namespace soteria::metrics {
namespace {

void add_watches(family_list& to, const std::vector<watch_state>& watches) {
    auto complete = gauge_family("soteria_watch_synced", "1 once the first list of this resource is complete, else 0.");
    auto contact = gauge_family("soteria_watch_last_contact_timestamp_seconds",
                                "When the API server last said anything about this resource; 0 if never.");
    auto lists = counter_family("soteria_watch_lists_total", "Whole lists of this resource that were asked for.");
    auto objects = gauge_family("soteria_watch_objects", "Objects of this resource that are known.");
    for (const auto& each : watches) {
        const labels with{{"resource", each.resource}};
        add_gauge(complete, with, each.complete ? 1 : 0);
        add_gauge(contact, with, each.last_contact ? unix_seconds(*each.last_contact) : 0);
        add_counter(lists, with, static_cast<double>(each.lists));
        add_gauge(objects, with, static_cast<double>(each.objects));
    }
    for (auto* made : {&complete, &contact, &lists, &objects})
        to.push_back(std::move(*made));
}

} // namespace

void add_service(family_list& to, const service_state& state) {
    auto leader = gauge_family("soteria_leader", "1 on the replica that holds the Lease and acts, else 0.");
    add_gauge(leader, {}, state.leads ? 1 : 0);
    to.push_back(std::move(leader));
    auto orphans =
        gauge_family("soteria_orphans", "Objects that bear Soteria's name, are used by nobody and stand on no "
                                        "record, as of the leader's last look; 0 elsewhere.");
    for (const auto& [kind, count] : state.orphans)
        add_gauge(orphans, {{"kind", kind}}, static_cast<double>(count));
    to.push_back(std::move(orphans));
    auto checks = gauge_family("soteria_check_ok", "1 if this check of /readyz passes, else 0.");
    for (const auto& each : state.checks)
        add_gauge(checks, {{"check", each.name}}, each.ok ? 1 : 0);
    to.push_back(std::move(checks));
    add_watches(to, state.watches);
}

void add_loop_and_build(family_list& to, const telemetry::histogram& lag) {
    auto late = histogram_family("soteria_event_loop_lag_seconds", "How late the event loop is.");
    add_histogram(late, {}, lag);
    to.push_back(std::move(late));
    auto build = gauge_family("soteria_build_info", "The version that runs.");
    add_gauge(build, {{"version", SOTERIA_VERSION}}, 1);
    to.push_back(std::move(build));
}

} // namespace soteria::metrics
