#include "test/simulator/kubernetes/job_rules.hpp"
#include "test/simulator/kubernetes/validation.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <regex>

namespace simulator::api {

namespace {

constexpr std::array<std::string_view, 4> access_modes{"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                                       "ReadWriteOncePod"};

cause required(std::string_view field, std::string_view why = {}) {
    return {"FieldValueRequired", why.empty() ? "Required value" : "Required value: " + std::string(why),
            std::string(field)};
}

cause forbidden(std::string_view field, std::string_view why) {
    return {"FieldValueForbidden", "Forbidden: " + std::string(why), std::string(field)};
}

void check_access_modes(const json::object& object, std::string_view missing, std::vector<cause>& causes) {
    const auto* modes = look_array(object, {"spec", "accessModes"});
    if (modes == nullptr || modes->empty()) {
        causes.push_back(required("spec.accessModes", missing));
        return;
    }
    for (const auto& mode : *modes) {
        const std::string_view text = mode.is_string() ? std::string_view(mode.get_string()) : std::string_view();
        if (std::find(access_modes.begin(), access_modes.end(), text) == access_modes.end()) {
            causes.push_back({"FieldValueNotSupported",
                              "Unsupported value: \"" + std::string(text) +
                                  "\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", "
                                  "\"ReadWriteOncePod\"",
                              "spec.accessModes"});
        }
    }
}

// Quantities and times are decoded before anything is validated.
void decode_quantity(const kind& which, const json::value* value) {
    static const std::regex quantity("^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)"
                                     "(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]+)$");
    if (value == nullptr || value->is_number()) {
        return;
    }
    if (!value->is_string() || !std::regex_match(std::string(value->get_string()), quantity)) {
        throw bad_request(which.name + " in version \"" + which.version + "\" cannot be handled as a " + which.name +
                          ": quantities must match the regular expression "
                          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
}

void decode_micro_time(const kind& which, const json::object& object, std::string_view member) {
    static const std::regex micro_time("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}(Z|[-+]\\d\\d:\\d\\d)$");
    const auto* value = look(object, {"spec", member});
    if (value == nullptr || value->is_null()) {
        return;
    }
    const auto text = value->is_string() ? std::string(value->get_string()) : std::string();
    if (!std::regex_match(text, micro_time)) {
        throw bad_request(which.name + " in version \"" + which.version + "\" cannot be handled as a " + which.name +
                          ": parsing time \"" + text + "\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse it");
    }
}

void check_positive(const json::value* quantity, std::string_view field, std::vector<cause>& causes) {
    if (quantity == nullptr) {
        return;
    }
    const auto text = quantity->is_string() ? std::string(quantity->get_string()) : json::serialize(*quantity);
    if (std::strtod(text.c_str(), nullptr) <= 0) {
        causes.push_back(
            {"FieldValueInvalid", "Invalid value: \"" + text + "\": must be greater than zero", std::string(field)});
    }
}

void check_lease(const kind& which, const json::object& object, std::vector<cause>& causes) {
    decode_micro_time(which, object, "renewTime");
    decode_micro_time(which, object, "acquireTime");
    const auto* seconds = look(object, {"spec", "leaseDurationSeconds"});
    if (seconds != nullptr && seconds->is_number() && seconds->to_number<double>() <= 0) {
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: " + json::serialize(*seconds) + ": must be greater than 0",
                          "spec.leaseDurationSeconds"});
    }
}

void check_claim(const kind& which, const json::object& object, std::vector<cause>& causes) {
    const auto* request = look(object, {"spec", "resources", "requests", "storage"});
    decode_quantity(which, request);
    check_access_modes(object, "at least 1 access mode is required", causes);
    check_positive(request, "spec.resources[storage]", causes);
    if (request == nullptr) {
        causes.push_back(required("spec.resources[storage]"));
    }
}

void check_volume(const kind& which, const json::object& object, std::vector<cause>& causes) {
    const auto* capacity = look(object, {"spec", "capacity", "storage"});
    decode_quantity(which, capacity);
    check_access_modes(object, {}, causes);
    check_positive(capacity, "spec.capacity[storage]", causes);
    if (capacity == nullptr) {
        causes.push_back(required("spec.capacity"));
        causes.push_back(
            {"FieldValueNotSupported", "Unsupported value: null: supported values: \"storage\"", "spec.capacity"});
    }
    bool has_source = false;
    for (const auto* source : {"csi", "hostPath", "nfs", "local", "iscsi", "fc", "rbd", "cephfs", "azureFile",
                               "awsElasticBlockStore", "gcePersistentDisk", "flexVolume"}) {
        has_source = has_source || look_object(object, {"spec", source}) != nullptr;
    }
    if (!has_source) {
        causes.push_back(required("spec", "must specify a volume type"));
    }
}

json::object without(const json::object& object, std::initializer_list<std::string_view> members) {
    const auto* spec = look_object(object, {"spec"});
    json::object rest = spec == nullptr ? json::object() : *spec;
    for (const auto member : members) {
        rest.erase(member);
    }
    return rest;
}

} // namespace

void check_built_in(const kind& which, const json::object& object, std::vector<cause>& causes) {
    if (which.is("persistentvolumeclaims")) {
        check_claim(which, object, causes);
    } else if (which.is("persistentvolumes")) {
        check_volume(which, object, causes);
    } else if (which.plural == "leases") {
        check_lease(which, object, causes);
    } else if (which.is_job()) {
        check_job(object, causes);
    } else if (which.is("pods")) {
        check_pod_spec(object, "spec", causes);
    }
}

void check_change(const kind& which, const json::object& before, const json::object& after,
                  std::vector<cause>& causes) {
    if (which.is("persistentvolumeclaims")) {
        const bool unnamed = text_at(before, {"spec", "volumeName"}).empty();
        auto old_spec = without(before, {"resources", "volumeAttributesClassName", unnamed ? "volumeName" : ""});
        auto new_spec = without(after, {"resources", "volumeAttributesClassName", unnamed ? "volumeName" : ""});
        if (old_spec != new_spec) {
            causes.push_back(forbidden("spec", "spec is immutable after creation except resources.requests and "
                                               "volumeAttributesClassName for bound claims"));
        }
    } else if (which.is("persistentvolumes")) {
        const auto* old_source = look(before, {"spec", "csi"});
        const auto* new_source = look(after, {"spec", "csi"});
        if (old_source != nullptr && (new_source == nullptr || *old_source != *new_source)) {
            causes.push_back(
                forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"));
        }
    } else if (which.is_job()) {
        check_job_change(before, after, causes);
    }
}

} // namespace simulator::api
