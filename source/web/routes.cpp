#include "routes.hpp"

namespace soteria::web {

// Every route there is.
std::span<const router::routes::route> router::routes::table() {
    using r = routes;
    constexpr auto everybody = access::everybody;
    constexpr auto callers = access::callers;
    constexpr auto nothing = counted::nothing;
    static constexpr route rows[] = {
        // Probes, scrapes and browsers come with parameters that somebody else made up.
        {"/healthz", "GET", &r::healthz, everybody},
        {"/readyz", "GET", &r::readyz, everybody},
        {"/metrics", "GET", &r::metrics, everybody},
        {"/", "GET", &r::console},
        {"/assets/{...}", "GET", &r::console_file},
        {"/openapi.json", "GET", &r::openapi, callers, nothing, ""},
        {"/v1/whoami", "GET", &r::whoami, callers, nothing, "namespace"},
        {"/v1/inventory", "GET", &r::inventory, callers, nothing, "deleted"},
        {"/v1/backups", "GET", &r::backups, callers, nothing, "namespace pvc"},
        {"/v1/backup", "POST", &r::start_backup, callers, counted::backup, ""},
        {"/v1/restores", "POST", &r::start_restore, callers, counted::restore, ""},
        {"/v1/restore-test", "POST", &r::start_restore_test, callers, counted::restore, ""},
        {"/v1/operations", "GET", &r::operations, callers, nothing, "namespace pvc kind phase limit continue"},
        {"/v1/operations/{}", "GET", &r::operation, callers, nothing, ""},
        {"/v1/operations/{}/cancel", "POST", &r::cancel_operation, callers, nothing, ""},
        {"/v1/events", "GET", &r::events, callers, nothing, "namespace pvc operation last_event_id"},
    };
    return rows;
}

} // namespace soteria::web
