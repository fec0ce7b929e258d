#include "longhorn_manifests.hpp"
#include "restic_attempt.hpp"
#include "restic_orders.hpp"
#include "restic_reports.hpp"
#include "restic_source.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/kube/decode.hpp>

namespace soteria::backup::restic_restore_effects {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using kind = restic::verdict::kind;

constexpr milliseconds look_again{2000};

bool has_target(const domain::operation& record) {
    return !record.request.target.name.empty();
}

// The volume that stays when this claim of ours goes, as its class says Retain; empty: none.
awaitable<result<std::string>> volume_that_stays(restic_attempt now) {
    auto reading = read_claim(now.world.kubernetes, now.record.request.target, now.budget.until);
    const auto claim = co_await std::move(reading);
    if (!claim)
        co_return claim.error();
    if (!*claim || (*claim)->volume_name.empty() || !carries_mark((*claim)->meta, now.record.uid))
        co_return std::string();
    const auto object =
        co_await now.world.kubernetes.get(kube::persistent_volumes, "", (*claim)->volume_name,
                                          kube::call_options(now.budget.until, std::string(purposes::resolve)));
    if (!object) {
        if (object.error().code == errc::not_found)
            co_return std::string();
        co_return object.error();
    }
    const auto volume = kube::decode_persistent_volume(*object);
    if (!volume)
        co_return volume.error();
    co_return volume->reclaim_policy == "Retain" ? volume->meta.name : std::string();
}

} // namespace

awaitable<step_report> create_claim(restic_attempt now) {
    if (!has_target(now.record))
        co_return step_report::done(); // a test writes into a volume that goes with its Pod
    const auto& request = now.record.request;
    auto manifest = claim_manifest(request.target, request.source, now.record.facts, "", now.record.uid);
    auto creating = create_ours(now.in_cluster(), kube::persistent_volume_claims, std::move(manifest), facts::claim_uid,
                                "target_exists");
    co_return co_await std::move(creating);
}

awaitable<step_report> create_job(restic_attempt now) {
    return now.world.jobs.create(main_order(now.world, now.record), now.budget);
}

// Nobody may restore into a claim that was replaced meanwhile.
awaitable<step_report> start_job(restic_attempt now) {
    auto order = main_order(now.world, now.record);
    if (has_target(now.record)) {
        const auto& target = now.record.request.target;
        auto reading = read_claim(now.world.kubernetes, target, now.budget.until);
        const auto claim = co_await std::move(reading);
        if (!claim)
            co_return step_report::from(claim.error(), look_again);
        if (!*claim || (*claim)->meta.uid != now.record.fact(facts::claim_uid))
            co_return step_report::failed("target_replaced",
                                          "the PVC " + target.text() + " that this restore made was deleted meanwhile");
        auto placing = place_beside_users(now.world.kubernetes, *claim, now.budget.until);
        const auto place = co_await std::move(placing);
        if (!place)
            co_return step_report::from(place.error(), look_again);
        order.place = *place;
    }
    auto starting = now.world.jobs.start(std::move(order), now.budget);
    co_return co_await std::move(starting);
}

awaitable<step_report> wait_restore(restic_attempt now) {
    auto looking = now.world.jobs.look(main_order(now.world, now.record), now.budget);
    const auto verdict = co_await std::move(looking);
    if (!verdict) {
        if (verdict.error().code == errc::not_found)
            co_return step_report::failed("pod_lost", "The Job of this restore is gone before what came of it was "
                                                      "known; nothing says that all files are back.");
        // Whoever may not look knows nothing of the Job; only time ends that.
        co_return could_not_look(verdict.error(), look_again);
    }
    if (verdict->what == kind::waiting)
        co_return still_running(*verdict, "restic is restoring", look_again);
    if (verdict->what != kind::complete)
        co_return step_report::failed(verdict->code.empty() ? "restic_failed" : verdict->code, verdict->message);
    const auto* start = now.record.find_step("start_job");
    co_return restore_made(*verdict, now.record.request.verify, start == nullptr ? std::nullopt : start->finished_at,
                           now.world.time.now());
}

awaitable<step_report> delete_claim(restic_attempt now) {
    if (!has_target(now.record))
        co_return step_report::done();
    const std::string noted = now.record.fact(facts::kept_volume);
    auto asking = volume_that_stays(now);
    const auto stays = co_await std::move(asking);
    if (!stays)
        co_return step_report::from(stays.error(), look_again);
    if (!stays->empty() && *stays != noted) {
        // On record first: once the claim is gone, nothing leads to its volume.
        auto report = step_report::waiting("deleting the claim", milliseconds{1});
        report.facts[std::string(facts::kept_volume)] = *stays;
        co_return report;
    }
    const auto& target = now.record.request.target;
    auto deleting = delete_ours(now.in_cluster(), kube::persistent_volume_claims, target.ns, target.name, false);
    auto report = co_await std::move(deleting);
    if (report.what == step_report::outcome::done && !noted.empty())
        report.leftovers.push_back({"PersistentVolume", "", noted,
                                    "its storage class keeps volumes (reclaim policy Retain); it holds what was "
                                    "restored so far"});
    co_return report;
}

} // namespace soteria::backup::restic_restore_effects
