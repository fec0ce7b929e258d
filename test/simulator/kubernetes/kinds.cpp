#include "test/simulator/kubernetes/kinds.hpp"

#include <stdexcept>

namespace simulator::api {

namespace {

std::string key_of(std::string_view group, std::string_view version, std::string_view plural) {
    return std::string(group).append("/").append(version).append("/").append(plural);
}

kind built_in(std::string_view group, std::string_view version, std::string_view plural, std::string_view name,
              bool namespaced) {
    kind known;
    known.group = group;
    known.version = version;
    known.plural = plural;
    known.name = name;
    known.namespaced = namespaced;
    return known;
}

} // namespace

std::string kind::api_version() const {
    return group.empty() ? version : group + "/" + version;
}

std::string kind::resource() const {
    return group.empty() ? plural : plural + "." + group;
}

std::string kind::qualified_name() const {
    return group.empty() ? name : name + "." + group;
}

kinds::kinds() {
    add(built_in("", "v1", "configmaps", "ConfigMap", true));
    add(built_in("", "v1", "secrets", "Secret", true)).fields = {"type"};
    add(built_in("", "v1", "events", "Event", true)).fields = {"involvedObject.kind",
                                                               "involvedObject.namespace",
                                                               "involvedObject.name",
                                                               "involvedObject.uid",
                                                               "reason",
                                                               "type"};
    add(built_in("", "v1", "namespaces", "Namespace", false)).has_status = true;
    add(built_in("", "v1", "serviceaccounts", "ServiceAccount", true)).returns_deleted = true;
    add(built_in("storage.k8s.io", "v1", "storageclasses", "StorageClass", false)).returns_deleted = true;
    add(built_in("coordination.k8s.io", "v1", "leases", "Lease", true)).unconditional_update = false;
    for (auto known : {built_in("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true),
                       built_in("", "v1", "persistentvolumes", "PersistentVolume", false)}) {
        known.has_status = true;
        known.returns_deleted = true;
        add(std::move(known));
    }
    auto pods = built_in("", "v1", "pods", "Pod", true);
    pods.has_status = true;
    pods.returns_deleted = true;
    pods.fields = {"spec.nodeName", "spec.restartPolicy", "status.phase"};
    add(std::move(pods));
    auto jobs = built_in("batch", "v1", "jobs", "Job", true);
    jobs.has_status = true;
    jobs.counts_generation = true;
    add(std::move(jobs));
    auto definitions =
        built_in("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);
    definitions.has_status = true;
    definitions.unconditional_update = false;
    add(std::move(definitions));
    for (auto known : {built_in("soteria.dev", "v1alpha1", "backups", "Backup", true),
                       built_in("soteria.dev", "v1alpha1", "restores", "Restore", true)}) {
        known.has_status = true;
        known.custom = true;
        known.counts_generation = true;
        known.unconditional_update = false;
        add(std::move(known));
    }
}

const kind* kinds::find(std::string_view group, std::string_view version, std::string_view plural) const {
    const auto found = kinds_.find(key_of(group, version, plural));
    return found == kinds_.end() ? nullptr : &found->second;
}

const kind* kinds::find_by_name(std::string_view api_version, std::string_view name) const {
    for (const auto& [key, known] : kinds_) {
        if (known.name == name && known.api_version() == api_version) {
            return &known;
        }
    }
    return nullptr;
}

const kind* kinds::find_resource(std::string_view resource) const {
    for (const auto& [key, known] : kinds_) {
        if (known.resource() == resource) {
            return &known;
        }
    }
    return nullptr;
}

const kind& kinds::core(std::string_view plural) const {
    const auto* found = find("", "v1", plural);
    if (found == nullptr) {
        throw std::logic_error("the simulator has no core kind " + std::string(plural));
    }
    return *found;
}

bool kinds::knows_group(std::string_view group, std::string_view version) const {
    const auto prefix = key_of(group, version, "");
    const auto found = kinds_.lower_bound(prefix);
    return found != kinds_.end() && found->first.starts_with(prefix);
}

void kinds::add_definition(const json::object& definition) {
    const auto* versions = look_array(definition, {"spec", "versions"});
    if (versions == nullptr) {
        return;
    }
    for (const auto& entry : *versions) {
        const auto* version = entry.if_object();
        if (version == nullptr) {
            continue;
        }
        kind known;
        known.group = text_at(definition, {"spec", "group"});
        known.version = text_at(*version, {"name"});
        known.plural = text_at(definition, {"spec", "names", "plural"});
        known.name = text_at(definition, {"spec", "names", "kind"});
        known.namespaced = text_at(definition, {"spec", "scope"}) != "Cluster";
        known.has_status = look(*version, {"subresources", "status"}) != nullptr;
        known.custom = true;
        known.counts_generation = true;
        known.unconditional_update = false;
        if (const auto* schema = look_object(*version, {"schema", "openAPIV3Schema"})) {
            known.schema = *schema;
        }
        add(std::move(known));
    }
}

kind& kinds::add(kind known) {
    auto key = key_of(known.group, known.version, known.plural);
    return kinds_.insert_or_assign(std::move(key), std::move(known)).first->second;
}

} // namespace simulator::api
