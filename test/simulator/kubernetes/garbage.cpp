// Garbage collection by owner, and the deletion of what a namespace holds.
#include "test/simulator/kubernetes/controllers.hpp"

namespace simulator::api {

void controllers::remove(const kind& which, const stored& object) {
    delete_options options;
    options.uid = object.uid;
    state_.verbs.remove(which, object.ns, object.name, options);
}

// Owners of unknown kinds count as there, and so does a namespaced owner of a cluster-scoped object.
bool controllers::owner_exists(const kind& of, const std::string& ns, const json::object& reference) {
    const auto* owner_kind =
        state_.known.find_by_name(text_at(reference, {"apiVersion"}), text_at(reference, {"kind"}));
    if (owner_kind == nullptr || (owner_kind->namespaced && !of.namespaced)) {
        return true;
    }
    const auto owner =
        state_.kept.find(*owner_kind, owner_kind->namespaced ? ns : std::string(), text_at(reference, {"name"}));
    return owner != nullptr && owner->uid == text_at(reference, {"uid"});
}

void controllers::collect(const kind& which, const std::string& ns, const std::string& name) {
    const auto object = state_.kept.find(which, ns, name);
    if (object == nullptr || object->deleting) {
        return;
    }
    const auto parsed = object->object();
    const auto* owners = look_array(parsed, {"metadata", "ownerReferences"});
    if (owners == nullptr) {
        return;
    }
    json::array present;
    for (const auto& owner : *owners) {
        if (owner.is_object() && owner_exists(which, ns, owner.get_object())) {
            present.push_back(owner);
        }
    }
    if (present.empty()) {
        remove(which, *object);
    } else if (present.size() != owners->size()) {
        state_.verbs.change(which, ns, name, [&present](json::object& kept) {
            make_object(kept, {"metadata"})["ownerReferences"] = present;
        });
    }
}

// Foreground: the dependents go first. Orphan: they are cut loose.
void controllers::release_owner(const kind& which, const std::string& ns, const std::string& name) {
    const auto owner = state_.kept.find(which, ns, name);
    const auto parsed = owner ? owner->object() : json::object();
    const bool foreground = array_holds(parsed, {"metadata", "finalizers"}, "foregroundDeletion");
    const bool orphan = array_holds(parsed, {"metadata", "finalizers"}, "orphan");
    if (!owner || !owner->deleting || (!foreground && !orphan)) {
        return;
    }
    leaving_owners_.insert_or_assign(owner->uid, task(duty::release_owner, &which, ns, name));
    const auto found = dependents_.find(owner->uid);
    const auto dependents = found == dependents_.end() ? decltype(found->second)() : found->second;
    bool left = false;
    for (const auto& [dependent_kind, key] : dependents) {
        const auto dependent = state_.kept.of(*dependent_kind).find(key);
        if (dependent == nullptr) {
            continue;
        }
        if (foreground) {
            remove(*dependent_kind, *dependent);
            left = left || state_.kept.of(*dependent_kind).find(key) != nullptr;
            continue;
        }
        state_.verbs.change(*dependent_kind, dependent->ns, dependent->name, [&owner](json::object& object) {
            json::array others;
            for (const auto& reference : object["metadata"].as_object()["ownerReferences"].as_array()) {
                if (text_at(reference.as_object(), {"uid"}) != owner->uid) {
                    others.push_back(reference);
                }
            }
            if (others.empty()) {
                object["metadata"].as_object().erase("ownerReferences");
            } else {
                object["metadata"].as_object()["ownerReferences"] = std::move(others);
            }
        });
    }
    if (!left) {
        leaving_owners_.erase(owner->uid);
        state_.verbs.change(which, ns, name, [foreground](json::object& object) {
            take_from_array(object, {"metadata"}, "finalizers", foreground ? "foregroundDeletion" : "orphan");
        });
    }
}

void controllers::end_namespace(const std::string& name) {
    const auto& namespaces = state_.known.core("namespaces");
    const auto home = state_.kept.find(namespaces, "", name);
    if (home == nullptr || !home->deleting) {
        return;
    }
    const auto prefix = name + "/";
    bool empty = true;
    for (const auto& [key, which] : state_.known.all()) {
        if (!which.namespaced) {
            continue;
        }
        const auto& held = state_.kept.of(which).objects();
        std::vector<stored_ptr> here;
        for (auto one = held.lower_bound(prefix); one != held.end() && one->first.starts_with(prefix); ++one) {
            here.push_back(one->second);
        }
        for (const auto& object : here) {
            if (!object->deleting) {
                remove(which, *object);
            }
            empty = empty && state_.kept.of(which).find(object->key()) == nullptr;
        }
    }
    if (empty) {
        state_.kept.erase(namespaces, home);
    }
}

} // namespace simulator::api
