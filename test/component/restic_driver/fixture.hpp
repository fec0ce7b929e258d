// The restic driver on a simulated cluster whose Jobs run a simulated restic, and as much of a reconcile loop as its
// steps need: decide, perform, put the outcome into the record.
#pragma once

#include "test/simulator/http/server.hpp"
#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/restic/restic.hpp"
#include "test/support/running.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/backup/restic_claim_release.hpp>
#include <soteria/backup/restic_driver.hpp>
#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/reflector.hpp>
#include <soteria/net/curl_http_client.hpp>
#include <soteria/operations/decide.hpp>

#include <boost/json.hpp>

#include <memory>
#include <string>

namespace soteria::test {

namespace json = boost::json;
using backup::step_report;
using domain::operation_kind;
using domain::operation_phase;

template <class T>
struct watched {
    watched(boost::asio::io_context& context, kube::client& kubernetes, kube::reflector_settings settings,
            kube::decoder<T> decode)
        : store(context.get_executor()), reflector(kubernetes, std::move(settings), store, std::move(decode)),
          running(context, reflector.run()) {}

    kube::store<T> store;
    kube::reflector<T> reflector;
    background running;
};

inline kube::reflector_settings watch_of(kube::resource kind, std::string selector = {}) {
    kube::reflector_settings made(kind);
    made.label_selector = std::move(selector);
    return made;
}

inline const std::string repository_url = "s3:http://store:9000/backups";

struct restic_fixture {
    boost::asio::io_context context{1};
    std::shared_ptr<simulator::restic> restic =
        std::make_shared<simulator::restic>(simulator::restic_options{std::chrono::milliseconds(20)});
    simulator::kubernetes kubernetes{context, options_with(restic)};
    simulator::http_server server{context, "127.0.0.1", 0, kubernetes.handle()};
    net::curl_http_client http{context.get_executor(), net::http_client_settings()};
    std::unique_ptr<kube::http_kube_client> client;

    std::unique_ptr<watched<kube::job>> jobs_seen;
    std::unique_ptr<watched<kube::pod>> pods_seen;
    std::unique_ptr<watched<kube::persistent_volume_claim>> claims_seen;
    std::unique_ptr<watched<backup::catalogue_map>> catalogue_seen;
    kube::store<kube::persistent_volume> volumes{context.get_executor()};
    kube::store<records::record> records{context.get_executor()};

    std::unique_ptr<backup::restic_jobs> jobs;
    std::unique_ptr<backup::restic_catalogue> catalogue;
    std::unique_ptr<backup::restic_lister> lister;
    std::unique_ptr<background> listing;
    std::unique_ptr<backup::restic_driver> driver;

    restic_fixture() {
        apply(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ai"}})");
        apply(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"soteria"}})");
        apply(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"local"},
                  "provisioner":"example.org/local","volumeBindingMode":"WaitForFirstConsumer"})");
        give_keys("geheim");
        add_claim("llm-cache");
        server.start();
        kube::cluster_access access;
        access.server = "http://127.0.0.1:" + std::to_string(server.port());
        client = std::make_unique<kube::http_kube_client>(http, access);
        watch();
        wire({});
    }

    ~restic_fixture() {
        listing.reset();
        catalogue_seen.reset();
        claims_seen.reset();
        pods_seen.reset();
        jobs_seen.reset();
    }

    static simulator::kubernetes_options options_with(std::shared_ptr<simulator::restic> player) {
        simulator::kubernetes_options options;
        options.bookmark_every = std::chrono::milliseconds(20);
        options.nodes = {"node1", "node2"};
        options.player = std::move(player);
        return options;
    }

    void watch() {
        const std::string ours = std::string(restic::managed_by_label) + "=soteria," + std::string(restic::role_label);
        auto& to = *client;
        jobs_seen = std::make_unique<watched<kube::job>>(context, to, watch_of(kube::jobs, ours), kube::decode_job);
        pods_seen = std::make_unique<watched<kube::pod>>(context, to, watch_of(kube::pods, ours), kube::decode_pod);
        claims_seen = std::make_unique<watched<kube::persistent_volume_claim>>(
            context, to, watch_of(kube::persistent_volume_claims), kube::decode_persistent_volume_claim);
        auto of_catalogue = watch_of(kube::config_maps, backup::catalogue_selector(repository_url));
        of_catalogue.ns = "soteria";
        catalogue_seen = std::make_unique<watched<backup::catalogue_map>>(context, to, std::move(of_catalogue),
                                                                          backup::decode_catalogue_map);
        run_until(context, [this] {
            return jobs_seen->store.synced() && pods_seen->store.synced() && claims_seen->store.synced() &&
                   catalogue_seen->store.synced();
        });
    }

    // Driver and lister anew, with these rules of forget.
    void wire(std::vector<std::string> forget_args) {
        listing.reset();
        restic::job_settings settings;
        settings.repository = repository_url;
        settings.image = "restic/restic:0.16.4";
        settings.forget_args = std::move(forget_args);
        settings.requests = {{"cpu", "100m"}, {"memory", "128Mi"}};
        settings.limits = {{"memory", "1Gi"}};
        settings.ttl = std::chrono::hours(1);
        driver.reset();
        lister.reset();
        catalogue.reset();
        jobs = std::make_unique<backup::restic_jobs>(backup::restic_cluster{*client, jobs_seen->store, pods_seen->store,
                                                                            system_clock(), "soteria", "soteria-restic",
                                                                            "soteria", std::move(settings)});
        catalogue = std::make_unique<backup::restic_catalogue>(context.get_executor(), repository_url,
                                                               catalogue_seen->store, records);
        backup::lister_settings pace;
        pace.least_pause = std::chrono::milliseconds(20);
        lister = std::make_unique<backup::restic_lister>(
            context.get_executor(), *jobs, *catalogue, catalogue_seen->store, [] { return true; }, pace);
        listing = std::make_unique<background>(context, lister->run());
        driver = std::make_unique<backup::restic_driver>(
            context.get_executor(), backup::restic_world{*client, claims_seen->store, volumes, *jobs, *catalogue,
                                                         [this] { lister->list_soon(); }, system_clock(),
                                                         std::chrono::hours(1), std::chrono::hours(1), 10'000'000});
    }

    json::object apply(const std::string& text) { return kubernetes.apply(json::parse(text).as_object()); }

    void give_keys(const std::string& password) {
        apply(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"soteria-restic","namespace":"soteria"},"data":{
            "AWS_ACCESS_KEY_ID":"a2V5LWlk","AWS_SECRET_ACCESS_KEY":"c2VjcmV0","RESTIC_PASSWORD":")" +
              (password == "geheim" ? std::string("Z2VoZWlt") : std::string("YW5kZXJz")) + R"("}})");
    }

    static void put_all(json::object& into, const std::string& members) {
        const auto more = members.empty() ? json::object() : json::parse(members).as_object();
        for (const auto& [key, value] : more)
            into[key] = value;
    }

    // A bound one; `more` are members of the spec, `annotations` say what is in it.
    void add_claim(const std::string& name, const std::string& more = {}, const std::string& annotations = {}) {
        const std::string volume = "pv-" + name;
        apply(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":")" + volume + R"("},"spec":{
            "capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"storageClassName":"local",
            "persistentVolumeReclaimPolicy":"Delete","claimRef":{"namespace":"ai","name":")" +
              name + R"("},"hostPath":{"path":"/x"}},"status":{"phase":"Bound"}})");
        json::object spec =
            json::parse(R"({"accessModes":["ReadWriteOnce"],"storageClassName":"local","volumeName":")" + volume +
                        R"(","volumeMode":"Filesystem",
                                        "resources":{"requests":{"storage":"1Gi"}}})")
                .as_object();
        put_all(spec, more);
        json::object claim{{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}};
        json::object notes{{"simulator.soteria.dev/files", "3"}, {"simulator.soteria.dev/bytes", "3000"}};
        put_all(notes, annotations);
        claim["metadata"] = json::object{{"name", name},
                                         {"namespace", "ai"},
                                         {"labels", json::object{{"app", "llm"}}},
                                         {"annotations", std::move(notes)}};
        claim["spec"] = std::move(spec);
        claim["status"] =
            json::parse(R"({"phase":"Bound","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]})");
        kubernetes.apply(std::move(claim));
    }

    // With the finished Jobs, whose Pods would hold it.
    void remove_claim(const std::string& name) {
        for (const auto& job : kubernetes.list("jobs.batch", "ai"))
            if (!job.at("spec").at("suspend").as_bool())
                kubernetes.remove("jobs.batch", "ai", std::string(job.at("metadata").at("name").as_string()));
        kubernetes.remove("persistentvolumeclaims", "ai", name);
        run_until(context, [&] { return !kubernetes.get("persistentvolumeclaims", "ai", name); });
    }

    // A Pod of somebody's that uses the claim there.
    void use_claim(const std::string& claim, const std::string& node) {
        apply(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"user-of-)" + claim +
              R"(","namespace":"ai"},"spec":{"nodeName":")" + node +
              R"(","tolerations":[{"key":"gpu","operator":"Exists"}],
               "securityContext":{"seLinuxOptions":{"level":"s0:c1,c2"}},
               "containers":[{"name":"a","image":"a"}],
               "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":")" +
              claim + R"("}}]},"status":{"phase":"Running"}})");
    }

    template <class T>
    T await(boost::asio::awaitable<T> work) {
        return run(context, std::move(work));
    }

    static async::deadline soon() { return async::deadline::after(std::chrono::seconds(10)); }

    static backup::effect_budget budget(const std::string& step) {
        return {soon(), std::chrono::milliseconds(50), "test/" + step};
    }

    // The catalogue of a listing that began after now.
    void list_again() {
        const auto now = system_clock().now();
        lister->list_soon();
        run_until(context, [&] {
            const auto listed = catalogue->listed();
            return listed->listed_at && *listed->listed_at >= now && !listed->failing;
        });
    }

    static domain::operation_request backup_of(const std::string& pvc) {
        domain::operation_request request;
        request.source = {"ai", pvc};
        return request;
    }

    static domain::operation_request restore_of(const std::string& pvc, const std::string& target,
                                                const std::string& snapshot = "latest") {
        domain::operation_request request;
        request.source = {"ai", pvc};
        request.target = {"ai", target};
        request.snapshot = snapshot;
        return request;
    }

    // As a request would have it recorded: planned, named, begun.
    result<domain::operation> accepted(operation_kind kind, domain::operation_request request) {
        auto planning = kind == operation_kind::backup ? driver->plan_backup(request, soon())
                                                       : driver->plan_restore(request, soon());
        auto plan = await(std::move(planning));
        if (!plan)
            return plan.error();
        domain::operation record;
        record.kind = kind;
        record.uid = "00000000-0000-0000-0000-" + std::to_string(100'000'000'000 + ++uids_);
        // Several within one second, as nothing here takes one.
        plan->rename(driver->record_name(kind, request, system_clock().now(), record.uid));
        record.name = plan->named_by_time;
        record.ns = kind == operation_kind::backup ? request.source.ns : request.target.ns;
        record.request = std::move(request);
        record.request.driver = "restic";
        if (const auto pvc = plan->resolved.find(std::string(backup::facts::source_pvc)); pvc != plan->resolved.end())
            record.request.source.name = pvc->second;
        record.resolved = plan->resolved;
        record.created_at = system_clock().now();
        record.protected_by_finalizer = true;
        record.facts[std::string(backup::facts::accepted)] = "true";
        return record;
    }

    // One decision and what follows from it; false: there is nothing more to do.
    bool step(domain::operation& record) {
        const auto steps = driver->steps(record.kind);
        const auto now = system_clock().now();
        auto next = operations::decide(record, steps, limits_, now);
        if (auto* starting = std::get_if<operations::begin>(&next)) {
            record = starting->next;
        } else if (auto* writing = std::get_if<operations::write>(&next)) {
            record = writing->next;
        } else if (auto* doing = std::get_if<operations::perform>(&next)) {
            const auto report = await(driver->perform(doing->step, record, budget(doing->step)));
            said_.insert(report.message);
            record = operations::after_perform(record, steps, doing->step, report, limits_, now).next;
            pause(report);
        } else if (auto* undoing = std::get_if<operations::undo>(&next)) {
            const auto report = await(driver->undo(undoing->step, record, budget("undo")));
            record = operations::after_undo(record, undoing->step, report, true,
                                            driver->leftover_of(undoing->step, record), limits_, now)
                         .next;
            pause(report);
        } else {
            return false;
        }
        return true;
    }

    // A little of the cluster's own work, where the step waits for it.
    void pause(const step_report& report) {
        if (report.what == step_report::outcome::done || report.what == step_report::outcome::failed)
            return;
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
        run_until(context, [&] { return std::chrono::steady_clock::now() >= until; });
    }

    // Until `there` says so.
    void carry_until(domain::operation& record, const std::function<bool()>& there) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!there()) {
            BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < limit, "not there yet: " << record.message);
            const bool more = step(record);
            BOOST_REQUIRE_MESSAGE(more, "it ended before that: " << record.message);
        }
    }

    domain::operation carried_out(domain::operation record) {
        carry_until(record, [&record] { return !record.active(); });
        return record;
    }

    domain::operation done(operation_kind kind, domain::operation_request request) {
        auto record = accepted(kind, std::move(request));
        BOOST_REQUIRE_MESSAGE(record, record.error().message);
        return carried_out(std::move(*record));
    }

    std::string refusal(operation_kind kind, domain::operation_request request) {
        const auto record = accepted(kind, std::move(request));
        return record ? "accepted" : record.error().reason;
    }

    void tidied(const domain::operation& record) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        step_report report = step_report::waiting("", {});
        while (report.what != step_report::outcome::done) {
            BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < limit, "not tidied: " << report.message);
            report = await(driver->tidy(record, budget("tidy")));
            pause(report);
        }
    }

    // "running" of that step.
    static bool at(const domain::operation& record, const std::string& name) {
        const auto* step = record.find_step(name);
        return step != nullptr && step->state == domain::step_state::running;
    }

    std::optional<json::object> job_of(const domain::operation& record) {
        return kubernetes.get("jobs.batch", record.ns, record.fact(backup::facts::job_name));
    }

    json::object repository() {
        const auto state = restic->control("GET", "restic/state", nullptr);
        return state->at("repositories").at(repository_url).as_object();
    }

    // How often that command was run.
    std::size_t runs_of(const std::string& command) {
        std::size_t count = 0;
        const auto state = restic->control("GET", "restic/state", nullptr);
        for (const auto& run : state->at("runs").as_array())
            count += run.at("arguments").at(1) == json::value(command) ? 1 : 0;
        return count;
    }

    void fault(const std::string& described) { restic->control("POST", "restic/faults", json::parse(described)); }

    // All words that steps have said while they waited.
    [[nodiscard]] bool was_told(const std::string& part) const {
        for (const auto& each : said_)
            if (each.find(part) != std::string::npos)
                return true;
        return false;
    }

private:
    operations::limits limits_;
    std::set<std::string> said_;
    std::int64_t uids_ = 0;
};

} // namespace soteria::test
