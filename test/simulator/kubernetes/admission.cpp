#include "test/simulator/kubernetes/admission.hpp"

#include "test/simulator/kubernetes/objects.hpp"
#include "test/simulator/kubernetes/schema.hpp"
#include "test/simulator/kubernetes/validation.hpp"

namespace simulator::api {

namespace {

void check_label_types(const kind& which, const json::object& object) {
    for (const auto* member : {"labels", "annotations"}) {
        const auto* map = look_object(object, {"metadata", member});
        for (const auto& [key, value] : map == nullptr ? json::object() : *map) {
            if (!value.is_string()) {
                throw bad_request(which.name + " in version \"" + which.version + "\" cannot be handled as a " +
                                  which.name + ": json: cannot unmarshal " +
                                  (value.is_number() ? "number"
                                   : value.is_bool() ? "bool"
                                                     : "object") +
                                  " into Go struct field ObjectMeta.metadata." + member + " of type string");
            }
        }
    }
}

} // namespace

void tidy_metadata(json::object& object) {
    auto& metadata = make_object(object, {"metadata"});
    metadata.erase("managedFields");
    metadata.erase("selfLink");
    std::vector<std::string> empty;
    for (const auto& [key, value] : metadata) {
        const bool nothing = value.is_null() || (value.is_object() && value.get_object().empty()) ||
                             (value.is_array() && value.get_array().empty()) ||
                             (value.is_string() && value.get_string().empty());
        if (nothing) {
            empty.emplace_back(key);
        }
    }
    for (const auto& key : empty) {
        metadata.erase(key);
    }
}

void check_type(const kind& which, const json::object& object) {
    const auto name = text_at(object, {"kind"});
    const auto version = text_at(object, {"apiVersion"});
    if (which.custom && (name.empty() || version.empty())) {
        const auto text = json::serialize(object);
        throw bad_request("the object provided is unrecognized (must be of type " + which.name + "): Object '" +
                          (name.empty() ? "Kind" : "apiVersion") + "' is missing in '" + text + "'");
    }
    if (which.custom && name != which.name) {
        auto named = which;
        named.name = name;
        const std::vector<cause> causes(
            1, cause{"FieldValueInvalid", "Invalid value: \"" + name + "\": must be " + which.name, "kind"});
        throw invalid(named, text_at(object, {"metadata", "name"}), causes);
    }
    if ((!name.empty() && name != which.name) || (!version.empty() && version != which.api_version())) {
        const auto number = version.substr(version.find('/') + 1);
        throw bad_request(name + " in version \"" + number + "\" cannot be handled as a " + which.name +
                          ": converting (" + number + "." + name + ") to (core." + which.name +
                          "): unknown conversion");
    }
}

std::string strict_message(const std::vector<std::string>& unknown) {
    std::string text = "strict decoding error: ";
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        text += (i == 0 ? "unknown field \"" : ", unknown field \"") + unknown[i] + "\"";
    }
    return text;
}

void fill_all(const kind& which, json::object& object) {
    fill_spec(which, object);
    if (!which.schema.empty()) {
        json::value whole = std::move(object);
        fill_defaults(which.schema, whole);
        object = std::move(whole.get_object());
    }
}

void decode(const kind& which, json::object& object, bool strict) {
    const auto unknown = prune(which, object);
    if (strict && !unknown.empty()) {
        throw bad_request(which.name + " in version \"" + which.version + "\" cannot be handled as a " + which.name +
                          ": " + strict_message(unknown));
    }
    check_label_types(which, object);
    tidy_metadata(object);
    fill_all(which, object);
}

void validate(const kind& which, const json::object* old, const json::object& object) {
    std::vector<cause> own;
    check_built_in(which, object, own);
    if (!which.schema.empty()) {
        check_schema(which.schema, object, "", own);
    }
    std::vector<cause> causes;
    check_metadata(which, object, causes);
    causes.insert(causes.end(), own.begin(), own.end());
    if (!which.schema.empty()) {
        const json::value before = old == nullptr ? json::value() : json::value(*old);
        check_rules(which.schema, old == nullptr ? nullptr : &before, object, causes);
    }
    if (!causes.empty()) {
        throw invalid(which, text_at(object, {"metadata", "name"}), causes);
    }
}

} // namespace simulator::api
