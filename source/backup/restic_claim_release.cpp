#include <soteria/async/within.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/backup/restic_claim_release.hpp>
#include <soteria/base/log.hpp>
#include <soteria/records/records.hpp>

#include <algorithm>
#include <ranges>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

// However much changes; and for what failed, or ended after its claim was deleted.
constexpr std::chrono::seconds between_looks{1};
constexpr std::chrono::seconds longest_pause{15};

std::shared_ptr<const kube::job> job_of(const restic_cluster& world, const kube::pod& pod) {
    for (const auto& [key, job] : world.jobs.all())
        if (job->meta.uid == pod.owner_uid)
            return job;
    return nullptr;
}

} // namespace

restic_claim_release::restic_claim_release(restic_jobs& jobs, kube::store<kube::persistent_volume_claim>& claims,
                                           std::function<bool()> may_act, std::chrono::milliseconds effect_timeout)
    : jobs_(jobs), claims_(claims), may_act_(std::move(may_act)), effect_timeout_(effect_timeout) {}

std::vector<restic_claim_release::held> restic_claim_release::held_up() const {
    const auto& world = jobs_.world();
    std::vector<held> found;
    for (const auto& pod : world.pods.all() | std::views::values) {
        const bool holds = !pod->active() && std::ranges::any_of(pod->claims, [&](const std::string& name) {
            const auto claim = claims_.find({pod->meta.ns, name});
            return claim && claim->meta.deleted_at;
        });
        const auto job = holds ? job_of(world, *pod) : nullptr;
        // The Job gets this time to live once its outcome is on record (restic_jobs::expire).
        const bool recorded =
            job && job->ended != kube::job::end::none && job->ttl_seconds == world.settings.ttl.count();
        if (!recorded || job->meta.deleted_at)
            continue;
        const auto mark = job->meta.annotations.find(std::string(records::operation_annotation));
        if (mark != job->meta.annotations.end())
            found.push_back({job->meta.ns, job->meta.name, mark->second});
    }
    return found;
}

awaitable<void> restic_claim_release::release_all() {
    auto all = held_up();
    for (auto& each : all) {
        if (!may_act_())
            co_return;
        const std::string name = each.ns + "/" + each.job;
        effect_budget budget{async::deadline::after(effect_timeout_), effect_timeout_,
                             std::string(purposes::release_claim)};
        auto removing =
            jobs_.remove(std::move(each.ns), std::move(each.job), std::move(each.operation_uid), std::move(budget));
        const auto removed = co_await std::move(removing);
        const bool going = removed.what == step_report::outcome::done || removed.what == step_report::outcome::waiting;
        if (going)
            log::info("a Job that has ended is removed before its time, as its PVC is being deleted",
                      {{"job", boost::json::value(name)}});
        else
            log::warning("a Job that holds up the deletion of its PVC could not be removed; it is tried again",
                         {{"job", boost::json::value(name)}, {"why", boost::json::value(removed.message)}});
    }
}

awaitable<void> restic_claim_release::run() {
    bool more = true;
    while (more) {
        const auto seen = claims_.generation();
        if (may_act_()) {
            auto releasing = release_all();
            co_await std::move(releasing);
        }
        more = co_await async::sleep_until(async::deadline::after(between_looks));
        if (more && seen == claims_.generation())
            (void)co_await claims_.changed().wait(async::deadline::after(longest_pause));
    }
}

} // namespace soteria::backup
