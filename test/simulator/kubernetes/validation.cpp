#include "test/simulator/kubernetes/validation.hpp"

#include <algorithm>
#include <set>

namespace simulator::api {

namespace {

constexpr std::string_view label_rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view key_rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view slashes_rule =
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')";
constexpr std::string_view value_rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool alphanumeric(char c, bool lower_only) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!lower_only && c >= 'A' && c <= 'Z');
}

// Alphanumeric at both ends, `inner` characters allowed between.
bool word(std::string_view text, std::string_view inner, bool lower_only) {
    if (text.empty() || !alphanumeric(text.front(), lower_only) || !alphanumeric(text.back(), lower_only)) {
        return false;
    }
    return std::all_of(text.begin(), text.end(), [inner, lower_only](char c) {
        return alphanumeric(c, lower_only) || inner.find(c) != std::string_view::npos;
    });
}

bool subdomain(std::string_view text) {
    std::size_t start = 0;
    while (start <= text.size()) {
        const auto dot = std::min(text.find('.', start), text.size());
        if (!word(text.substr(start, dot - start), "-", true)) {
            return false;
        }
        start = dot + 1;
    }
    return true;
}

cause invalid_value(std::string_view field, std::string_view value, std::string_view why) {
    return {"FieldValueInvalid", "Invalid value: \"" + std::string(value) + "\": " + std::string(why),
            std::string(field)};
}

void check_name(const kind& which, const json::object& object, std::vector<cause>& causes) {
    const auto name = text_at(object, {"metadata", "name"});
    if (name.empty()) {
        causes.push_back({"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"});
        return;
    }
    const bool is_namespace = which.is("namespaces");
    const std::size_t limit = is_namespace ? 63 : 253;
    if (name.size() > limit) {
        causes.push_back(
            invalid_value("metadata.name", name,
                          "must be no more than " + std::to_string(limit) + (is_namespace ? " bytes" : " characters")));
    }
    if (is_namespace ? !word(name, "-", true) : !subdomain(name)) {
        causes.push_back(invalid_value("metadata.name", name, is_namespace ? label_rule : subdomain_rule));
    }
}

// A label's or annotation's key, without its optional prefix, or a finalizer.
bool qualified(std::string_view key, bool prefix_needed) {
    const auto slash = key.find('/');
    if (slash == std::string_view::npos) {
        return !prefix_needed && key.size() <= 63 && word(key, "-_.", false);
    }
    const auto name = key.substr(slash + 1);
    return subdomain(key.substr(0, slash)) && name.size() <= 63 && word(name, "-_.", false);
}

void check_map(const json::object& object, std::string_view member, std::vector<cause>& causes) {
    const auto* map = look_object(object, {"metadata", member});
    if (map == nullptr) {
        return;
    }
    const auto field = "metadata." + std::string(member);
    for (const auto& [key, value] : *map) {
        if (!qualified(key, false)) {
            causes.push_back(invalid_value(field, key, key_rule));
        }
        const std::string_view text = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
        if (member != "labels") {
            continue;
        }
        if (text.size() > 63) {
            causes.push_back(invalid_value(field, text, "must be no more than 63 bytes"));
        }
        if (!text.empty() && !word(text, "-_.", false)) {
            causes.push_back(invalid_value(field, text, value_rule));
        }
    }
}

void check_owners(const json::object& object, std::vector<cause>& causes) {
    const auto* owners = look_array(object, {"metadata", "ownerReferences"});
    if (owners == nullptr) {
        return;
    }
    for (const auto& owner : *owners) {
        for (const auto* member : {"apiVersion", "kind", "name", "uid"}) {
            if (!owner.is_object() || text_at(owner.get_object(), {member}).empty()) {
                causes.push_back(invalid_value(std::string("metadata.ownerReferences.") + member, "",
                                               std::string_view(member) == "apiVersion" ? "version must not be empty"
                                                                                        : "must not be empty"));
            }
        }
    }
}

// Names without a prefix are refused to core kinds only.
void check_finalizers(const kind& which, const json::object& object, std::vector<cause>& causes) {
    static const std::set<std::string_view> standard{"kubernetes", "foregroundDeletion", "orphan"};
    const auto* finalizers = look_array(object, {"metadata", "finalizers"});
    std::size_t place = 0;
    for (const auto& entry : finalizers == nullptr ? json::array() : *finalizers) {
        const std::string_view text = entry.is_string() ? std::string_view(entry.get_string()) : std::string_view();
        if (!qualified(text, false)) {
            const bool too_many = std::count(text.begin(), text.end(), '/') > 1;
            causes.push_back(invalid_value("metadata.finalizers", text, too_many ? slashes_rule : key_rule));
        } else if (which.group.empty() && standard.count(text) == 0 && !qualified(text, true)) {
            causes.push_back(invalid_value("metadata.finalizers[" + std::to_string(place) + "]", text,
                                           "name is neither a standard finalizer name nor is it fully qualified"));
        }
        ++place;
    }
}

} // namespace

void check_metadata(const kind& which, const json::object& object, std::vector<cause>& causes) {
    check_name(which, object, causes);
    check_map(object, "labels", causes);
    check_map(object, "annotations", causes);
    check_owners(object, causes);
    check_finalizers(which, object, causes);
}

} // namespace simulator::api
