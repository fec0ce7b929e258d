// The PV binder and the protection of claims and volumes in use, as the controller-manager's.
#include "test/simulator/kubernetes/controllers.hpp"

#include <algorithm>

namespace simulator::api {

namespace {

constexpr std::string_view bind_completed = "pv.kubernetes.io/bind-completed";
constexpr std::string_view bound_by_controller = "pv.kubernetes.io/bound-by-controller";
constexpr std::string_view claim_finalizer = "kubernetes.io/pvc-protection";
constexpr std::string_view volume_finalizer = "kubernetes.io/pv-protection";
constexpr std::string_view provisioned_by = "pv.kubernetes.io/provisioned-by";

bool annotated(const json::object& object, std::string_view name) {
    return look(object, {"metadata", "annotations", name}) != nullptr;
}

bool refers_to(const json::object& volume, const stored& claim) {
    const auto uid = text_at(volume, {"spec", "claimRef", "uid"});
    return text_at(volume, {"spec", "claimRef", "name"}) == claim.name &&
           text_at(volume, {"spec", "claimRef", "namespace"}) == claim.ns && (uid.empty() || uid == claim.uid);
}

bool same_class_and_mode(const json::object& volume, const json::object& claim) {
    return text_at(volume, {"spec", "storageClassName"}) == text_at(claim, {"spec", "storageClassName"}) &&
           text_at(volume, {"spec", "volumeMode"}) == text_at(claim, {"spec", "volumeMode"});
}

// What the binder compares before it gives a free volume to a claim that names it.
bool fits(const json::object& volume, const json::object& claim) {
    return same_class_and_mode(volume, claim) && quantity_at(volume, {"spec", "capacity", "storage"}) >=
                                                     quantity_at(claim, {"spec", "resources", "requests", "storage"});
}

void fill_claim_reference(json::object& volume, const stored& claim) {
    auto& reference = make_object(volume, {"spec", "claimRef"});
    if (!text_at(reference, {"uid"}).empty()) {
        return;
    }
    reference["kind"] = "PersistentVolumeClaim";
    reference["apiVersion"] = "v1";
    reference["namespace"] = claim.ns;
    reference["name"] = claim.name;
    reference["uid"] = claim.uid;
    reference["resourceVersion"] = std::to_string(claim.revision);
}

} // namespace

void controllers::bind_claim(const std::string& ns, const std::string& name) {
    const auto claim = state_.kept.find(claims_, ns, name);
    if (claim == nullptr) {
        return;
    }
    const auto object = claim->object();
    const auto volume_name = text_at(object, {"spec", "volumeName"});
    const bool was_bound = annotated(object, bind_completed);
    if (!volume_name.empty()) {
        const auto volume = state_.kept.find(volumes_, "", volume_name);
        const auto volume_object = volume ? volume->object() : json::object();
        const bool claimed = look(volume_object, {"spec", "claimRef"}) != nullptr;
        const bool ours = volume && claimed && refers_to(volume_object, *claim);
        if (ours || (volume && !claimed && (was_bound || fits(volume_object, object)))) {
            complete_claim(*claim, volume_object, false);
        } else if (was_bound) {
            state_.verbs.change(claims_, ns, name, [](json::object& lost) {
                auto& status = lost["status"].emplace_object();
                status["phase"] = "Lost";
            });
        }
        return;
    }
    const auto found = volumes_of_claim_.find(claim->key());
    for (const auto& candidate : found == volumes_of_claim_.end() ? std::set<std::string>() : found->second) {
        const auto volume = state_.kept.find(volumes_, "", candidate);
        const auto volume_object = volume ? volume->object() : json::object();
        if (volume && refers_to(volume_object, *claim) && same_class_and_mode(volume_object, object)) {
            complete_claim(*claim, volume_object, true);
            return;
        }
    }
}

void controllers::complete_claim(const stored& claim, const json::object& volume, bool by_controller) {
    const auto volume_name = text_at(volume, {"metadata", "name"});
    state_.verbs.change(volumes_, "", volume_name, [&claim](json::object& object) {
        const bool was_free = look(object, {"spec", "claimRef"}) == nullptr;
        fill_claim_reference(object, claim);
        if (was_free) {
            make_object(object, {"metadata", "annotations"})[bound_by_controller] = "yes";
        }
    });
    set_volume_phase(volume_name, "Bound");
    state_.verbs.change(claims_, claim.ns, claim.name, [&volume_name, by_controller](json::object& object) {
        make_object(object, {"spec"})["volumeName"] = volume_name;
        auto& annotations = make_object(object, {"metadata", "annotations"});
        annotations[bind_completed] = "yes";
        if (by_controller) {
            annotations[bound_by_controller] = "yes";
        }
    });
    state_.verbs.change(claims_, claim.ns, claim.name, [&volume](json::object& object) {
        auto& status = make_object(object, {"status"});
        status["phase"] = "Bound";
        if (const auto* modes = look(volume, {"spec", "accessModes"})) {
            status["accessModes"] = *modes;
        }
        if (const auto* capacity = look(volume, {"spec", "capacity"})) {
            status["capacity"] = *capacity;
        }
    });
}

void controllers::sync_volume(const std::string& name) {
    const auto volume = state_.kept.find(volumes_, "", name);
    if (volume == nullptr) {
        return;
    }
    const auto object = volume->object();
    const auto uid = text_at(object, {"spec", "claimRef", "uid"});
    if (uid.empty()) {
        set_volume_phase(name, "Available");
        return;
    }
    const auto claim = state_.kept.find(claims_, text_at(object, {"spec", "claimRef", "namespace"}),
                                        text_at(object, {"spec", "claimRef", "name"}));
    if (claim == nullptr || claim->uid != uid) {
        reclaim(name, object);
        return;
    }
    if (text_at(claim->object(), {"spec", "volumeName"}) == name) {
        set_volume_phase(name, "Bound");
    }
}

// The volume's claim is gone.
void controllers::reclaim(const std::string& name, const json::object& volume) {
    const auto policy = text_at(volume, {"spec", "persistentVolumeReclaimPolicy"});
    const auto phase = text_at(volume, {"status", "phase"});
    if (phase == "Failed") {
        return;
    }
    const bool provisioned = annotated(volume, provisioned_by);
    if (policy == "Delete" && !provisioned && phase == "Released") {
        set_volume_phase(name, "Failed",
                         "error getting deleter volume plugin for volume \"" + name +
                             "\": no deletable volume plugin matched");
        return;
    }
    set_volume_phase(name, "Released");
    if (policy != "Delete" || !provisioned) {
        return;
    }
    if (const auto released = state_.kept.find(volumes_, "", name)) { // its provisioner deletes it
        remove(volumes_, *released);
    }
}

void controllers::set_volume_phase(const std::string& name, std::string_view phase, std::string_view message) {
    state_.verbs.change(volumes_, "", name, [phase, message](json::object& volume) {
        auto& status = make_object(volume, {"status"});
        if (text_at(status, {"phase"}) == phase) {
            return;
        }
        status["phase"] = phase;
        status["lastPhaseTransitionTime"] = now_text();
        if (!message.empty()) {
            status["reason"] = "VolumeFailedDelete";
            status["message"] = message;
        }
    });
}

void controllers::restore_finalizer(const kind& which, const stored& object, std::string_view finalizer) {
    state_.verbs.change(which, object.ns, object.name, [finalizer](json::object& unprotected) {
        auto& finalizers = make_object(unprotected, {"metadata"})["finalizers"];
        (finalizers.is_array() ? finalizers.get_array() : finalizers.emplace_array()).emplace_back(finalizer);
    });
}

// A claim goes when no scheduled Pod uses it.
void controllers::protect_claim(const std::string& ns, const std::string& name) {
    const auto claim = state_.kept.find(claims_, ns, name);
    if (claim == nullptr || !claim->deleting) {
        if (claim != nullptr && !array_holds(claim->object(), {"metadata", "finalizers"}, claim_finalizer)) {
            restore_finalizer(claims_, *claim, claim_finalizer);
        }
        return;
    }
    const auto prefix = ns + "/";
    const auto& pods = state_.kept.of(state_.known.core("pods")).objects();
    for (auto pod = pods.lower_bound(prefix); pod != pods.end() && pod->first.starts_with(prefix); ++pod) {
        const auto object = pod->second->object();
        const auto* volumes = look_array(object, {"spec", "volumes"});
        if (volumes == nullptr || text_at(object, {"spec", "nodeName"}).empty()) {
            continue;
        }
        const bool uses = std::any_of(volumes->begin(), volumes->end(), [&name](const json::value& volume) {
            return volume.is_object() && text_at(volume.get_object(), {"persistentVolumeClaim", "claimName"}) == name;
        });
        if (uses) {
            return;
        }
    }
    state_.verbs.change(claims_, ns, name, [](json::object& claim) {
        take_from_array(claim, {"metadata"}, "finalizers", claim_finalizer);
    });
}

// A volume goes when it is not bound.
void controllers::protect_volume(const std::string& name) {
    const auto volume = state_.kept.find(volumes_, "", name);
    if (volume == nullptr || !volume->deleting || text_at(volume->object(), {"status", "phase"}) == "Bound") {
        if (volume != nullptr && !volume->deleting &&
            !array_holds(volume->object(), {"metadata", "finalizers"}, volume_finalizer)) {
            restore_finalizer(volumes_, *volume, volume_finalizer);
        }
        return;
    }
    state_.verbs.change(volumes_, "", name, [](json::object& object) {
        take_from_array(object, {"metadata"}, "finalizers", volume_finalizer);
    });
}

} // namespace simulator::api
