#include "routes.hpp"

namespace soteria::web {

// Every route there is.
std::span<const router::routes::route> router::routes::table() {
    using r = routes;
    constexpr auto everybody = access::everybody;
    constexpr auto callers = access::callers;
    static constexpr route rows[] = {
        {"/healthz", "GET", &r::healthz, everybody},
        {"/readyz", "GET", &r::readyz, everybody},
        {"/metrics", "GET", &r::metrics, everybody},
        {"/", "GET", &r::console},
        {"/assets/{...}", "GET", &r::console_file},
        {"/v1/whoami", "GET", &r::whoami},
        {"/v1/inventory", "GET", &r::inventory},
        {"/v1/backups", "GET", &r::backups},
        {"/v1/backup", "POST", &r::start_backup, callers, counted::backup},
        {"/v1/restores", "POST", &r::start_restore, callers, counted::restore},
        {"/v1/restore-test", "POST", &r::start_restore_test, callers, counted::restore},
        {"/v1/operations", "GET", &r::operations},
        {"/v1/operations/{}", "GET", &r::operation},
        {"/v1/operations/{}/cancel", "POST", &r::cancel_operation},
    };
    return rows;
}

} // namespace soteria::web
