#include "test/simulator/kubernetes/store.hpp"

namespace simulator::api {

std::string key_of(std::string_view ns, std::string_view name) {
    std::string key(ns);
    if (!ns.empty()) {
        key += '/';
    }
    return key.append(name);
}

std::string event_line(std::string_view type, std::string_view object) {
    std::string line = R"({"type":")";
    return line.append(type).append(R"(","object":)").append(object).append("}\n");
}

const std::string& change::line() const {
    if (line_.empty()) {
        line_ = event_line(removed ? "DELETED" : previous ? "MODIFIED" : "ADDED", current->text);
    }
    return line_;
}

stored make_stored(const kind& which, json::object object, std::uint64_t revision) {
    auto& metadata = make_object(object, {"metadata"});
    if (revision != 0) {
        metadata["resourceVersion"] = std::to_string(revision);
    }
    stored made;
    made.ns = text_at(metadata, {"namespace"});
    made.name = text_at(metadata, {"name"});
    made.uid = text_at(metadata, {"uid"});
    made.revision = revision;
    made.deleting = metadata.contains("deletionTimestamp");
    if (const auto* found = look_object(metadata, {"labels"})) {
        for (const auto& [key, value] : *found) {
            made.labels_.emplace_back(key, value.is_string() ? std::string(value.get_string()) : std::string());
        }
    }
    if (const auto* found = look_array(metadata, {"ownerReferences"})) {
        for (const auto& owner : *found) {
            made.owners.push_back(owner.is_object() ? text_at(owner.get_object(), {"uid"}) : std::string());
        }
    }
    object.erase("kind");
    object.erase("apiVersion");
    const auto rest = json::serialize(object);
    const auto version = json::serialize(json::string(which.api_version()));
    made.text = which.custom ? R"({"apiVersion":)" + version + R"(,"kind":")" + which.name + "\","
                             : R"({"kind":")" + which.name + R"(","apiVersion":)" + version + ",";
    made.item_start = which.custom ? 1 : made.text.size();
    made.text.append(rest, 1);
    return made;
}

table& store::of(const kind& which) {
    return tables_.try_emplace(&which, window_).first->second;
}

stored_ptr store::find(const kind& which, std::string_view ns, std::string_view name) {
    return of(which).find(key_of(ns, name));
}

stored_ptr store::put(const kind& which, json::object object) {
    auto& kept = of(which);
    change happened;
    happened.revision = ++revision_;
    happened.current = std::make_shared<const stored>(make_stored(which, std::move(object), revision_));
    happened.previous = kept.find(happened.current->key());
    kept.record(happened);
    if (changed) {
        changed(which, happened);
    }
    return happened.current;
}

void store::erase(const kind& which, const stored_ptr& object) {
    change happened;
    happened.revision = ++revision_;
    happened.removed = true;
    happened.previous = object;
    happened.current = std::make_shared<const stored>(make_stored(which, object->object(), revision_));
    of(which).record(happened);
    if (changed) {
        changed(which, happened);
    }
}

void store::forget_all() {
    ++revision_;
    for (const auto& [key, known] : kinds_.all()) {
        of(known).forget(revision_);
    }
}

} // namespace simulator::api
