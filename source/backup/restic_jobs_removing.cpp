// The end of a Job; and a whole Job's life as one step.
#include "cluster_checks.hpp"
#include "restic_job_access.hpp"

#include <soteria/backup/purposes.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using verdict_result = result<restic::verdict>;

constexpr milliseconds look_again{1000};
constexpr milliseconds just_deleted{200};

// A step's report, where a whole Job is one step: nothing for `done`.
std::optional<verdict_result> verdict_of(const step_report& report, const effect_budget& budget) {
    restic::verdict verdict;
    verdict.message = report.message;
    switch (report.what) {
    case step_report::outcome::done:
        return std::nullopt;
    case step_report::outcome::waiting:
        return verdict_result(std::move(verdict));
    case step_report::outcome::failed:
        verdict.what = restic::verdict::kind::failed;
        verdict.code = report.code;
        return verdict_result(std::move(verdict));
    case step_report::outcome::retry:
        break;
    }
    const bool open = report.again_after >= budget.settle;
    return verdict_result(failure(open ? errc::outcome_unknown : errc::retry, report.message));
}

} // namespace

awaitable<verdict_result> restic_jobs::advance(restic::job_order order, effect_budget budget,
                                               restic::output_reader::snapshot_taker take) {
    kube::object_key key{order.ns, order.name};
    auto finding = find_job(world_, key, order.operation_uid, budget.until);
    auto found = co_await std::move(finding);
    if (!found) {
        if (found.error().code != errc::not_found)
            co_return found.error();
        auto creating = create(order, budget);
        const auto created = co_await std::move(creating);
        if (auto stop = verdict_of(created, budget))
            co_return std::move(*stop);
        finding = find_job(world_, key, order.operation_uid, budget.until);
        found = co_await std::move(finding);
        if (!found)
            co_return found.error();
    }
    if ((*found)->suspended && (*found)->ended == kube::job::end::none) {
        // Its Secret comes when it can start: not once more at each look.
        if (auto in_the_way = in_the_way_of(**found)) {
            restic::verdict waiting;
            waiting.message = std::move(*in_the_way);
            co_return waiting;
        }
        auto giving = give_secret(order, budget);
        const auto given = co_await std::move(giving);
        if (auto stop = verdict_of(given, budget))
            co_return std::move(*stop);
        auto starting = start(order, budget);
        const auto started = co_await std::move(starting);
        if (auto stop = verdict_of(started, budget))
            co_return std::move(*stop);
    }
    auto looking = look(std::move(order), budget, std::move(take));
    co_return co_await std::move(looking);
}

awaitable<step_report> restic_jobs::remove(std::string ns, std::string name, std::string operation_uid,
                                           effect_budget budget) {
    kube::object_key key{ns, name};
    auto reading = read_job(world_, key, operation_uid, budget.until);
    const auto found = co_await std::move(reading);
    if (!found && found.error().code != errc::not_found)
        co_return step_report::from(found.error(), look_again);
    if (found && !(*found)->meta.deleted_at) {
        const auto& uid = (*found)->meta.uid;
        starting_.erase(uid);
        glances_.erase(uid);
        kube::delete_preconditions only_this;
        only_this.uid = uid;
        const auto deleted = co_await world_.kubernetes.remove(kube::jobs, ns, name, std::move(only_this),
                                                               kube::call_options(budget.until, budget.purpose));
        if (!deleted && deleted.error().code != errc::not_found && deleted.error().code != errc::conflict)
            co_return step_report::from(deleted.error(), look_again);
        co_return step_report::waiting("deleting the Job " + ns + "/" + name, just_deleted);
    }
    if (found)
        co_return step_report::waiting("waiting until the Job " + ns + "/" + name + " is gone", look_again);
    kube::call_options options(budget.until, std::string(purposes::look_at_job));
    const auto pods = co_await list_pods(world_, ns, name, std::move(options));
    if (!pods)
        co_return step_report::from(pods.error(), look_again);
    const auto left =
        std::ranges::find_if(*pods, [&](const kube::pod& each) { return carries_mark(each.meta, operation_uid); });
    if (left != pods->end())
        co_return step_report::waiting("waiting until the Pod " + ns + "/" + left->meta.name + " is gone", look_again);
    co_return step_report::done();
}

awaitable<step_report> restic_jobs::expire(std::string ns, std::string name, std::string operation_uid,
                                           effect_budget budget) {
    kube::object_key key{ns, name};
    auto finding = find_job(world_, key, operation_uid, budget.until);
    const auto found = co_await std::move(finding);
    if (!found)
        co_return found.error().code == errc::not_found ? step_report::done()
                                                        : step_report::from(found.error(), look_again);
    glances_.erase((*found)->meta.uid);
    const std::int64_t wanted = world_.settings.ttl.count();
    if ((*found)->ttl_seconds == wanted || (*found)->meta.deleted_at)
        co_return step_report::done();
    boost::json::object spec{{"ttlSecondsAfterFinished", wanted}};
    boost::json::object patch{{"spec", std::move(spec)}};
    const auto patched = co_await world_.kubernetes.patch(kube::jobs, ns, name, std::move(patch),
                                                          kube::call_options(budget.until, budget.purpose));
    if (!patched && patched.error().code != errc::not_found)
        co_return step_report::from(patched.error(), look_again);
    if (patched) {
        auto decoded = kube::decode_job(*patched);
        if (decoded)
            world_.jobs.apply(std::move(*decoded));
    }
    co_return step_report::done();
}

} // namespace soteria::backup
