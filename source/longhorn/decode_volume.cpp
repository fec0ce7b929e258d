#include "fields.hpp"
#include "traits.hpp"

#include <array>

namespace soteria::longhorn {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 23> volume_members{"name",
                                                          "id",
                                                          "type",
                                                          "state",
                                                          "robustness",
                                                          "size",
                                                          "fromBackup",
                                                          "ready",
                                                          "restoreRequired",
                                                          "restoreInitiated",
                                                          "standby",
                                                          "encrypted",
                                                          "accessMode",
                                                          "dataEngine",
                                                          "numberOfReplicas",
                                                          "dataLocality",
                                                          "frontend",
                                                          "backingImage",
                                                          "restoreStatus",
                                                          "created",
                                                          "conditions",
                                                          "kubernetesStatus",
                                                          "backupTargetName"};

// The members' errors are handed to the volume's reader, so that the first one is told.
void adopt(fields& outer, const fields& inner, std::string_view name) {
    if (const auto& error = inner.error())
        outer.refuse(name, "does not fit (" + error->message + ")");
}

std::vector<restore_progress> restore_status_of(fields& read) {
    std::vector<restore_progress> all;
    const auto* entries = read.array("restoreStatus");
    if (entries == nullptr)
        return all;
    for (const auto& entry : *entries) {
        const auto* object = entry.if_object();
        if (object == nullptr) {
            read.refuse("restoreStatus", "holds something that is not an object");
            break;
        }
        fields one(*object, "a replica");
        auto& progress = all.emplace_back();
        progress.replica = one.text("replica");
        progress.is_restoring = one.flag("isRestoring");
        progress.progress = one.small_number("progress");
        progress.state = one.text("state");
        progress.error = one.bounded_text("error");
        adopt(read, one, "restoreStatus");
    }
    return all;
}

std::map<std::string, condition> conditions_of(fields& read) {
    std::map<std::string, condition> all;
    const auto* entries = read.object("conditions");
    if (entries == nullptr)
        return all;
    for (const auto& entry : *entries) {
        const auto* object = entry.value().if_object();
        if (object == nullptr) {
            read.refuse("conditions", "holds something that is not an object");
            break;
        }
        fields one(*object, "a condition");
        auto& made = all[entry.key()];
        made.status = one.text("status");
        made.reason = one.text("reason");
        made.message = one.bounded_text("message");
        adopt(read, one, "conditions");
    }
    return all;
}

kubernetes_status kubernetes_status_of(fields& read) {
    kubernetes_status status;
    const auto* object = read.object("kubernetesStatus");
    if (object == nullptr)
        return status;
    fields one(*object, "kubernetesStatus");
    status.pv_name = one.text("pvName");
    status.pv_status = one.text("pvStatus");
    status.ns = one.text("namespace");
    status.pvc_name = one.text("pvcName");
    status.last_pvc_reference_at = one.text("lastPVCRefAt");
    adopt(read, one, "kubernetesStatus");
    return status;
}

} // namespace

std::span<const std::string_view> traits<volume>::members() {
    return volume_members;
}

result<volume> traits<volume>::decode(const json::object& object) {
    fields read(object, "volume");
    read.expect_type(type);
    volume one;
    one.name = read.identity();
    one.state = read.text("state");
    one.robustness = read.text("robustness");
    one.size_bytes = read.number("size");
    one.from_backup = read.text("fromBackup");
    one.ready = read.flag("ready");
    one.restore_required = read.flag("restoreRequired");
    one.restore_initiated = read.flag("restoreInitiated");
    one.standby = read.flag("standby");
    one.encrypted = read.flag("encrypted");
    one.number_of_replicas = read.small_number("numberOfReplicas");
    one.access_mode = read.text("accessMode");
    one.data_engine = read.text("dataEngine");
    one.data_locality = read.text("dataLocality");
    one.frontend = read.text("frontend");
    one.backing_image = read.text("backingImage");
    one.backup_target_name = read.text("backupTargetName");
    one.created = read.text("created");
    one.restore_status = restore_status_of(read);
    one.conditions = conditions_of(read);
    one.kubernetes = kubernetes_status_of(read);
    if (const auto& error = read.error())
        return *error;
    return one;
}

} // namespace soteria::longhorn
