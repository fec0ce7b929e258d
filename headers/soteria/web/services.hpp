// What the routes need from the rest of the house. Given once, by app.
#pragma once

#include <soteria/auth/access_review.hpp>
#include <soteria/auth/decision.hpp>
#include <soteria/base/time.hpp>
#include <soteria/inventory/inventory.hpp>
#include <soteria/operations/requests.hpp>
#include <soteria/web/event_streams.hpp>
#include <soteria/web/message.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::web {

// One row of /readyz. The route is public: no URL and no name of a secret in `message`.
struct readiness {
    std::string name; // "kubernetes", "longhorn"
    bool ok = false;
    bool required = false; // whether it makes the service unready
    std::string message;
    std::optional<instant> since; // of the present state
};

using readiness_check = std::function<readiness()>;

// soteria_backup_requests_total and soteria_restore_requests_total; soteria_authz_denials_total; soteria_http_*.
class request_counters {
public:
    virtual ~request_counters() = default;
    // Each POST once, when it is answered. kind: backup or restore (restore tests are restores). `driver` is a
    // configured one; `result`: accepted, replayed, dry_run, invalid, denied, not_found, conflict, throttled,
    // unavailable, error.
    virtual void count(domain::operation_kind kind, std::string_view driver, std::string_view result) = 0;
    virtual void count_denial(auth::denial reason) = 0;
    // Every request, when its answer is there. `route`: the template of the path, "none" where there is nothing.
    virtual void count_request(std::string_view route, std::string_view method, int status,
                               std::chrono::duration<double> took) = 0;
};

// Whatever is referred to outlives the router. All functions are called from the loop and must not block.
struct services {
    operations::request_service& requests;
    request_counters& counters;
    auth::settings auth;
    std::string driver = "longhorn";              // that of a request that names none
    std::vector<std::string> drivers{"longhorn"}; // the configured ones
    // Never null: an empty report until the first one is there.
    std::function<std::shared_ptr<const inventory::report>()> inventory;
    std::function<body_pieces()> metrics; // one scrape, in Prometheus' text format 0.0.4
    std::vector<readiness_check> readiness;
    // The connection of a GET /v1/events, where there is a place for it (event_streams::open).
    std::function<result<take_over>(stream_order)> open_stream = {};
    // Kubernetes' RBAC, where it decides who may do what; null: whoever is let in may do everything.
    auth::access_review* reviews = nullptr;
};

} // namespace soteria::web
