// Everything the service is made of, in the order of its making. The only place where concrete classes meet.
#pragma once

#include "caches.hpp"
#include "event_parts.hpp"
#include "request_counters.hpp"
#include "restic_parts.hpp"

#include <soteria/app/service.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/auth/cluster_access_review.hpp>
#include <soteria/backup/longhorn_driver.hpp>
#include <soteria/inventory/keeper.hpp>
#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/leader_lease.hpp>
#include <soteria/longhorn/http_longhorn_client.hpp>
#include <soteria/longhorn/poller.hpp>
#include <soteria/metrics/exposition.hpp>
#include <soteria/net/curl_http_client.hpp>
#include <soteria/operations/cluster_requests.hpp>
#include <soteria/operations/orphans.hpp>
#include <soteria/operations/queue.hpp>
#include <soteria/operations/reconciler.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/operations/slots.hpp>
#include <soteria/telemetry/service_counters.hpp>
#include <soteria/web/event_streams.hpp>
#include <soteria/web/inventory_feed.hpp>
#include <soteria/web/router.hpp>
#include <soteria/web/server.hpp>

namespace soteria::app {

struct service::parts {
    parts(const boost::asio::any_io_executor& executor, config::settings given, kube::cluster_access found,
          pace given_paces, const clock& with);

    [[nodiscard]] web::services web_services();
    [[nodiscard]] std::string trouble() const;
    [[nodiscard]] metrics::service_state present_state() const;
    [[nodiscard]] metrics::refresh_state refreshes() const;
    // Null: no driver of that name is configured; "": the default one.
    [[nodiscard]] backup::driver* find(std::string_view name);
    [[nodiscard]] std::vector<web::readiness_check> make_checks();
    [[nodiscard]] inventory::keeper_sources inventory_sources();
    void watch_finished_backups();
    void count_end(const domain::operation& ended);
    boost::asio::awaitable<void> forget_now_and_then();
    boost::asio::awaitable<void> keep_keys();
    // What acts comes to a recorded point, and then another replica may act. True: in time.
    boost::asio::awaitable<bool> hand_over(async::deadline until);
    // True: no stream and no request is left.
    boost::asio::awaitable<bool> end_serving(async::deadline until);

    config::settings settings;
    app::pace paces;
    kube::cluster_access access;
    const clock& time;
    telemetry::service_counters counters;
    request_counters requests_counted;

    net::curl_http_client kubernetes_http;
    net::curl_http_client longhorn_http;
    kube::http_kube_client kubernetes;
    longhorn::http_longhorn_client longhorn;

    event_parts events;
    caches near;
    longhorn::poller poller;
    // Asks and acts only where it is configured, as the poller.
    backup::longhorn_driver longhorn_backups;
    kube::leader_lease lease;
    std::unique_ptr<restic_parts> restic; // null: not configured
    inventory::proof_book proofs;
    inventory::keeper keeper;
    web::inventory_feed row_events;
    operations::driver_lookup find_driver;
    operations::record_store records;
    operations::slots places;
    operations::request_keys keys;
    operations::queue line;
    operations::cluster_requests requests;
    operations::announcer announcer;
    operations::reconciler reconciler;
    operations::orphan_watch orphans;

    auth::cluster_access_review reviews;
    web::event_streams streams;
    std::vector<web::readiness_check> checks;
    web::router router;
    web::server server;

    // What reads and what acts, in the order in which they stop.
    async::task_group reading;
    async::task_group acting;
    async::task_group leading;
    bool stopping = false;
};

} // namespace soteria::app
