#include "test/simulator/kubernetes/objects.hpp"

#include "test/simulator/kubernetes/admission.hpp"
#include "test/simulator/kubernetes/schema.hpp"
#include "test/simulator/kubernetes/validation.hpp"

#include <cstdio>

namespace simulator::api {

namespace {

// What only the server writes stays as it was.
void keep_system_fields(const json::object& old, json::object& proposed) {
    auto& metadata = make_object(proposed, {"metadata"});
    for (const auto* member : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                               "deletionGracePeriodSeconds", "generation", "resourceVersion"}) {
        const auto* was = look(old, {"metadata", member});
        if (was == nullptr) {
            metadata.erase(member);
        } else {
            metadata[member] = *was;
        }
    }
}

void take_member(json::object& to, const json::object& from, std::string_view member) {
    if (const auto* value = from.if_contains(member)) {
        to[member] = *value;
    } else {
        to.erase(member);
    }
}

json::object without_metadata_and_status(json::object object) {
    object.erase("metadata");
    object.erase("status");
    return object;
}

// Metadata is validated by two who do not know of each other.
constexpr std::size_t times_told = 2;

void check_new_finalizers(const kind& which, const json::object& old, const json::object& proposed) {
    const auto* finalizers = look_array(proposed, {"metadata", "finalizers"});
    if (finalizers == nullptr || look(old, {"metadata", "deletionTimestamp"}) == nullptr) {
        return;
    }
    for (const auto& entry : *finalizers) {
        const std::string text(entry.as_string());
        if (!array_holds(old, {"metadata", "finalizers"}, text)) {
            const std::vector<cause> causes(times_told,
                                            cause{"FieldValueForbidden",
                                                  "Forbidden: no new finalizers can be added if the object is being "
                                                  "deleted, found new finalizers []string{\"" +
                                                      text + "\"}",
                                                  "metadata.finalizers"});
            throw invalid(which, text_at(old, {"metadata", "name"}), causes);
        }
    }
}

} // namespace

objects::objects(kinds& known, store& kept) : kinds_(known), store_(kept), random_(std::random_device{}()) {}

std::string objects::new_uid() {
    const auto high = random_();
    const auto low = random_();
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                  static_cast<unsigned>((high >> 16) & 0xffff), static_cast<unsigned>(high & 0xfff),
                  static_cast<unsigned>(0x8000 | ((low >> 48) & 0x3fff)),
                  static_cast<unsigned long long>(low & 0xffffffffffff));
    return text.data();
}

std::string objects::new_suffix() {
    static constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
    std::string suffix;
    while (suffix.size() < 5) {
        suffix += letters[random_() % letters.size()];
    }
    return suffix;
}

stored_ptr objects::must_find(const kind& which, const std::string& ns, const std::string& name) {
    auto found = store_.find(which, ns, name);
    if (found == nullptr) {
        throw not_found(which, name);
    }
    return found;
}

void objects::check_namespace(const kind& which, const std::string& ns, const json::object& object) {
    if (!which.namespaced) {
        return;
    }
    const auto& namespaces = kinds_.core("namespaces");
    const auto found = store_.find(namespaces, "", ns);
    if (found == nullptr) {
        throw not_found(namespaces, ns);
    }
    if (found->deleting) {
        throw namespace_terminating(which, text_at(object, {"metadata", "name"}), ns);
    }
}

stored objects::create(const kind& which, const std::string& ns, json::object object, write_options options) {
    check_type(which, object);
    decode(which, object, options.strict);
    auto& metadata = make_object(object, {"metadata"});
    const auto own_namespace = text_at(metadata, {"namespace"});
    if (!own_namespace.empty() && own_namespace != ns) {
        throw bad_request("the namespace of the provided object does not match the namespace sent on the request");
    }
    if (metadata.contains("resourceVersion")) {
        throw refused(500, "", "resourceVersion should not be set on objects to be created");
    }
    check_namespace(which, ns, object);
    const auto prefix = text_at(metadata, {"generateName"});
    if (text_at(metadata, {"name"}).empty() && !prefix.empty()) {
        metadata["name"] = prefix + new_suffix();
    }
    for (const auto* member : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
        metadata.erase(member);
    }
    if (which.namespaced) {
        metadata["namespace"] = ns;
    }
    metadata["uid"] = new_uid();
    metadata["creationTimestamp"] = now_text();
    if (which.counts_generation) {
        metadata["generation"] = 1;
    }
    if (which.has_status) {
        object.erase("status");
    }
    fill_built_in(which, object, store_);
    validate(which, nullptr, object);
    const auto name = text_at(object, {"metadata", "name"});
    if (store_.find(which, ns, name) != nullptr) {
        throw already_exists(which, name);
    }
    if (options.dry_run) {
        return make_stored(which, std::move(object), 0);
    }
    const auto made = store_.put(which, std::move(object));
    return *made;
}

stored objects::write(const kind& which, const stored_ptr& before, const json::object& old, json::object proposed,
                      const std::string& subresource, write_options options) {
    proposed["kind"] = which.name;
    proposed["apiVersion"] = which.api_version();
    tidy_metadata(proposed);
    fill_all(which, proposed);
    check_new_finalizers(which, old, proposed);
    keep_system_fields(old, proposed);
    if (subresource == "status") {
        json::object merged = old;
        take_member(merged, proposed, "status");
        if (!which.custom) {
            take_member(merged, proposed, "metadata");
        }
        proposed = std::move(merged);
    } else if (which.has_status) {
        take_member(proposed, old, "status");
    }
    if (!which.custom && subresource.empty()) {
        std::vector<cause> causes;
        check_change(which, old, proposed, causes);
        if (!causes.empty()) {
            throw invalid(which, before->name, causes);
        }
    }
    validate(which, &old, proposed);
    if (which.counts_generation && without_metadata_and_status(old) != without_metadata_and_status(proposed)) {
        const auto* generation = look(old, {"metadata", "generation"});
        make_object(proposed, {"metadata"})["generation"] =
            generation == nullptr ? 1 : generation->to_number<std::int64_t>() + 1;
    }
    if (old == proposed) {
        return *before;
    }
    const bool done = before->deleting && look(proposed, {"metadata", "finalizers"}) == nullptr;
    if (options.dry_run || done) {
        if (!options.dry_run) {
            store_.erase(which, before);
        }
        return make_stored(which, std::move(proposed), 0);
    }
    const auto made = store_.put(which, std::move(proposed));
    return *made;
}

stored objects::replace(const kind& which, const std::string& ns, const std::string& name,
                        const std::string& subresource, json::object object, write_options options) {
    check_type(which, object);
    decode(which, object, options.strict);
    const auto own_name = text_at(object, {"metadata", "name"});
    if (own_name != name) {
        throw bad_request("the name of the object (" + own_name + ") does not match the name on the URL (" + name +
                          ")");
    }
    const auto before = must_find(which, ns, name);
    const auto version = text_at(object, {"metadata", "resourceVersion"});
    const auto uid = text_at(object, {"metadata", "uid"});
    if (!uid.empty() && uid != before->uid) {
        throw conflict(which.resource(), which, which.plural, name,
                       "StorageError: invalid object, Code: 4, Key: /registry/" + which.plural + "/" + before->key() +
                           ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: " +
                           uid + ", UID in object meta: " + before->uid);
    }
    if (version.empty() && !which.unconditional_update) {
        throw must_be_specified(which, name);
    }
    if (!version.empty() && version != std::to_string(before->revision)) {
        throw modified(which, name);
    }
    const auto old = before->object();
    return write(which, before, old, std::move(object), subresource, options);
}

stored objects::patch(const kind& which, const std::string& ns, const std::string& name, const std::string& subresource,
                      const json::value& patch, write_options options) {
    const auto before = must_find(which, ns, name);
    const auto old = before->object();
    json::value patched = old;
    merge_patch(patched, patch);
    auto proposed = std::move(patched.as_object());
    const auto own_name = text_at(proposed, {"metadata", "name"});
    if (own_name != name) {
        throw bad_request("the name of the object (" + own_name + ") does not match the name on the URL (" + name +
                          ")");
    }
    const auto unknown = prune(which, proposed);
    if (options.strict && !unknown.empty()) {
        throw invalid_patch(json::serialize(patch), strict_message(unknown));
    }
    tidy_metadata(proposed);
    const auto uid = text_at(proposed, {"metadata", "uid"});
    if (uid != before->uid) {
        const std::vector<cause> causes(
            times_told,
            cause{"FieldValueInvalid", "Invalid value: \"" + uid + "\": field is immutable", "metadata.uid"});
        throw invalid(which, name, causes);
    }
    const auto version = text_at(proposed, {"metadata", "resourceVersion"});
    if (!version.empty() && version != std::to_string(before->revision)) {
        throw modified(which, name);
    }
    return write(which, before, old, std::move(proposed), subresource, options);
}

} // namespace simulator::api
