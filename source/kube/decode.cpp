#include "decode_object.hpp"

#include <soteria/kube/decode.hpp>

namespace soteria::kube {

namespace json = boost::json;

object_meta read_meta(const json_fields& whole, std::optional<failure>& problem) {
    const auto fields = whole.object("metadata");
    object_meta meta;
    meta.ns = fields.text("namespace");
    meta.name = fields.text("name");
    meta.uid = fields.text("uid");
    meta.resource_version = fields.text("resourceVersion");
    meta.created_at = fields.time("creationTimestamp");
    meta.deleted_at = fields.time("deletionTimestamp");
    meta.labels = fields.text_map("labels");
    meta.annotations = fields.text_map("annotations");
    meta.finalizers = fields.texts("finalizers");
    if (meta.name.empty() && !problem)
        problem = failure(errc::bad_answer, "The object has no metadata.name.");
    return meta;
}

failure about(const failure& problem, std::string_view kind, const object_meta& meta) {
    std::string who = "The " + std::string(kind) + " ";
    if (!meta.ns.empty())
        who += meta.ns + "/";
    return problem.in(who + (meta.name.empty() ? "without a name" : meta.name) + " could not be read");
}

result<object_meta> decode_meta(const json::object& object) {
    std::optional<failure> problem;
    auto meta = read_meta(json_fields(&object, "", problem), problem);
    if (problem)
        return about(*problem, "object", meta);
    return meta;
}

result<persistent_volume_claim> decode_persistent_volume_claim(const json::object& object) {
    const auto read = [](const json_fields& whole, persistent_volume_claim& claim) {
        const auto spec = whole.object("spec");
        claim.storage_class = spec.optional_text("storageClassName");
        claim.volume_name = spec.text("volumeName");
        claim.volume_mode = spec.text("volumeMode", claim.volume_mode);
        claim.access_modes = spec.texts("accessModes");
        claim.requested = spec.object("resources").object("requests").text("storage");
        const auto status = whole.object("status");
        claim.capacity = status.object("capacity").text("storage");
        claim.phase = status.text("phase");
    };
    return decode_object<persistent_volume_claim>("PersistentVolumeClaim", object, read);
}

result<persistent_volume> decode_persistent_volume(const json::object& object) {
    const auto read = [](const json_fields& whole, persistent_volume& volume) {
        const auto spec = whole.object("spec");
        volume.capacity = spec.object("capacity").text("storage");
        volume.access_modes = spec.texts("accessModes");
        volume.reclaim_policy = spec.text("persistentVolumeReclaimPolicy");
        volume.storage_class = spec.text("storageClassName");
        volume.volume_mode = spec.text("volumeMode", volume.volume_mode);
        volume.mount_options = spec.texts("mountOptions");
        if (const auto claim = spec.object("claimRef"); claim.present())
            volume.claim = object_reference{claim.text("namespace"), claim.text("name"), claim.text("uid")};
        if (const auto csi = spec.object("csi"); csi.present()) {
            volume.csi_driver = csi.text("driver");
            volume.csi_volume_handle = csi.text("volumeHandle");
            volume.csi = json::object(*csi.raw(), json::storage_ptr());
        }
        volume.phase = whole.object("status").text("phase");
    };
    return decode_object<persistent_volume>("PersistentVolume", object, read);
}

result<storage_class> decode_storage_class(const json::object& object) {
    const auto read = [](const json_fields& whole, storage_class& each) {
        each.provisioner = whole.text("provisioner");
        each.volume_binding_mode = whole.text("volumeBindingMode");
    };
    return decode_object<storage_class>("StorageClass", object, read);
}

result<kube_namespace> decode_namespace(const json::object& object) {
    const auto read = [](const json_fields& whole, kube_namespace& each) {
        each.phase = whole.object("status").text("phase");
    };
    return decode_object<kube_namespace>("Namespace", object, read);
}

void drop_managed_fields(json::object& object) {
    if (auto* metadata = object.if_contains("metadata"); metadata != nullptr && metadata->is_object())
        metadata->get_object().erase("managedFields");
}

} // namespace soteria::kube
