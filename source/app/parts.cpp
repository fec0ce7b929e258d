#include "parts.hpp"

#include "audit.hpp"
#include "readiness.hpp"

#include <soteria/async/within.hpp>
#include <soteria/backup/facts.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/base/log.hpp>
#include <soteria/operations/history.hpp>

#include <algorithm>
#include <random>
#include <sys/resource.h>
#include <unistd.h>

namespace soteria::app {
namespace {

constexpr const char* leader_lease_name = "soteria";

// One upstream may take half of the lease for one call, so that an effect ends before its fence does.
std::chrono::milliseconds effect_timeout(const config::settings& settings) {
    return settings.lease / 2;
}

net::http_client_settings upstream(std::string name, net::tls_settings tls, telemetry::upstream_calls& calls) {
    net::http_client_settings made;
    made.tls = std::move(tls);
    made.upstream = std::move(name);
    made.calls = &calls;
    return made;
}

longhorn::poll_settings polling(const config::settings& settings, const pace& paces) {
    longhorn::poll_settings made;
    made.refresh = settings.metrics_refresh;
    made.follow = paces.follow_longhorn;
    made.first_retry = paces.retry_longhorn;
    made.request_timeout = paces.longhorn_timeout;
    return made;
}

inventory::keeper_settings keeping(const config::settings& settings, const pace& paces) {
    inventory::keeper_settings made;
    made.default_driver = settings.backup_driver;
    made.list_period = settings.restic.refresh;
    made.by.max_age = settings.backup_max_age;
    made.refresh = settings.metrics_refresh;
    made.least_interval = paces.report_interval;
    return made;
}

operations::reconciler_settings reconciling(const config::settings& settings, const std::string& ns) {
    operations::reconciler_settings made;
    made.limit.backup_timeout = settings.backup_timeout;
    made.limit.restore_timeout = settings.restore_timeout;
    made.limit.stall = settings.stall;
    made.effect_timeout = effect_timeout(settings);
    made.ns = ns;
    return made;
}

// What a crash left behind a key, its slot, is somewhat younger, and must be free when the key is carried on.
constexpr std::chrono::seconds key_before_slot{2};

operations::lane_lookup lanes(operations::driver_lookup find_driver, const config::settings& settings) {
    return operations::lanes_by(std::move(find_driver), static_cast<std::size_t>(settings.max_running_backups),
                                static_cast<std::size_t>(settings.max_running_restores));
}

// Another one after every start: see leader_lease_settings.
std::string identity() {
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    std::random_device random;
    const auto number = (static_cast<std::uint64_t>(random()) << 32) | random();
    return std::string(host) + "_" + sha256_base32(std::to_string(number), 8);
}

kube::leader_lease_settings leading_with(const config::settings& settings, const pace& paces, const std::string& ns) {
    kube::leader_lease_settings made(ns, leader_lease_name, identity());
    made.duration = settings.lease;
    made.retry = paces.lease_retry;
    return made;
}

auth::settings authentication(const config::settings& settings) {
    auth::settings made;
    made.required = settings.auth_required;
    made.by_groups = settings.authorization != "rbac";
    made.allowed_groups = settings.allowed_groups;
    made.tokens = settings.bearer_tokens;
    made.trusted_proxies = settings.trusted_proxies;
    return made;
}

web::server_settings serving(const config::settings& settings, const pace& paces) {
    web::server_settings made;
    made.listen_address = settings.listen_address;
    made.certificate_file = settings.tls_cert_file;
    made.key_file = settings.tls_key_file;
    made.limits.handling = paces.handling;
    return made;
}

// Streams may have what file descriptors are left beside ordinary connections, upstreams and files.
web::stream_limits streaming() {
    constexpr std::size_t others = 1000;
    web::stream_limits made;
    rlimit allowed{};
    getrlimit(RLIMIT_NOFILE, &allowed);
    const std::size_t all = allowed.rlim_cur;
    const auto taken = web::server_limits().connections + others;
    made.count = std::min(made.count, std::max(all / 4, all > taken ? all - taken : 0));
    if (made.count < web::stream_limits().count)
        log::info("the limit of open files leaves room for fewer event streams", {{"streams", made.count}});
    return made;
}

// The default one first.
std::vector<std::string> driver_names(const config::settings& settings) {
    std::vector<std::string> names{settings.backup_driver};
    const bool longhorn_too = settings.longhorn && settings.backup_driver != "longhorn";
    const bool restic_too = !settings.restic.repository.empty() && settings.backup_driver != "restic";
    if (longhorn_too)
        names.emplace_back("longhorn");
    if (restic_too)
        names.emplace_back("restic");
    return names;
}

} // namespace

service::parts::parts(const boost::asio::any_io_executor& executor, config::settings given, kube::cluster_access found,
                      pace given_paces, const clock& with)
    : settings(std::move(given)), paces(given_paces), access(std::move(found)), time(with),
      counters(driver_names(settings)), requests_counted(counters),
      kubernetes_http(executor, upstream("kubernetes", access.tls, counters.upstream)),
      longhorn_http(executor, upstream("longhorn", {}, counters.upstream)), kubernetes(kubernetes_http, access),
      longhorn(longhorn_http, settings.longhorn_url),
      events(executor, kubernetes, {access.ns, leader_lease_name, settings.backup_driver}),
      near(executor, kubernetes, access.ns, settings.restic.repository, paces,
           {events.backups.history, events.restores.history}),
      poller(executor, longhorn, polling(settings, paces), time),
      longhorn_backups({kubernetes, near.claims.store, near.volumes.store, longhorn, poller, time},
                       {.backup_mode = settings.longhorn_backup_mode}),
      lease(executor, kubernetes,
            [this] {
                auto made = leading_with(settings, paces, access.ns);
                made.annotations = [this] { return events.lease_annotations(); };
                return made;
            }()),
      restic(near.restic ? std::make_unique<restic_parts>(executor, kubernetes, near, settings, paces, access.ns, time,
                                                          [this] { return lease.held(); })
                         : nullptr),
      proofs(executor, near.restores.store), keeper(executor, inventory_sources(), keeping(settings, paces), time),
      row_events(
          events.hub, [this] { return keeper.current(); }, keeper.changed()),
      find_driver([this](std::string_view name) { return find(name); }),
      records(kubernetes, near.backups.store, near.restores.store),
      places(kubernetes, access.ns, time, operations::holder_lookup_in(records), 4 * settings.lease),
      keys(kubernetes, access.ns, records, time, places.patience() + key_before_slot),
      line(executor, records, lanes(find_driver, settings)), requests(records, places, keys, line, find_driver, time),
      announcer(executor, kubernetes, near.claims.store, time, counters.kubernetes_events),
      reconciler(executor, {kubernetes, records, places, line, near.claims.store, lease, find_driver, time},
                 [this] {
                     auto made = reconciling(settings, access.ns);
                     made.on_finished = [this](const domain::operation& ended) { count_end(ended); };
                     made.on_news = [this](operations::news what, const domain::operation& about) {
                         announcer.tell(what, about);
                     };
                     return made;
                 }()),
      orphans(kubernetes, find_driver,
              [this] { return lease.held() && near.claims.store.synced() && near.volumes.store.synced(); }),
      reviews(executor, kubernetes),
      streams(executor, events.hub, settings.authorization == "rbac" ? &reviews : nullptr, streaming()),
      checks(make_checks()), router(web_services()), server(executor, serving(settings, paces), router),
      reading(executor), acting(executor), leading(executor) {
    watch_finished_backups();
    for (const auto& [method, pattern] : web::router::route_list())
        counters.http.expect(route_label(pattern), std::string(method));
    counters.http.expect("none", "GET");
}

backup::driver* service::parts::find(std::string_view name) {
    if (name.empty())
        name = settings.backup_driver;
    if (name == longhorn_backups.name() && settings.longhorn)
        return &longhorn_backups;
    if (restic && name == restic->driver.name())
        return &restic->driver;
    return nullptr;
}

inventory::keeper_sources service::parts::inventory_sources() {
    inventory::keeper_sources made{near.claims.store, near.volumes.store};
    made.proofs = &proofs;
    if (settings.longhorn) {
        made.longhorn = [this] { return poller.current(); };
        made.longhorn_changed = &poller.changed();
    }
    if (restic) {
        made.repository = [this] { return restic->catalogue.current(); };
        made.repository_changed = &restic->catalogue.changed();
    }
    return made;
}

std::vector<web::readiness_check> service::parts::make_checks() {
    std::vector<web::readiness_check> made{remembered("kubernetes", true, time, [this] { return trouble(); })};
    if (settings.longhorn) {
        made.push_back(remembered("longhorn", false, time, [this] { return longhorn_trouble(*poller.current()); }));
        made.push_back(
            remembered("backup_target", false, time, [this] { return backup_target_trouble(*poller.current()); }));
    }
    if (restic)
        made.push_back(
            remembered("repository", false, time, [this] { return repository_trouble(*restic->catalogue.current()); }));
    return made;
}

metrics::service_state service::parts::present_state() const {
    metrics::service_state state;
    state.leads = lease.held();
    state.orphans = orphans.counts();
    state.watches = near.states(time.now());
    for (const auto& check : checks) {
        const auto found = check();
        state.checks.push_back({found.name, found.ok});
    }
    state.server = {server.connection_count(), server.refused_count()};
    state.events = {events.hub.published(events::topic::operation), events.hub.published(events::topic::inventory),
                    events.hub.published(events::topic::reset) + events.hub.published(events::topic::restart),
                    streams.count(), streams.cut_off_count()};
    state.upstream_in_flight = {{"kubernetes", kubernetes_http.running()}};
    if (settings.longhorn)
        state.upstream_in_flight["longhorn"] = longhorn_http.running();
    return state;
}

// Of a moment in which every driver had answered: the older one of theirs.
metrics::refresh_state service::parts::refreshes() const {
    metrics::refresh_state state;
    if (settings.longhorn) {
        state.failures = poller.refresh_failures();
        state.last_complete = poller.current()->status.last_complete;
    }
    if (!restic)
        return state;
    state.failures += restic->lister.failures();
    const auto listed = restic->catalogue.current()->listed_at;
    const bool older = !settings.longhorn || (state.last_complete && listed && *listed < *state.last_complete);
    if (older || !listed)
        state.last_complete = listed;
    return state;
}

void service::parts::count_end(const domain::operation& ended) {
    const auto& asked = ended.request.driver;
    const auto& made_by = asked.empty() ? settings.backup_driver : asked;
    counters.operations.add({domain::to_string(ended.kind), made_by, outcome_of(ended)});
    audit_end(ended, made_by);
}

// On every replica, whoever acted: the row of that PVC must be right soon.
void service::parts::watch_finished_backups() {
    constexpr std::chrono::seconds news{30};
    near.backups.store.subscribe([this, news](auto change, const auto& record) {
        const auto& operation = record->operation;
        const bool ended = change != kube::store<records::record>::change::deleted && !operation.active() &&
                           operation.finished_at && time.now() - *operation.finished_at < news;
        const bool of_longhorn = settings.longhorn && operation.fact(backup::facts::job_name).empty();
        if (const auto volume = operation.fact(backup::facts::volume); ended && of_longhorn && !volume.empty())
            poller.refresh_soon(volume);
    });
}

// The leader does it, for all replicas.
boost::asio::awaitable<void> service::parts::forget_now_and_then() {
    const operations::history_limits limits{settings.history, static_cast<std::size_t>(settings.history_count)};
    bool awake = true;
    while (awake) {
        const bool ready = lease.held() && near.backups.store.synced() && near.restores.store.synced();
        auto old =
            ready ? operations::expired(records, limits, time.now()) : std::vector<operations::record_store::pointer>();
        auto removal = operations::forget(kubernetes, std::move(old), async::deadline::after(paces.history));
        const auto removed = co_await std::move(removal);
        if (!removed && removed.error().code != errc::cancelled)
            log::warning("old records could not be removed", {{"why", boost::json::value(removed.error().message)}});
        // Not ready yet (caches, or another replica leads): soon again, so that a new leader does not wait long.
        constexpr std::chrono::milliseconds soon{1000};
        const auto pause = ready ? paces.history : std::min(soon, paces.history);
        awake = co_await async::sleep_until(async::deadline::after(pause));
    }
}

// Idempotency-Keys: soon what a crash left, and by the hour those that have had their time. The leader does it.
boost::asio::awaitable<void> service::parts::keep_keys() {
    constexpr std::chrono::hours between_forgetting{1};
    async::deadline forget_next; // at once
    bool awake = true;
    while (awake) {
        const bool ready = lease.held() && near.backups.store.synced() && near.restores.store.synced();
        result<void> kept;
        if (ready)
            kept = co_await keys.settle_open(async::deadline::after(keys.patience()));
        if (ready && kept && forget_next.passed()) {
            kept = co_await keys.forget_expired(async::deadline::after(paces.history));
            forget_next = async::deadline::after(between_forgetting);
        }
        if (!kept && kept.error().code != errc::cancelled)
            log::warning("looking after Idempotency-Keys failed; it is tried again",
                         {{"why", boost::json::value(kept.error().message)}});
        constexpr std::chrono::milliseconds soon{1000};
        const auto pause = ready ? keys.patience() : std::min(soon, keys.patience());
        awake = co_await async::sleep_until(async::deadline::after(pause));
    }
}

std::string service::parts::trouble() const {
    if (stopping)
        return "the service is stopping";
    if (auto found = near.trouble(); !found.empty())
        return found;
    return keeper.complete() ? "" : "the inventory is not made yet";
}

web::services service::parts::web_services() {
    const metrics::sources shown{
        .inventory = [this] { return keeper.current(); },
        .refresh = [this] { return refreshes(); },
        .service = [this] { return present_state(); },
        .each_operation =
            [this](const metrics::operation_visitor& visit) {
                for (const auto* store : {&near.backups.store, &near.restores.store})
                    for (const auto& [key, record] : store->all())
                        visit(record->operation);
            },
        .counters = counters,
        .time = time,
        .max_age = settings.backup_max_age,
    };
    return {
        .requests = requests,
        .counters = requests_counted,
        .auth = authentication(settings),
        .driver = settings.backup_driver,
        .drivers = driver_names(settings),
        .inventory = [this] { return keeper.current(); },
        .metrics =
            [shown] {
                return
                    [scrape = std::make_shared<metrics::scrape>(shown)](std::string& to) { return scrape->next(to); };
            },
        .readiness = checks,
        .open_stream = [this](web::stream_order order) { return streams.open(std::move(order)); },
        .reviews = settings.authorization == "rbac" ? &reviews : nullptr,
    };
}

} // namespace soteria::app
