// kubernetesStatus: what the PVs of the cluster say of each volume, and what they said last.
#include "text.hpp"
#include "world.hpp"

namespace simulator::lh {

void world::persistent_volume_seen(const std::string& pv, const std::string& handle, const std::string& phase,
                                   const std::string& claim_namespace, const std::string& claim) {
    volume* one = find(handle);
    if (one == nullptr || one->deleting) {
        return;
    }
    kubernetes_view& view = one->kubernetes;
    const kubernetes_view before = view;
    if (view.pv_name.empty()) {
        view = {}; // a first PV wipes the history that a restore began with
    }
    view.pv_name = pv;
    view.pv_status = phase;
    if (phase == "Bound" && !claim.empty()) {
        view.ns = claim_namespace;
        view.pvc_name = claim;
        view.last_pvc_ref_at.clear();
    } else if (!view.pvc_name.empty() && view.last_pvc_ref_at.empty()) {
        view.last_pvc_ref_at = rfc3339(line.now());
    }
    if (view.pv_name != before.pv_name || view.pv_status != before.pv_status || view.pvc_name != before.pvc_name ||
        view.last_pvc_ref_at != before.last_pvc_ref_at) {
        touch(*one);
    }
}

void world::persistent_volume_gone(const std::string& pv) {
    for (auto& [name, one] : volumes) {
        if (one.kubernetes.pv_name != pv || one.deleting) {
            continue;
        }
        one.kubernetes.pv_name.clear();
        one.kubernetes.pv_status.clear();
        if (!one.kubernetes.pvc_name.empty() && one.kubernetes.last_pvc_ref_at.empty()) {
            one.kubernetes.last_pvc_ref_at = rfc3339(line.now());
        }
        touch(one);
    }
}

} // namespace simulator::lh
