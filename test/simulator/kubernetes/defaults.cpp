#include "test/simulator/kubernetes/job_rules.hpp"
#include "test/simulator/kubernetes/objects.hpp"

#include <chrono>
#include <ctime>

namespace simulator::api {

namespace {

void add_finalizer(json::object& object, std::string_view name) {
    if (!array_holds(object, {"metadata", "finalizers"}, name)) {
        auto& finalizers = make_object(object, {"metadata"})["finalizers"];
        if (!finalizers.is_array()) {
            finalizers.emplace_array();
        }
        finalizers.get_array().emplace_back(name);
    }
}

void set_default(json::object& object, std::string_view member, std::string_view value) {
    if (!object.contains(member)) {
        object[member] = value;
    }
}

std::string default_class(store& kept) {
    const auto* classes = kept.all_kinds().find("storage.k8s.io", "v1", "storageclasses");
    for (const auto& [key, one] : kept.of(*classes).objects()) {
        const auto object = one->object();
        if (text_at(object, {"metadata", "annotations", "storageclass.kubernetes.io/is-default-class"}) == "true") {
            return one->name;
        }
    }
    return {};
}

void fill_claim(json::object& object, store& kept) {
    add_finalizer(object, "kubernetes.io/pvc-protection");
    auto& spec = make_object(object, {"spec"});
    if (!spec.contains("storageClassName")) {
        const auto name = default_class(kept);
        if (!name.empty()) {
            spec["storageClassName"] = name;
        }
    }
    set_default(make_object(object, {"status"}), "phase", "Pending");
}

void fill_volume(json::object& object) {
    add_finalizer(object, "kubernetes.io/pv-protection");
    auto& status = make_object(object, {"status"});
    set_default(status, "phase", "Pending");
    set_default(status, "lastPhaseTransitionTime", now_text());
}

// Established at once, as nothing has to be prepared here.
void fill_definition(json::object& object) {
    make_object(object, {"metadata"})["generation"] = 1;
    auto& status = make_object(object, {"status"});
    json::array conditions;
    for (const auto* type : {"NamesAccepted", "Established"}) {
        json::object condition;
        condition["type"] = type;
        condition["status"] = "True";
        condition["lastTransitionTime"] = now_text();
        conditions.push_back(std::move(condition));
    }
    status["conditions"] = std::move(conditions);
    if (const auto* accepted = look(object, {"spec", "names"})) {
        status["acceptedNames"] = *accepted;
    }
}

void encode_plain_data(json::object& secret) {
    const auto* plain = look_object(secret, {"stringData"});
    if (plain == nullptr) {
        return;
    }
    const auto given = *plain;
    for (const auto& [key, value] : given) {
        make_object(secret, {"data"})[key] = encode_base64(value.as_string());
    }
    secret.erase("stringData");
}

} // namespace

std::string now_text() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::string text(20, '\0');
    const auto size = std::strftime(text.data(), text.size() + 1, "%Y-%m-%dT%H:%M:%SZ", &parts);
    text.resize(size);
    return text;
}

void fill_spec(const kind& which, json::object& object) {
    if (which.is("persistentvolumeclaims")) {
        auto& spec = make_object(object, {"spec"});
        set_default(spec, "volumeMode", "Filesystem");
        if (text_at(spec, {"volumeName"}).empty()) {
            spec.erase("volumeName");
        }
    } else if (which.is("persistentvolumes")) {
        auto& spec = make_object(object, {"spec"});
        set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
        set_default(spec, "volumeMode", "Filesystem");
        if (text_at(spec, {"storageClassName"}).empty()) {
            spec.erase("storageClassName");
        }
    } else if (which.plural == "storageclasses") {
        set_default(object, "reclaimPolicy", "Delete");
        set_default(object, "volumeBindingMode", "Immediate");
    } else if (which.is("events")) {
        object.emplace("eventTime", nullptr);
        set_default(object, "reportingComponent", "");
        set_default(object, "reportingInstance", "");
    } else if (which.is("secrets")) {
        set_default(object, "type", "Opaque");
        encode_plain_data(object);
    } else if (which.is("pods")) {
        fill_pod_spec(make_object(object, {"spec"}));
    } else if (which.is_job()) {
        fill_job_spec(object);
    }
}

void fill_built_in(const kind& which, json::object& object, store& kept) {
    fill_spec(which, object);
    if (which.is("persistentvolumeclaims")) {
        fill_claim(object, kept);
    } else if (which.is("persistentvolumes")) {
        fill_volume(object);
    } else if (which.is("namespaces")) {
        make_object(object, {"metadata", "labels"})["kubernetes.io/metadata.name"] =
            text_at(object, {"metadata", "name"});
        make_object(object, {"spec"})["finalizers"] = json::array(1, "kubernetes");
        set_default(make_object(object, {"status"}), "phase", "Active");
    } else if (which.is("pods")) {
        set_default(make_object(object, {"status"}), "phase", "Pending");
    } else if (which.is_job()) {
        fill_new_job(object);
    } else if (which.plural == "customresourcedefinitions") {
        fill_definition(object);
    }
}

} // namespace simulator::api
