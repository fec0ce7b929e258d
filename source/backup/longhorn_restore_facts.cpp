#include "longhorn_restore_facts.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/base/quantity.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
namespace json = boost::json;

void put(resolved_facts& facts, std::string_view key, std::string value) {
    if (!value.empty())
        facts[std::string(key)] = std::move(value);
}

failure missing(std::string_view field, const domain::pvc_ref& source) {
    return {errc::unprocessable,
            "the PVC " + source.text() + " is gone and its backups do not tell: name \"" + std::string(field) +
                "\" in the request",
            "missing_field"};
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ",") + word;
    return text;
}

// The class's parameters ("fsType", "encrypted", secret names); empty where the class is not an object of the cluster.
awaitable<result<std::map<std::string, std::string>>> class_parameters(longhorn_world& world, std::string name,
                                                                       async::deadline until) {
    std::map<std::string, std::string> parameters;
    if (name.empty())
        co_return parameters;
    const auto object = co_await world.kubernetes.get(kube::storage_classes, "", name,
                                                      kube::call_options(until, std::string(purposes::resolve)));
    if (!object && object.error().code != errc::not_found)
        co_return object.error();
    const auto* found = object ? object->if_contains("parameters") : nullptr;
    if (found != nullptr && found->is_object())
        for (const auto& [key, value] : found->as_object())
            if (value.is_string())
                parameters[std::string(key)] = std::string(value.as_string());
    co_return parameters;
}

std::string parameter(const std::map<std::string, std::string>& parameters, const std::string& key) {
    const auto found = parameters.find(key);
    return found == parameters.end() ? std::string() : found->second;
}

// spec.csi of the new PV, without driver and handle: a copy of the source's, so that fsType, attributes and secret
// references are right.
json::object copied_csi(const json::object& source) {
    json::object csi = source;
    csi.erase("driver");
    csi.erase("volumeHandle");
    return csi;
}

// The same made up from the class, where no PV of the source is left.
json::object csi_from_class(const std::map<std::string, std::string>& parameters) {
    const std::string fs_type = parameter(parameters, "fsType");
    json::object csi{{"fsType", fs_type.empty() ? std::string("ext4") : fs_type}};
    static constexpr std::pair<const char*, const char*> secrets[] = {
        {"nodeStageSecretRef", "csi.storage.k8s.io/node-stage-secret-"},
        {"nodePublishSecretRef", "csi.storage.k8s.io/node-publish-secret-"},
        {"nodeExpandSecretRef", "csi.storage.k8s.io/node-expand-secret-"}};
    for (const auto& [reference, prefix] : secrets) {
        const std::string name = parameter(parameters, std::string(prefix) + "name");
        const std::string ns = parameter(parameters, std::string(prefix) + "namespace");
        // A template ("${pvc.name}") was filled in for the lost PVC; it cannot be filled in again.
        if (!name.empty() && !ns.empty() && name.find('$') == std::string::npos && ns.find('$') == std::string::npos)
            csi[reference] = json::object{{"name", name}, {"namespace", ns}};
    }
    return csi;
}

// Kubernetes' access modes: the request's, the claim's, the PV's, else the one that the backup recorded.
result<std::vector<std::string>> access_modes_of(const longhorn_source& source, const kube::persistent_volume* volume,
                                                 const longhorn::backup& chosen,
                                                 const domain::operation_request& request) {
    std::vector<std::string> modes = request.access_modes;
    if (modes.empty() && source.claim)
        modes = source.claim->access_modes;
    if (modes.empty() && volume != nullptr)
        modes = volume->access_modes;
    if (modes.empty()) {
        const auto recorded = longhorn::kubernetes_access_mode(longhorn::recorded_access_mode(chosen.labels));
        if (!recorded.empty())
            modes.emplace_back(recorded);
    }
    if (modes.empty())
        return missing("access_modes", request.source);
    for (const auto& mode : modes)
        if (longhorn::longhorn_access_mode(mode).empty())
            return failure(errc::unprocessable, "\"access_modes\": Longhorn volumes cannot be " + mode,
                           "unsupported_field");
    return modes;
}

std::string longhorn_mode(const std::vector<std::string>& modes) {
    const bool shared = std::ranges::find(modes, "ReadWriteMany") != modes.end();
    return shared ? "rwx" : std::string(longhorn::longhorn_access_mode(modes.front()));
}

void note_filesystem(const kube::persistent_volume* volume, const std::string& fs_type, const std::string& volume_mode,
                     restore_shape& shape) {
    if (volume == nullptr)
        shape.warnings.push_back("no PersistentVolume of the source is left: volume mode Filesystem and " + fs_type +
                                 " are assumed");
    if (volume_mode == "Filesystem" && fs_type == "xfs")
        shape.warnings.emplace_back("the restored xfs file system has the source's UUID: both cannot be mounted on one "
                                    "node at once");
}

// What Longhorn itself knows: replicas, engine, encryption, size.
result<void> add_volume_facts(const longhorn::volume* volume, const longhorn::backup_volume* stored,
                              const longhorn::backup& chosen, const domain::operation_request& request,
                              resolved_facts& facts) {
    if (volume != nullptr) {
        put(facts, facts::replicas, std::to_string(std::max(volume->number_of_replicas, 1)));
        put(facts, facts::data_engine, volume->data_engine);
    }
    facts.try_emplace(std::string(facts::replicas), "3"); // Longhorn's own default
    facts.try_emplace(std::string(facts::data_engine), "v1");
    const std::int64_t size =
        stored != nullptr && stored->size_bytes > 0 ? stored->size_bytes : chosen.volume_size_bytes;
    if (size <= 0)
        return failure(errc::unavailable,
                       "Longhorn does not tell the size of the volume of backup " + chosen.name +
                           " yet; try again in a few seconds",
                       "backup_volume_not_synced");
    if (!request.capacity.empty() && parse_quantity(request.capacity) != size)
        return failure(errc::unprocessable,
                       "\"capacity\" cannot be honoured: Longhorn restores at the size of the backup's volume, " +
                           format_quantity(size) + "; leave the field out",
                       "unsupported_field");
    put(facts, facts::size_bytes, std::to_string(size));
    return {};
}

} // namespace

awaitable<result<restore_shape>> shape_restore(longhorn_world& world, longhorn_source source, longhorn::backup chosen,
                                               domain::operation_request request, async::deadline until) {
    restore_shape shape;
    auto& facts = shape.facts;
    const auto volume = co_await world.longhorn.get_volume(
        chosen.volume, longhorn::call_options(until, std::string(purposes::resolve)));
    if (!volume && volume.error().code != errc::not_found)
        co_return volume.error();
    const auto stored_volumes =
        co_await world.longhorn.list_backup_volumes(longhorn::call_options(until, std::string(purposes::resolve)));
    if (!stored_volumes)
        co_return stored_volumes.error();
    const auto stored = std::ranges::find_if(*stored_volumes, [&](const longhorn::backup_volume& each) {
        return each.volume == chosen.volume && (each.target == chosen.target || chosen.target.empty());
    });
    const auto* stored_volume = stored == stored_volumes->end() ? nullptr : &*stored;
    const auto added = add_volume_facts(volume ? &*volume : nullptr, stored_volume, chosen, request, facts);
    if (!added)
        co_return added.error();

    const auto persistent = volume_by_handle(world, chosen.volume);
    std::string storage_class = request.storage_class;
    if (storage_class.empty() && source.claim)
        storage_class = source.claim->storage_class.value_or("");
    if (storage_class.empty() && persistent)
        storage_class = persistent->storage_class;
    if (storage_class.empty() && stored_volume != nullptr)
        storage_class = stored_volume->storage_class;
    if (storage_class.empty() && !source.claim && !persistent)
        co_return missing("storage_class", request.source);
    facts[std::string(facts::storage_class)] = storage_class;

    const auto modes = access_modes_of(source, persistent.get(), chosen, request);
    if (!modes)
        co_return modes.error();
    put(facts, facts::access_modes, joined(*modes));
    put(facts, facts::longhorn_access_mode, longhorn_mode(*modes));

    const auto parameters = co_await class_parameters(world, storage_class, until);
    if (!parameters)
        co_return parameters.error();
    const auto csi = persistent ? copied_csi(persistent->csi) : csi_from_class(*parameters);
    const bool encrypted = volume ? volume->encrypted : parameter(*parameters, "encrypted") == "true";
    if (encrypted && !csi.contains("nodeStageSecretRef"))
        co_return failure(errc::unprocessable,
                          "the source volume " + chosen.volume +
                              " is encrypted, and neither a PersistentVolume of it nor "
                              "the storage class \"" +
                              storage_class + "\" names the Secret with its key",
                          "encryption_secret_unknown");
    if (encrypted)
        put(facts, facts::encrypted, "true");
    put(facts, facts::csi, json::serialize(csi));
    put(facts, facts::volume_mode, persistent ? persistent->volume_mode : std::string("Filesystem"));
    const auto* fs_type = csi.if_contains("fsType");
    note_filesystem(persistent.get(),
                    fs_type != nullptr && fs_type->is_string() ? std::string(fs_type->as_string()) : "",
                    fact_of(facts, facts::volume_mode), shape);
    if (persistent && !persistent->mount_options.empty())
        put(facts, facts::mount_options,
            json::serialize(json::array(persistent->mount_options.begin(), persistent->mount_options.end())));
    if (source.claim && !source.claim->meta.labels.empty())
        put(facts, facts::source_labels, json::serialize(json::value_from(source.claim->meta.labels)));
    co_return shape;
}

} // namespace soteria::backup
