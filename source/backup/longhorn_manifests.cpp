#include "longhorn_manifests.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/quantity.hpp>
#include <soteria/records/records.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace soteria::backup {
namespace {

namespace json = boost::json;

// A fact that holds JSON; {} or [] where it is absent (a plan wrote it, so it is well formed).
json::value json_fact(const resolved_facts& facts, std::string_view key, const json::value& otherwise) {
    const std::string text = fact_of(facts, key);
    boost::system::error_code broken;
    auto value = text.empty() ? otherwise : json::parse(text, broken);
    return broken ? otherwise : value;
}

json::array access_modes(const resolved_facts& facts) {
    json::array modes;
    std::string_view rest = facts.contains(std::string(facts::access_modes))
                                ? std::string_view(facts.at(std::string(facts::access_modes)))
                                : std::string_view();
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        modes.emplace_back(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return modes;
}

std::string capacity(const resolved_facts& facts) {
    const std::string bytes = fact_of(facts, facts::size_bytes);
    return format_quantity(parse_quantity(bytes).value_or(0));
}

json::object our_annotations(const std::string& operation_uid) {
    return operation_uid.empty() ? json::object{} : json::object{{records::operation_annotation, operation_uid}};
}

} // namespace

std::string fact_of(const resolved_facts& facts, std::string_view key) {
    const auto found = facts.find(std::string(key));
    return found == facts.end() ? std::string() : found->second;
}

json::object claim_manifest(const domain::pvc_ref& target, const domain::pvc_ref& source, const resolved_facts& facts,
                            const std::string& volume, const std::string& operation_uid) {
    auto annotations = our_annotations(operation_uid);
    annotations["soteria.dev/restored-from"] = source.text() + "@" + fact_of(facts, facts::backup);
    json::object metadata{{"name", target.name}, {"namespace", target.ns}, {"annotations", std::move(annotations)}};
    if (auto labels = json_fact(facts, facts::source_labels, json::object{}); labels.is_object())
        metadata["labels"] = std::move(labels);
    json::object requests{{"storage", capacity(facts)}};
    json::object resources{{"requests", std::move(requests)}};
    json::object spec{{"accessModes", access_modes(facts)},
                      {"volumeMode", fact_of(facts, facts::volume_mode)},
                      {"resources", std::move(resources)}};
    if (facts.contains(std::string(facts::storage_class)))
        spec["storageClassName"] = fact_of(facts, facts::storage_class);
    if (!volume.empty())
        spec["volumeName"] = volume;
    return json::object{{"apiVersion", "v1"},
                        {"kind", "PersistentVolumeClaim"},
                        {"metadata", std::move(metadata)},
                        {"spec", std::move(spec)}};
}

json::object persistent_volume_manifest(const domain::pvc_ref& target, const resolved_facts& facts,
                                        const std::string& volume, const std::string& operation_uid,
                                        const std::string& claim_uid) {
    json::object metadata{{"name", volume}, {"annotations", our_annotations(operation_uid)}};
    json::object claim{
        {"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}, {"namespace", target.ns}, {"name", target.name}};
    if (!claim_uid.empty())
        claim["uid"] = claim_uid;
    auto csi = json_fact(facts, facts::csi, json::object{});
    auto& csi_object = csi.as_object();
    csi_object["driver"] = "driver.longhorn.io";
    csi_object["volumeHandle"] = volume;
    json::object spec{{"capacity", json::object{{"storage", capacity(facts)}}},
                      {"accessModes", access_modes(facts)},
                      {"persistentVolumeReclaimPolicy", "Retain"},
                      {"storageClassName", fact_of(facts, facts::storage_class)},
                      {"volumeMode", fact_of(facts, facts::volume_mode)},
                      {"claimRef", std::move(claim)},
                      {"csi", std::move(csi)}};
    if (auto options = json_fact(facts, facts::mount_options, json::array{});
        options.is_array() && !options.as_array().empty())
        spec["mountOptions"] = std::move(options);
    return json::object{{"apiVersion", "v1"},
                        {"kind", "PersistentVolume"},
                        {"metadata", std::move(metadata)},
                        {"spec", std::move(spec)}};
}

} // namespace soteria::backup
