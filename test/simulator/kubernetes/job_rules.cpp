#include "test/simulator/kubernetes/job_rules.hpp"

#include <algorithm>
#include <array>

namespace simulator::api {

namespace {

constexpr std::size_t longest_label = 63;

template <class Value>
void set_default(json::object& object, std::string_view member, Value value) {
    if (!object.contains(member)) {
        object[member] = value;
    }
}

cause required(const std::string& field, std::string_view why = {}) {
    return {"FieldValueRequired", why.empty() ? "Required value" : "Required value: " + std::string(why), field};
}

void fill_container(json::object& container) {
    set_default(container, "terminationMessagePath", "/dev/termination-log");
    set_default(container, "terminationMessagePolicy", "File");
    const auto image = text_at(container, {"image"});
    const auto tag = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
    const bool latest = tag == std::string::npos || image.substr(tag) == ":latest";
    set_default(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
    if (!container.contains("resources")) {
        container["resources"].emplace_object();
    }
}

const json::object& pod_spec_of(const json::object& object, const std::string& field) {
    static const json::object none;
    const auto* spec =
        field == "spec" ? look_object(object, {"spec"}) : look_object(object, {"spec", "template", "spec"});
    return spec == nullptr ? none : *spec;
}

void check_container(const json::object& container, const json::object& spec, const std::string& field,
                     std::vector<cause>& causes) {
    for (const auto* member : {"name", "image"}) {
        if (text_at(container, {member}).empty()) {
            causes.push_back(required(field + "." + member));
        }
    }
    const auto* mounts = look_array(container, {"volumeMounts"});
    const auto* volumes = look_array(spec, {"volumes"});
    for (std::size_t place = 0; mounts != nullptr && place < mounts->size(); ++place) {
        const auto name = text_at(mounts->at(place).as_object(), {"name"});
        const bool known = volumes != nullptr && std::any_of(volumes->begin(), volumes->end(), [&](const auto& volume) {
                               return text_at(volume.as_object(), {"name"}) == name;
                           });
        if (!known) {
            causes.push_back({"FieldValueNotFound", "Not found: \"" + name + "\"",
                              field + ".volumeMounts[" + std::to_string(place) + "].name"});
        }
    }
}

// Without what may change before the first Pod.
json::object fixed_template(const json::object& job) {
    const auto* found = look_object(job, {"spec", "template"});
    json::object fixed = found == nullptr ? json::object() : *found;
    fixed.erase("metadata");
    auto& spec = make_object(fixed, {"spec"});
    for (const auto* member : {"affinity", "nodeSelector", "tolerations", "schedulingGates"}) {
        spec.erase(member);
    }
    return fixed;
}

cause immutable(const std::string& field, const json::value* value) {
    return {"FieldValueInvalid",
            "Invalid value: " + (value == nullptr ? "null" : json::serialize(*value)) + ": field is immutable", field};
}

} // namespace

void fill_pod_spec(json::object& spec) {
    set_default(spec, "restartPolicy", "Always");
    set_default(spec, "dnsPolicy", "ClusterFirst");
    set_default(spec, "schedulerName", "default-scheduler");
    set_default(spec, "terminationGracePeriodSeconds", 30);
    if (!spec.contains("securityContext")) {
        spec["securityContext"].emplace_object();
    }
    for (const auto* member : {"initContainers", "containers"}) {
        auto* containers = spec.if_contains(member);
        if (containers == nullptr || !containers->is_array()) {
            continue;
        }
        for (auto& container : containers->get_array()) {
            fill_container(container.as_object());
        }
    }
}

void fill_job_spec(json::object& job) {
    auto& spec = make_object(job, {"spec"});
    set_default(spec, "parallelism", 1);
    set_default(spec, "completions", 1);
    set_default(spec, "backoffLimit", 6);
    set_default(spec, "completionMode", "NonIndexed");
    set_default(spec, "suspend", false);
    set_default(spec, "podReplacementPolicy", "TerminatingOrFailed");
    auto& pod = make_object(spec, {"template", "spec"});
    if (!pod.contains("restartPolicy")) {
        pod["restartPolicy"] = "Always";
    }
    fill_pod_spec(pod);
}

void fill_new_job(json::object& job) {
    const auto uid = text_at(job, {"metadata", "uid"});
    auto& spec = make_object(job, {"spec"});
    if (!spec.contains("selector")) {
        make_object(spec, {"selector", "matchLabels"})["batch.kubernetes.io/controller-uid"] = uid;
    }
    auto& labels = make_object(spec, {"template", "metadata", "labels"});
    for (const std::string prefix : {"", "batch.kubernetes.io/"}) {
        labels[prefix + "controller-uid"] = uid;
        labels[prefix + "job-name"] = text_at(job, {"metadata", "name"});
    }
    make_object(job, {"status"});
}

void check_pod_spec(const json::object& object, const std::string& field, std::vector<cause>& causes) {
    const auto& spec = pod_spec_of(object, field);
    const auto* mains = look_array(spec, {"containers"});
    if (mains == nullptr || mains->empty()) {
        causes.push_back(required(field + ".containers"));
    }
    for (const auto* member : {"initContainers", "containers"}) {
        const auto* containers = look_array(spec, {member});
        for (std::size_t place = 0; containers != nullptr && place < containers->size(); ++place) {
            check_container(containers->at(place).as_object(), spec,
                            field + "." + member + "[" + std::to_string(place) + "]", causes);
        }
    }
}

void check_job(const json::object& job, std::vector<cause>& causes) {
    const auto name = text_at(job, {"metadata", "name"});
    if (name.size() > longest_label) {
        causes.push_back({"FieldValueInvalid", "Invalid value: \"" + name + "\": must be no more than 63 bytes",
                          "spec.template.labels"});
    }
    check_pod_spec(job, "spec.template.spec", causes);
    const auto policy = text_at(job, {"spec", "template", "spec", "restartPolicy"});
    if (policy != "Never" && policy != "OnFailure") {
        causes.push_back(required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""));
    }
}

void check_job_change(const json::object& before, const json::object& after, std::vector<cause>& causes) {
    for (const auto* member : {"completions", "selector", "completionMode"}) {
        const auto* old_value = look(before, {"spec", member});
        const auto* new_value = look(after, {"spec", member});
        if (old_value != nullptr && (new_value == nullptr || *old_value != *new_value)) {
            causes.push_back(immutable(std::string("spec.") + member, new_value));
        }
    }
    const auto* suspend = look(before, {"spec", "suspend"});
    const bool not_started = suspend != nullptr && *suspend == true && text_at(before, {"status", "startTime"}).empty();
    const auto* old_template = look(before, {"spec", "template"});
    const auto* new_template = look(after, {"spec", "template"});
    const bool same = old_template != nullptr && new_template != nullptr && *old_template == *new_template;
    if (!same && (!not_started || fixed_template(before) != fixed_template(after))) {
        causes.push_back(immutable("spec.template", new_template));
    }
}

} // namespace simulator::api
