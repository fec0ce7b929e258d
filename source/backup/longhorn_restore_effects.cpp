#include "backup_url.hpp"
#include "cluster_checks.hpp"
#include "longhorn_effects.hpp"
#include "longhorn_hindrance.hpp"
#include "longhorn_manifests.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/quantity.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/longhorn/phase.hpp>

namespace soteria::backup::restore_effects {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

constexpr milliseconds look_again{1000};

longhorn::volume_request volume_request_of(const domain::operation& record) {
    longhorn::volume_request request;
    request.name = record.fact(facts::volume);
    request.from_backup = record.fact(facts::backup_url);
    request.size_bytes = parse_quantity(record.fact(facts::size_bytes)).value_or(0);
    request.number_of_replicas = static_cast<int>(parse_quantity(record.fact(facts::replicas)).value_or(3));
    request.data_engine = record.fact(facts::data_engine);
    request.access_mode = record.fact(facts::longhorn_access_mode);
    request.backing_image = record.fact(facts::backing_image);
    request.encrypted = record.fact(facts::encrypted) == "true";
    return request;
}

// Ours: the name comes from the record's uid, and it is made from this record's backup.
bool made_by(const longhorn::volume& one, const domain::operation& record) {
    return one.name == record.fact(facts::volume) && same_backup(one.from_backup, record.fact(facts::backup_url));
}

step_report volume_made(const longhorn::volume& one) {
    std::map<std::string, std::string> known;
    if (one.size_bytes > 0) // Longhorn takes the backup volume's size, whatever was asked
        known[std::string(facts::size_bytes)] = std::to_string(one.size_bytes);
    return step_report::done(std::move(known));
}

cluster_effect in_cluster(const attempt& now) {
    return {now.world.kubernetes, now.record.uid, now.budget};
}

// Is something alive in the cluster that Longhorn would take along with the volume? Its sentence; empty: no.
awaitable<result<std::string>> still_attached_to(attempt now, longhorn::kubernetes_status status) {
    const std::string volume = now.record.fact(facts::volume);
    const auto persistent =
        co_await now.world.kubernetes.get(kube::persistent_volumes, "", volume, now.kubernetes_call());
    if (!persistent && persistent.error().code != errc::not_found)
        co_return persistent.error();
    if (persistent) {
        const auto shown = kube::decode_persistent_volume(*persistent);
        if (!shown)
            co_return shown.error();
        // One of that name that stands for another volume is somebody else's, and nothing to this one.
        if (shown->csi_volume_handle == volume)
            co_return "the PersistentVolume " + volume + " is still there";
    }
    const bool live = status.last_pvc_reference_at.empty() && !status.pvc_name.empty() && !status.pv_name.empty();
    if (!live)
        co_return std::string();
    const auto claim = co_await now.world.kubernetes.get(kube::persistent_volume_claims, status.ns, status.pvc_name,
                                                         now.kubernetes_call());
    if (!claim) {
        if (claim.error().code == errc::not_found)
            co_return std::string();
        co_return claim.error();
    }
    const auto decoded = kube::decode_persistent_volume_claim(*claim);
    if (!decoded)
        co_return decoded.error();
    if (decoded->volume_name != status.pv_name)
        co_return std::string();
    co_return "the PVC " + status.ns + "/" + status.pvc_name + " uses the volume";
}

step_report not_bound(const domain::pvc_ref& target) {
    auto report = step_report::waiting("waiting until Kubernetes binds " + target.text(), look_again);
    report.code = "not_bound";
    return report;
}

} // namespace

awaitable<step_report> create_volume(attempt now) {
    const std::string name = now.record.fact(facts::volume);
    auto request = volume_request_of(now.record);
    const auto created = co_await now.world.longhorn.create_volume(std::move(request), now.longhorn_call());
    if (created)
        co_return volume_made(*created);
    const failure refusal = created.error();
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, now.budget.settle);
    const auto existing = co_await now.world.longhorn.get_volume(name, now.longhorn_call());
    if (!existing)
        co_return step_report::retry(existing.error().message, look_again);
    if (made_by(*existing, now.record))
        co_return volume_made(*existing);
    co_return step_report::failed("name_taken",
                                  "a Longhorn volume named " + name +
                                      " is there already and is not made from this backup; it is left alone");
}

awaitable<step_report> create_claim(attempt now) {
    auto manifest = claim_manifest(now.record.request.target, now.record.request.source, now.record.facts,
                                   now.record.fact(facts::volume), now.record.uid);
    return create_ours(in_cluster(now), kube::persistent_volume_claims, std::move(manifest), facts::claim_uid,
                       "target_exists");
}

awaitable<step_report> create_persistent_volume(attempt now) {
    auto manifest =
        persistent_volume_manifest(now.record.request.target, now.record.facts, now.record.fact(facts::volume),
                                   now.record.uid, now.record.fact(facts::claim_uid));
    return create_ours(in_cluster(now), kube::persistent_volumes, std::move(manifest), facts::persistent_volume_uid,
                       "name_taken");
}

awaitable<step_report> wait_restored(attempt now) {
    const std::string name = now.record.fact(facts::volume);
    const auto picture = now.world.poller.current();
    const auto* seen = picture->find_volume(name);
    longhorn::volume volume;
    if (seen != nullptr) {
        volume = *seen;
    } else {
        // Not in the list yet, or gone: ask for it by name.
        auto asked = co_await now.world.longhorn.get_volume(name, now.longhorn_call());
        if (!asked) {
            if (asked.error().code == errc::not_found)
                co_return step_report::failed("volume_gone", "the Longhorn volume " + name +
                                                                 " was deleted while it was being restored");
            co_return not_answered(asked.error(), look_again);
        }
        volume = std::move(*asked);
    }
    const auto phase = longhorn::restore_phase_of(volume);
    if (phase.what == longhorn::restore_phase::kind::failed)
        co_return step_report::failed("restore_failed",
                                      "Longhorn could not restore the volume " + name + ": " + phase.text);
    if (phase.what == longhorn::restore_phase::kind::finished)
        co_return volume_made(volume);
    auto report =
        step_report::waiting(phase.text.empty() ? "Longhorn is restoring the data" : phase.text, 2 * look_again);
    put_into(report, hindrance_of_restore(*picture, volume, phase, now.record));
    report.progress = domain::progress{phase.percent, std::nullopt, std::nullopt, std::nullopt};
    if (const auto total = parse_quantity(now.record.fact(facts::size_bytes))) {
        report.progress->bytes_total = *total;
        report.progress->bytes_done = *total / 100 * phase.percent;
    }
    co_return report;
}

awaitable<step_report> wait_bound(attempt now) {
    const auto& target = now.record.request.target;
    auto claim = now.world.claims.find({target.ns, target.name});
    if (!claim || claim->meta.uid != now.record.fact(facts::claim_uid)) {
        const auto object = co_await now.world.kubernetes.get(kube::persistent_volume_claims, target.ns, target.name,
                                                              now.kubernetes_call());
        if (!object && object.error().code != errc::not_found)
            co_return step_report::from(object.error(), look_again);
        auto decoded = object ? kube::decode_persistent_volume_claim(*object)
                              : result<kube::persistent_volume_claim>(object.error());
        if (!decoded || decoded->meta.uid != now.record.fact(facts::claim_uid))
            co_return step_report::failed("target_replaced",
                                          "the PVC " + target.text() + " that this restore made was deleted meanwhile");
        claim = std::make_shared<const kube::persistent_volume_claim>(std::move(*decoded));
    }
    if (claim->phase == "Lost")
        co_return step_report::failed("claim_lost", "the PVC " + target.text() + " has lost its volume");
    if (claim->phase != "Bound")
        co_return not_bound(target);
    co_return step_report::done();
}

awaitable<step_report> delete_persistent_volume(attempt now) {
    // Kubernetes holds a PV back until its claim is gone, and the claim is undone next.
    return delete_ours(in_cluster(now), kube::persistent_volumes, "", now.record.fact(facts::volume), true);
}

awaitable<step_report> delete_claim(attempt now) {
    return delete_ours(in_cluster(now), kube::persistent_volume_claims, now.record.request.target.ns,
                       now.record.request.target.name, false);
}

awaitable<step_report> delete_volume(attempt now) {
    const std::string name = now.record.fact(facts::volume);
    const auto found = co_await now.world.longhorn.get_volume(name, now.longhorn_call());
    if (!found) {
        if (found.error().code == errc::not_found)
            co_return step_report::done();
        co_return step_report::from(found.error(), look_again);
    }
    if (!made_by(*found, now.record))
        co_return step_report::done();
    if (found->state == "deleting")
        co_return step_report::waiting("waiting until Longhorn has deleted the volume " + name, milliseconds{300});
    auto status = found->kubernetes;
    const auto attached = co_await still_attached_to(now, std::move(status));
    if (!attached)
        co_return step_report::from(attached.error(), look_again);
    if (!attached->empty())
        co_return step_report::retry("the volume " + name +
                                         " is not deleted yet, as Longhorn deletes PV and PVC "
                                         "along with it: " +
                                         *attached,
                                     look_again);
    const auto deleted = co_await now.world.longhorn.delete_volume(name, now.longhorn_call());
    if (!deleted && deleted.error().code != errc::not_found)
        co_return step_report::from(deleted.error(), look_again);
    co_return step_report::waiting("deleting the volume " + name, milliseconds{300});
}

} // namespace soteria::backup::restore_effects
