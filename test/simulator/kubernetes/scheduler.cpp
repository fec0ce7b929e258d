// Which node a Job's Pod gets, and the volumes that are provisioned for it.
#include "test/simulator/kubernetes/workloads.hpp"

#include <algorithm>

namespace simulator::api {

namespace {

bool holds_text(const json::array& values, std::string_view text) {
    return std::any_of(values.begin(), values.end(),
                       [text](const json::value& value) { return value.is_string() && value.get_string() == text; });
}

// matchExpressions (of labels) and matchFields (of the name) of one term.
bool expression_holds(const json::object& expression, std::string_view value) {
    const auto* values = look_array(expression, {"values"});
    const bool within = values != nullptr && holds_text(*values, value);
    const auto sign = text_at(expression, {"operator"});
    return sign == "In" ? within : sign == "NotIn" ? !within : sign == "Exists" ? !value.empty() : value.empty();
}

std::string label_of(const std::string& node, std::string_view key) {
    if (key == "kubernetes.io/hostname") {
        return node;
    }
    return key == "kubernetes.io/os" ? "linux" : key == "kubernetes.io/arch" ? "amd64" : "";
}

bool term_holds(const json::object& term, const std::string& node) {
    bool holds = true;
    if (const auto* fields = look_array(term, {"matchFields"})) {
        for (const auto& field : *fields) {
            holds = holds && expression_holds(field.as_object(), node);
        }
    }
    if (const auto* expressions = look_array(term, {"matchExpressions"})) {
        for (const auto& one : *expressions) {
            holds = holds && expression_holds(one.as_object(), label_of(node, text_at(one.as_object(), {"key"})));
        }
    }
    return holds;
}

bool fits(const json::object& pod, const std::string& node) {
    if (const auto* selector = look_object(pod, {"spec", "nodeSelector"})) {
        for (const auto& [key, value] : *selector) {
            if (label_of(node, key) != value.as_string()) {
                return false;
            }
        }
    }
    const auto* terms = look_array(pod, {"spec", "affinity", "nodeAffinity",
                                         "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
    return terms == nullptr || std::any_of(terms->begin(), terms->end(), [&node](const json::value& term) {
               return term_holds(term.as_object(), node);
           });
}

bool uses_claim(const json::object& pod, std::string_view claim) {
    const auto* volumes = look_array(pod, {"spec", "volumes"});
    return volumes != nullptr && std::any_of(volumes->begin(), volumes->end(), [claim](const json::value& volume) {
               return text_at(volume.as_object(), {"persistentVolumeClaim", "claimName"}) == claim;
           });
}

std::string nodes_say(std::size_t nodes, const std::string& why) {
    const auto all = "0/" + std::to_string(nodes) + " nodes are available: ";
    return all + why + " preemption: " + all + std::to_string(nodes) + " Preemption is not helpful for scheduling.";
}

} // namespace

// Those of the options, and wherever some Pod runs already.
std::set<std::string> workloads::nodes() const {
    std::set<std::string> known(state_.options.nodes.begin(), state_.options.nodes.end());
    for (const auto& [key, pod] : state_.kept.of(pods_).objects()) {
        known.insert(text_at(pod->object(), {"spec", "nodeName"}));
    }
    known.erase(std::string());
    return known;
}

std::vector<std::string> workloads::claims_of(const json::object& pod) {
    std::vector<std::string> found;
    if (const auto* volumes = look_array(pod, {"spec", "volumes"})) {
        for (const auto& volume : *volumes) {
            const auto name = text_at(volume.as_object(), {"persistentVolumeClaim", "claimName"});
            if (!name.empty()) {
                found.push_back(name);
            }
        }
    }
    return found;
}

// The other Pods of the namespace that may be using the claim now: (name, node).
std::vector<std::pair<std::string, std::string>> workloads::users_of(const std::string& ns, const std::string& claim,
                                                                     const std::string& but) const {
    std::vector<std::pair<std::string, std::string>> found;
    const auto prefix = ns + "/";
    const auto& all = state_.kept.of(pods_).objects();
    for (auto one = all.lower_bound(prefix); one != all.end() && one->first.starts_with(prefix); ++one) {
        const auto pod = one->second->object();
        const auto node = text_at(pod, {"spec", "nodeName"});
        if (one->second->name != but && !node.empty() && !ended(pod) && uses_claim(pod, claim)) {
            found.emplace_back(one->second->name, node);
        }
    }
    return found;
}

bool workloads::place(const stored& pod, const json::object& object) {
    const auto known = nodes();
    if (meets(pod, job_name_of(object), "unschedulable")) {
        return refuse_place(pod, nodes_say(known.size(), std::to_string(known.size()) + " Insufficient memory."));
    }
    const auto node =
        std::find_if(known.begin(), known.end(), [&object](const std::string& one) { return fits(object, one); });
    if (node == known.end()) {
        return refuse_place(pod, nodes_say(known.size(), std::to_string(known.size()) +
                                                             " node(s) didn't match Pod's node affinity/selector."));
    }
    if (!claims_ready(pod, object, *node)) {
        return false;
    }
    tell("Pod", pod, "Normal", "Scheduled", "Successfully assigned " + pod.ns + "/" + pod.name + " to " + *node);
    state_.verbs.change(pods_, pod.ns, pod.name, [&node](json::object& placed) {
        make_object(placed, {"spec"})["nodeName"] = *node;
        set_condition(placed, "PodScheduled", true, {}, {});
    });
    return true;
}

bool workloads::refuse_place(const stored& pod, const std::string& why) {
    waiting_.emplace(pod.ns, pod.name);
    bool news = false;
    state_.verbs.change(pods_, pod.ns, pod.name, [&why, &news](json::object& object) {
        const auto text = json::serialize(why);
        news = json::serialize(object["status"]).find(text) == std::string::npos;
        if (news) {
            set_condition(object, "PodScheduled", false, "Unschedulable", why);
        }
    });
    if (news) {
        tell("Pod", pod, "Warning", "FailedScheduling", why);
    }
    return false;
}

bool workloads::claims_ready(const stored& pod, const json::object& object, const std::string& node) {
    for (const auto& name : claims_of(object)) {
        const auto claim = state_.kept.find(claims_, pod.ns, name);
        if (claim == nullptr || claim->deleting) {
            return refuse_place(pod, nodes_say(nodes().size(), "persistentvolumeclaim \"" + name +
                                                                   (claim ? "\" is being deleted." : "\" not found.")));
        }
        const auto parsed = claim->object();
        if (array_holds(parsed, {"spec", "accessModes"}, "ReadWriteOncePod") &&
            !users_of(pod.ns, name, pod.name).empty()) {
            return refuse_place(pod, nodes_say(nodes().size(),
                                               "1 node has pod using PersistentVolumeClaim with the same name and "
                                               "ReadWriteOncePod access mode."));
        }
        if (text_at(parsed, {"status", "phase"}) == "Bound") {
            continue;
        }
        if (!provision(*claim, parsed, node)) {
            return refuse_place(pod, nodes_say(nodes().size(), "pod has unbound immediate PersistentVolumeClaims."));
        }
        waiting_.emplace(pod.ns, pod.name);
        return false;
    }
    return true;
}

// As an external provisioner does. Also for a class that binds immediately, but only now: nobody looks at the claim
// before a Pod does. False: no provisioner is there for it.
bool workloads::provision(const stored& claim, const json::object& object, const std::string& node) {
    const auto* classes = state_.known.find("storage.k8s.io", "v1", "storageclasses");
    const auto class_name = text_at(object, {"spec", "storageClassName"});
    const auto storage_class = state_.kept.find(*classes, "", class_name);
    if (storage_class == nullptr || !text_at(object, {"spec", "volumeName"}).empty()) {
        return false;
    }
    const auto rules = storage_class->object();
    const auto provisioner = text_at(rules, {"provisioner"});
    if (provisioner.empty() || provisioner == "kubernetes.io/no-provisioner") {
        return false;
    }
    const auto volume_name = "pvc-" + claim.uid;
    if (state_.kept.find(state_.known.core("persistentvolumes"), "", volume_name) != nullptr) {
        return true;
    }
    json::object volume;
    volume["apiVersion"] = "v1";
    volume["kind"] = "PersistentVolume";
    auto& metadata = make_object(volume, {"metadata"});
    metadata["name"] = volume_name;
    make_object(metadata, {"annotations"})["pv.kubernetes.io/provisioned-by"] = provisioner;
    auto& spec = make_object(volume, {"spec"});
    spec["accessModes"] = *look(object, {"spec", "accessModes"});
    make_object(spec, {"capacity"})["storage"] = *look(object, {"spec", "resources", "requests", "storage"});
    spec["storageClassName"] = class_name;
    spec["volumeMode"] = *look(object, {"spec", "volumeMode"});
    spec["persistentVolumeReclaimPolicy"] = text_at(rules, {"reclaimPolicy"});
    if (provisioner == "rancher.io/local-path") {
        auto& source = make_object(spec, {"hostPath"});
        source["path"] = "/opt/local-path-provisioner/" + volume_name + "_" + claim.ns + "_" + claim.name;
        source["type"] = "DirectoryOrCreate";
    } else {
        auto& source = make_object(spec, {"csi"});
        source["driver"] = provisioner;
        source["volumeHandle"] = volume_name;
    }
    auto& reference = make_object(spec, {"claimRef"});
    reference["apiVersion"] = "v1";
    reference["kind"] = "PersistentVolumeClaim";
    reference["namespace"] = claim.ns;
    reference["name"] = claim.name;
    reference["uid"] = claim.uid;
    if (text_at(rules, {"volumeBindingMode"}) == "WaitForFirstConsumer") {
        state_.verbs.change(claims_, claim.ns, claim.name, [&node](json::object& chosen) {
            make_object(chosen, {"metadata", "annotations"})["volume.kubernetes.io/selected-node"] = node;
        });
    }
    state_.verbs.apply(std::move(volume));
    return true;
}

} // namespace simulator::api
