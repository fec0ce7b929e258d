#include "restic_job_access.hpp"

#include "cluster_checks.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/path.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using job_pointer = std::shared_ptr<const kube::job>;

constexpr std::string_view job_name_label = "batch.kubernetes.io/job-name"; // Kubernetes >= 1.27 gives it to Pods
constexpr std::size_t most_pods = 100; // backoffLimit is 0: one Pod a Job, and a few that were lost with their node

failure no_job(const kube::object_key& key) {
    return {errc::not_found, "there is no Job " + key.ns + "/" + key.name + " of this operation", "job_gone"};
}

result<job_pointer> if_ours(job_pointer job, const kube::object_key& key, const std::string& operation_uid) {
    if (!job || !carries_mark(job->meta, operation_uid))
        return no_job(key);
    return job;
}

} // namespace

awaitable<result<job_pointer>> find_job(restic_cluster& world, kube::object_key key, std::string operation_uid,
                                        async::deadline until) {
    if (auto known = world.jobs.find(key))
        co_return if_ours(std::move(known), key, operation_uid);
    co_return co_await read_job(world, std::move(key), std::move(operation_uid), until);
}

awaitable<result<job_pointer>> read_job(restic_cluster& world, kube::object_key key, std::string operation_uid,
                                        async::deadline until) {
    const auto object = co_await world.kubernetes.get(kube::jobs, key.ns, key.name,
                                                      kube::call_options(until, std::string(purposes::look_at_job)));
    if (!object) {
        if (object.error().code != errc::not_found)
            co_return object.error();
        world.jobs.erase(key);
        co_return no_job(key);
    }
    auto decoded = kube::decode_job(*object);
    if (!decoded)
        co_return decoded.error();
    auto job = std::make_shared<const kube::job>(std::move(*decoded));
    // The cache holds our own Jobs only, as its watch selects them.
    if (restic::parse_role(job->meta.labels.contains(std::string(restic::role_label))
                               ? job->meta.labels.at(std::string(restic::role_label))
                               : std::string()))
        world.jobs.apply(*job);
    co_return if_ours(std::move(job), key, operation_uid);
}

std::shared_ptr<const kube::pod> known_pod(const restic_cluster& world, const std::string& job_uid) {
    std::shared_ptr<const kube::pod> newest;
    for (const auto& [key, pod] : world.pods.all())
        if (pod->owner_uid == job_uid && (!newest || newest->meta.created_at < pod->meta.created_at))
            newest = pod;
    return newest;
}

awaitable<result<std::vector<kube::pod>>> list_pods(restic_cluster& world, std::string ns, std::string job_name,
                                                    kube::call_options options) {
    const std::string query = "labelSelector=" + kube::percent_encoded(std::string(job_name_label) + "=" + job_name);
    const auto page = co_await world.kubernetes.list(kube::pods, std::move(ns), most_pods, "", query, options);
    if (!page)
        co_return page.error();
    std::vector<kube::pod> pods;
    for (const auto& item : page->items) {
        if (!item.is_object())
            continue;
        auto decoded = kube::decode_pod(item.get_object());
        if (!decoded)
            co_return decoded.error();
        pods.push_back(std::move(*decoded));
    }
    co_return pods;
}

} // namespace soteria::backup
