// The gate: a Job starts when the repository is free for it.
#include "restic_gate.hpp"
#include "restic_job_access.hpp"

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
namespace json = boost::json;

constexpr milliseconds look_again{2000}; // news of the other Job wake the operation sooner
constexpr milliseconds changed_meanwhile{100};

// A Pod may outlive its Job for its grace period; restic gives its lock back in that time.
void add_orphaned_pods(const restic_cluster& world, const std::string& repository, std::vector<gate_job>& jobs) {
    for (const auto& [key, pod] : world.pods.all()) {
        const auto label = pod->meta.labels.find(std::string(restic::role_label));
        const auto what = label == pod->meta.labels.end() ? std::nullopt : restic::parse_role(label->second);
        const bool has_job = std::ranges::any_of(
            world.jobs.all(), [&](const auto& each) { return each.second->meta.uid == pod->owner_uid; });
        if (!what || !pod->active() || has_job)
            continue;
        gate_job last;
        last.key = key;
        last.what = *what;
        last.repository = repository;
        last.started = true;
        jobs.push_back(std::move(last));
    }
}

json::object start_patch(const restic::job_order& order, const restic::job_settings& settings, const kube::job& job) {
    const bool placed = order.volume && !order.volume->claim.empty();
    json::object patch = placed ? restic::place_patch(order.place, settings) : json::object{};
    if (!patch.contains("spec"))
        patch["spec"] = json::object{};
    patch["spec"].as_object()["suspend"] = false;
    patch["metadata"] = json::object{{"resourceVersion", job.meta.resource_version}};
    return patch;
}

} // namespace

std::optional<std::string> restic_jobs::in_the_way_of(const kube::job& job) const {
    const auto candidate = gate_job_of(job);
    if (!candidate)
        return std::nullopt;
    std::vector<gate_job> others;
    for (const auto& [key, each] : world_.jobs.all())
        if (auto other = gate_job_of(*each)) {
            other->started = other->started || starting_.contains(each->meta.uid);
            others.push_back(std::move(*other));
        }
    add_orphaned_pods(world_, candidate->repository, others);
    return must_wait(others, *candidate);
}

awaitable<step_report> restic_jobs::start(restic::job_order order, effect_budget budget) {
    kube::object_key key{order.ns, order.name};
    auto finding = find_job(world_, key, order.operation_uid, budget.until);
    const auto found = co_await std::move(finding);
    if (!found)
        co_return step_report::from(found.error(), look_again);
    const auto& job = *found;
    if (!job->suspended || job->ended != kube::job::end::none)
        co_return step_report::done();
    // From here to the patch nothing is awaited: nobody can start in between.
    if (auto wait = in_the_way_of(*job))
        co_return step_report::queued(std::move(*wait), look_again);
    starting_.insert(job->meta.uid);
    auto patch = start_patch(order, world_.settings, *job);
    const auto patched = co_await world_.kubernetes.patch(kube::jobs, order.ns, order.name, std::move(patch),
                                                          kube::call_options(budget.until, budget.purpose));
    if (patched) {
        auto decoded = kube::decode_job(*patched);
        if (decoded)
            world_.jobs.apply(std::move(*decoded));
        starting_.erase(job->meta.uid);
        co_return step_report::done();
    }
    const failure refusal = patched.error();
    const bool open =
        refusal.code == errc::outcome_unknown || refusal.code == errc::timed_out || refusal.code == errc::cancelled;
    // Whether it has started is seen at the next attempt; until then it counts as started.
    if (open)
        co_return step_report::retry(refusal.message, budget.settle);
    starting_.erase(job->meta.uid);
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, look_again);
    auto reading = read_job(world_, std::move(key), order.operation_uid, budget.until);
    co_await std::move(reading);
    co_return step_report::waiting("the Job has changed meanwhile", changed_meanwhile);
}

} // namespace soteria::backup
