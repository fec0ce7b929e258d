#include "restic_parts.hpp"

namespace soteria::app {
namespace {

restic::job_settings jobs_with(const config::restic_settings& given) {
    restic::job_settings made;
    made.repository = given.repository;
    made.region = given.s3_region;
    made.image = given.image;
    made.pull_secrets = given.job_pull_secrets;
    made.backup_args = given.backup_args;
    made.forget_args = given.forget_args;
    made.security =
        given.job_security == "restricted" ? restic::job_security::restricted : restic::job_security::baseline;
    made.node_selector = given.job_node_selector;
    made.service_account = given.job_service_account;
    made.requests = {{"cpu", given.job_cpu_request}, {"memory", given.job_memory_request}};
    made.limits = {{"cpu", given.job_cpu_limit}, {"memory", given.job_memory_limit}};
    made.ttl = given.job_ttl;
    return made;
}

backup::restic_cluster cluster(kube::client& kubernetes, caches& near, const config::settings& settings,
                               const std::string& ns, const clock& time) {
    return {kubernetes,
            near.restic->jobs.store,
            near.restic->pods.store,
            time,
            ns,
            settings.restic.secret_name,
            settings.secret_namespace.empty() ? ns : settings.secret_namespace,
            jobs_with(settings.restic)};
}

backup::lister_settings listing(const config::settings& settings, const pace& paces) {
    backup::lister_settings made;
    made.period = settings.restic.refresh;
    made.least_pause = paces.list_repository;
    made.effect_timeout = settings.lease / 2;
    return made;
}

} // namespace

restic_parts::restic_parts(const boost::asio::any_io_executor& executor, kube::client& kubernetes, caches& near,
                           const config::settings& settings, const pace& paces, const std::string& ns,
                           const clock& time, std::function<bool()> may_act)
    : jobs(cluster(kubernetes, near, settings, ns, time)),
      claim_release(jobs, near.claims.store, may_act, settings.lease / 2),
      catalogue(executor, settings.restic.repository, near.restic->catalogue.store, near.backups.store),
      lister(executor, jobs, catalogue, near.restic->catalogue.store, std::move(may_act), listing(settings, paces)),
      driver(executor, {.kubernetes = kubernetes,
                        .claims = near.claims.store,
                        .volumes = near.volumes.store,
                        .jobs = jobs,
                        .catalogue = catalogue,
                        .list_soon = [this] { lister.list_soon(); },
                        .time = time,
                        .backup_deadline = settings.backup_timeout,
                        .restore_deadline = settings.restore_timeout,
                        .restore_test_max_bytes = settings.restic.restore_test_max_bytes}) {}

} // namespace soteria::app
