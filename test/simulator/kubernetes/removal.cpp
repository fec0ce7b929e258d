#include "test/simulator/kubernetes/objects.hpp"

namespace simulator::api {

namespace {

void check_preconditions(const kind& which, const stored& object, const delete_options& options) {
    if (!options.uid.empty() && options.uid != object.uid) {
        throw conflict(which.qualified_name(), which, which.name, object.name,
                       "the UID in the precondition (" + options.uid + ") does not match the UID in record (" +
                           object.uid + "). The object might have been deleted and then recreated");
    }
    const auto version = std::to_string(object.revision);
    if (!options.resource_version.empty() && options.resource_version != version) {
        throw conflict(which.qualified_name(), which, which.name, object.name,
                       "the ResourceVersion in the precondition (" + options.resource_version +
                           ") does not match the ResourceVersion in record (" + version +
                           "). The object might have been modified");
    }
}

void add_propagation_finalizer(json::object& object, const std::string& propagation) {
    const auto* name = propagation == "Foreground" ? "foregroundDeletion" : propagation == "Orphan" ? "orphan" : "";
    if (*name != '\0' && !array_holds(object, {"metadata", "finalizers"}, name)) {
        auto& finalizers = make_object(object, {"metadata"})["finalizers"];
        if (!finalizers.is_array()) {
            finalizers.emplace_array();
        }
        finalizers.get_array().emplace_back(name);
    }
}

} // namespace

deleted objects::remove(const kind& which, const std::string& ns, const std::string& name,
                        const delete_options& options) {
    const auto before = must_find(which, ns, name);
    check_preconditions(which, *before, options);
    deleted outcome;
    if (before->deleting) {
        outcome.last = *before;
        return outcome;
    }
    auto object = before->object();
    add_propagation_finalizer(object, options.propagation);
    const bool is_namespace = which.is("namespaces");
    if (!is_namespace && look(object, {"metadata", "finalizers"}) == nullptr) {
        outcome.gone = true;
        outcome.last = *before;
        if (!options.dry_run) {
            store_.erase(which, before);
        }
        return outcome;
    }
    auto& metadata = make_object(object, {"metadata"});
    metadata["deletionTimestamp"] = now_text();
    if (is_namespace) {
        make_object(object, {"status"})["phase"] = "Terminating";
    } else {
        metadata["deletionGracePeriodSeconds"] = 0;
    }
    outcome.last = options.dry_run ? make_stored(which, std::move(object), 0) : *store_.put(which, std::move(object));
    return outcome;
}

stored_ptr objects::apply(json::object object) {
    const auto* which = kinds_.find_by_name(text_at(object, {"apiVersion"}), text_at(object, {"kind"}));
    if (which == nullptr) {
        throw bad_request("no matches for kind \"" + text_at(object, {"kind"}) + "\" in version \"" +
                          text_at(object, {"apiVersion"}) + "\"");
    }
    auto& metadata = make_object(object, {"metadata"});
    const auto ns = which->namespaced ? text_at(metadata, {"namespace"}) : std::string();
    const auto& namespaces = kinds_.core("namespaces");
    if (which->namespaced && store_.find(namespaces, "", ns) == nullptr) {
        json::object missing;
        missing["apiVersion"] = "v1";
        missing["kind"] = "Namespace";
        make_object(missing, {"metadata"})["name"] = ns;
        apply(std::move(missing));
    }
    const auto before = store_.find(*which, ns, text_at(metadata, {"name"}));
    if (!metadata.contains("uid")) {
        metadata["uid"] = before == nullptr ? new_uid() : before->uid;
    }
    if (!metadata.contains("creationTimestamp")) {
        metadata["creationTimestamp"] = now_text();
    }
    if (which->counts_generation && !metadata.contains("generation")) {
        metadata["generation"] = 1;
    }
    fill_built_in(*which, object, store_);
    return store_.put(*which, std::move(object));
}

void objects::change(const kind& which, const std::string& ns, const std::string& name,
                     const std::function<void(json::object&)>& edit) {
    const auto before = store_.find(which, ns, name);
    if (before == nullptr) {
        return;
    }
    const auto old = before->object();
    auto object = old;
    edit(object);
    if (object == old) {
        return;
    }
    if (before->deleting && look(object, {"metadata", "finalizers"}) == nullptr && !which.is("namespaces")) {
        store_.erase(which, before);
        return;
    }
    store_.put(which, std::move(object));
}

} // namespace simulator::api
