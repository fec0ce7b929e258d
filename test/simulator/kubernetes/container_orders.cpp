// What a container is started with: its command, its environment with the values of Secrets, its volumes.
#include "test/simulator/kubernetes/workloads.hpp"

namespace simulator::api {

namespace {

// (name, optional) of the Secrets that the environment is made from.
std::vector<std::pair<std::string, bool>> secrets_of(const json::object& container) {
    std::vector<std::pair<std::string, bool>> found;
    const auto take = [&found](const json::object* reference) {
        if (reference != nullptr) {
            const auto* optional = reference->if_contains("optional");
            found.emplace_back(text_at(*reference, {"name"}), optional != nullptr && *optional == true);
        }
    };
    if (const auto* sources = look_array(container, {"envFrom"})) {
        for (const auto& source : *sources) {
            take(look_object(source.as_object(), {"secretRef"}));
        }
    }
    if (const auto* variables = look_array(container, {"env"})) {
        for (const auto& variable : *variables) {
            take(look_object(variable.as_object(), {"valueFrom", "secretKeyRef"}));
        }
    }
    return found;
}

void add_words(std::vector<std::string>& to, const json::array* listed) {
    for (const auto& word : listed == nullptr ? json::array() : *listed) {
        to.emplace_back(word.as_string());
    }
}

} // namespace

std::string workloads::missing_secret(const std::string& ns, const json::object& container) const {
    for (const auto& [name, optional] : secrets_of(container)) {
        if (!optional && state_.kept.find(state_.known.core("secrets"), ns, name) == nullptr) {
            return name;
        }
    }
    return {};
}

container_order workloads::order_of(const run& of, const json::object& container) const {
    container_order order;
    order.ns = of.ns;
    order.job = of.job;
    order.pod = of.name;
    order.container = text_at(container, {"name"});
    order.image = text_at(container, {"image"});
    add_words(order.command, look_array(container, {"command"}));
    add_words(order.command, look_array(container, {"args"}));
    add_words(order.pre_stop, look_array(container, {"lifecycle", "preStop", "exec", "command"}));
    const auto secret = [this, &of](const std::string& name) {
        const auto found = state_.kept.find(state_.known.core("secrets"), of.ns, name);
        const auto object = found ? found->object() : json::object();
        const auto* data = look_object(object, {"data"});
        return data == nullptr ? json::object() : *data;
    };
    if (const auto* sources = look_array(container, {"envFrom"})) {
        for (const auto& source : *sources) {
            for (const auto& [key, value] : secret(text_at(source.as_object(), {"secretRef", "name"}))) {
                order.environment[key] = decode_base64(value.as_string());
            }
        }
    }
    if (const auto* variables = look_array(container, {"env"})) {
        for (const auto& one : *variables) {
            const auto& variable = one.as_object();
            auto& value = order.environment[text_at(variable, {"name"})];
            value = text_at(variable, {"value"});
            if (const auto* from = look_object(variable, {"valueFrom", "secretKeyRef"})) {
                value = decode_base64(text_at(secret(text_at(*from, {"name"})), {text_at(*from, {"key"})}));
            }
        }
    }
    if (const auto* mounts = look_array(container, {"volumeMounts"})) {
        for (const auto& mount : *mounts) {
            order.mounts.push_back(mount_of(of, mount.as_object()));
        }
    }
    return order;
}

container_mount workloads::mount_of(const run& of, const json::object& mount) const {
    container_mount made;
    made.path = text_at(mount, {"mountPath"});
    const auto* read_only = mount.if_contains("readOnly");
    made.read_only = read_only != nullptr && *read_only == true;
    for (const auto& one : *look_array(of.pod, {"spec", "volumes"})) {
        const auto& volume = one.as_object();
        if (text_at(volume, {"name"}) != text_at(mount, {"name"})) {
            continue;
        }
        made.claim = text_at(volume, {"persistentVolumeClaim", "claimName"});
        made.capacity_bytes = static_cast<std::int64_t>(quantity_at(volume, {"emptyDir", "sizeLimit"}));
    }
    const auto claim = made.claim.empty() ? nullptr : state_.kept.find(claims_, of.ns, made.claim);
    if (claim != nullptr) {
        const auto object = claim->object();
        made.claim_uid = claim->uid;
        made.capacity_bytes = static_cast<std::int64_t>(quantity_at(object, {"status", "capacity", "storage"}));
        if (const auto* annotations = look_object(object, {"metadata", "annotations"})) {
            for (const auto& [key, value] : *annotations) {
                made.annotations[key] = value.as_string();
            }
        }
    }
    return made;
}

} // namespace simulator::api
