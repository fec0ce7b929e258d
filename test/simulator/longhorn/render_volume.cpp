#include "render.hpp"
#include "text.hpp"

#include <array>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

constexpr std::string_view engine_image = "longhornio/longhorn-engine:v";
constexpr std::string_view instance_manager = "instance-manager-881c55c71a663e3493b6823f9344626c";
constexpr std::string_view address = "10.0.0.12";

constexpr std::array<std::string_view, 7> always{
    "attach", "detach", "snapshotBackup", "snapshotCRCreate", "snapshotCRDelete", "snapshotCRGet", "snapshotCRList"};
constexpr std::array<std::string_view, 5> on_the_way{"cancelExpansion", "offlineReplicaRebuilding", "recurringJobAdd",
                                                     "recurringJobDelete", "recurringJobList"};
constexpr std::array<std::string_view, 19> settled{"activate",
                                                   "engineUpgrade",
                                                   "expand",
                                                   "pvCreate",
                                                   "pvcCreate",
                                                   "replicaRemove",
                                                   "updateBackupCompressionMethod",
                                                   "updateBackupTargetName",
                                                   "updateDataLocality",
                                                   "updateFreezeFilesystemForSnapshot",
                                                   "updateReplicaAutoBalance",
                                                   "updateReplicaDiskSoftAntiAffinity",
                                                   "updateReplicaRebuildingBandwidthLimit",
                                                   "updateReplicaSoftAntiAffinity",
                                                   "updateReplicaZoneSoftAntiAffinity",
                                                   "updateSnapshotDataIntegrity",
                                                   "updateSnapshotMaxCount",
                                                   "updateSnapshotMaxSize",
                                                   "updateUnmapMarkSnapChainRemoved"};
constexpr std::array<std::string_view, 1> while_detached{"updateAccessMode"};
constexpr std::array<std::string_view, 8> while_attached{"snapshotCreate", "snapshotDelete",    "snapshotGet",
                                                         "snapshotList",   "snapshotPurge",     "snapshotRevert",
                                                         "trimFilesystem", "updateReplicaCount"};
constexpr std::array<std::string_view, 3> of_faulted{"attach", "detach", "salvage"};

bj::object actions_of(const volume& one, const std::string& self) {
    bj::object actions;
    const auto offer = [&](const auto& names) {
        for (const std::string_view name : names) {
            actions[name] = self + "?action=" + std::string(name);
        }
    };
    if (one.robustness == "faulted") {
        offer(of_faulted);
        return actions;
    }
    offer(always);
    if (one.state == "attaching" || one.state == "attached" || one.state == "detached") {
        offer(on_the_way);
    }
    if (one.state == "attached" || one.state == "detached") {
        offer(settled);
    }
    if (one.state == "attached") {
        offer(while_attached);
    } else if (one.state == "detached") {
        offer(while_detached);
    }
    return actions;
}

bj::object rendered_condition(const std::string& type, bool status, const std::string& reason,
                              const std::string& message, instant since) {
    return {{"lastProbeTime", ""}, {"lastTransitionTime", rfc3339(since)}, {"message", message},
            {"reason", reason},    {"status", status ? "True" : "False"},  {"type", type}};
}

bj::array controllers_of(const volume& one, const std::string& image) {
    if (!one.has_engine) {
        return {};
    }
    const bool running = one.engine_running;
    return {
        bj::object{{"actualSize", std::to_string(one.engine_size_known && !one.restore_required ? one.data_bytes : 0)},
                   {"address", running ? address : ""},
                   {"currentImage", running ? image : ""},
                   {"endpoint", ""},
                   {"hostId", running ? one.node : ""},
                   {"image", image},
                   {"instanceManagerName", running ? instance_manager : ""},
                   {"isExpanding", false},
                   {"lastExpansionError", ""},
                   {"lastExpansionFailedAt", ""},
                   {"lastRestoredBackup", one.last_restored},
                   {"name", one.name + "-e-0"},
                   {"requestedBackupRestore", one.requested_restore},
                   {"running", running},
                   {"size", std::to_string(one.engine_size_known ? one.size : 0)},
                   {"unmapMarkSnapChainRemovedEnabled", false}}};
}

std::string replica_name(const volume& one, int number) {
    return one.name + "-r-" +
           sha256_hex(one.name + std::to_string(one.serial) + "/" + std::to_string(number)).substr(0, 8);
}

bj::array replicas_of(const volume& one, const std::string& image) {
    bj::array all;
    for (int number = 0; one.has_replicas && number < one.replicas; ++number) {
        const bool running = one.replicas_running;
        const std::string name = replica_name(one, number);
        all.push_back(bj::object{{"address", running ? address : ""},
                                 {"currentImage", running ? image : ""},
                                 {"dataEngine", one.data_engine},
                                 {"dataPath", "/var/lib/longhorn/replicas/" + name},
                                 {"diskID", "27d7271c-e2ac-48ed-85cb-515fcdf3dbb6"},
                                 {"diskPath", "/var/lib/longhorn/"},
                                 {"failedAt", one.robustness == "faulted" ? rfc3339(one.created) : ""},
                                 {"hostId", "node1"},
                                 {"image", image},
                                 {"instanceManagerName", running ? instance_manager : ""},
                                 {"mode", running && one.robustness == "healthy" ? "RW" : ""},
                                 {"name", name},
                                 {"running", running}});
    }
    return all;
}

bj::array restore_status_of(const volume& one) {
    bj::array all;
    for (int number = 0; one.restore_status && number < one.replicas; ++number) {
        const restore_view& status = *one.restore_status;
        all.push_back(bj::object{{"actions", nullptr},
                                 {"backupURL", status.url},
                                 {"error", status.error},
                                 {"filename", status.filename},
                                 {"isRestoring", status.restoring},
                                 {"lastRestored", status.last_restored},
                                 {"links", nullptr},
                                 {"progress", status.progress},
                                 {"replica", replica_name(one, number)},
                                 {"state", status.state}});
    }
    return all;
}

bj::value purge_status_of(const volume& one) {
    if (!one.engine_running || !one.engine_size_known) {
        return nullptr;
    }
    bj::array all;
    for (int number = 0; number < one.replicas; ++number) {
        all.push_back(bj::object{{"actions", nullptr},
                                 {"error", ""},
                                 {"isPurging", false},
                                 {"links", nullptr},
                                 {"progress", 0},
                                 {"replica", replica_name(one, number)},
                                 {"state", ""}});
    }
    return all;
}

bj::array backup_status_of(const view& seen, const volume& one) {
    bj::array all;
    for (const backup* each : seen.of.backups_of(one.name)) {
        if (each->target != one.backup_target) {
            continue;
        }
        const bool reported = !each->state.empty() && each->state != "Pending";
        all.push_back(bj::object{{"actions", nullptr},
                                 {"backupURL", each->url},
                                 {"error", each->error},
                                 {"id", each->name},
                                 {"links", nullptr},
                                 {"progress", each->progress},
                                 {"replica", reported ? "tcp://10.0.0.12:10274" : ""},
                                 {"size", each->size ? std::to_string(*each->size) : ""},
                                 {"snapshot", reported ? each->snapshot_name : ""},
                                 {"state", each->state}});
    }
    return all;
}

bj::object attachment_of(const volume& one) {
    bj::object tickets;
    for (const auto& [id, held] : one.tickets) {
        const bool satisfied = one.state == "attached" && one.robustness != "faulted";
        bj::object parameters;
        for (const auto& [key, value] : held.parameters) {
            parameters[key] = value;
        }
        tickets[id] =
            bj::object{{"attachmentID", id},
                       {"attachmentType", held.type},
                       {"conditions", bj::array{rendered_condition("Satisfied", satisfied, "", "", held.since)}},
                       {"nodeID", held.node},
                       {"parameters", parameters},
                       {"satisfied", satisfied}};
    }
    return {{"actions", nullptr}, {"attachments", tickets}, {"links", nullptr}, {"volume", one.name}};
}

bj::object kubernetes_of(const kubernetes_view& status) {
    return {{"lastPVCRefAt", status.last_pvc_ref_at},
            {"lastPodRefAt", ""},
            {"namespace", status.ns},
            {"pvName", status.pv_name},
            {"pvStatus", status.pv_status},
            {"pvcName", status.pvc_name},
            {"workloadsStatus", nullptr}};
}

void add_versioned_fields(bj::object& shown, const world& of, const volume& one) {
    if (of.options.version >= 8) {
        shown["backupTargetName"] = one.backup_target;
        shown["offlineRebuilding"] = "ignored";
    }
    if (of.options.version >= 10) {
        shown["backupBlockSize"] = "2097152";
        shown["cloneMode"] = "";
        shown["replicaRebuildingBandwidthLimit"] = 0;
    }
    if (of.options.version >= 12) {
        shown["notReadyMessage"] = world::ready(one) ? "" : "volume " + one.name + " is not ready";
    }
}

void add_settings(bj::object& shown) {
    for (const char* key : {"freezeFilesystemForSnapshot", "replicaAutoBalance", "replicaDiskSoftAntiAffinity",
                            "replicaSoftAntiAffinity", "replicaZoneSoftAntiAffinity", "restoreVolumeRecurringJob",
                            "snapshotDataIntegrity", "unmapMarkSnapChainRemoved"}) {
        shown[key] = "ignored";
    }
    for (const char* key : {"dataSource", "lastAttachedBy", "shareEndpoint", "shareState"}) {
        shown[key] = "";
    }
    shown["backupCompressionMethod"] = "lz4";
    shown["cloneStatus"] = bj::object{
        {"attemptCount", 0}, {"nextAllowedAttemptAt", ""}, {"snapshot", ""}, {"sourceVolume", ""}, {"state", ""}};
    shown["diskSelector"] = bj::array();
    shown["migratable"] = false;
    shown["nodeSelector"] = bj::array();
    shown["rebuildStatus"] = bj::array();
    shown["recurringJobSelector"] = nullptr;
    shown["revisionCounterDisabled"] = false;
    shown["snapshotMaxCount"] = 250;
    shown["snapshotMaxSize"] = "0";
}

} // namespace

bj::object render(const view& seen, const volume& one, volume_detail detail) {
    const std::string self = seen.base + "/v1/volumes/" + one.name;
    const std::string image = std::string(engine_image) + seen.of.version_text();
    const bool full = detail == volume_detail::full;
    bj::object conditions;
    for (const auto& [type, each] : one.conditions) {
        conditions[type] = rendered_condition(type, each.status, each.reason, each.message, each.since);
    }
    bj::object shown{{"accessMode", one.access_mode},
                     {"actions", actions_of(one, self)},
                     {"backingImage", one.backing_image},
                     {"backupStatus", full ? backup_status_of(seen, one) : bj::array()},
                     {"conditions", conditions},
                     {"controllers", full ? controllers_of(one, image) : bj::array()},
                     {"created", go_time(one.created)},
                     {"currentImage", one.has_replicas ? image : ""},
                     {"dataEngine", one.data_engine},
                     {"dataLocality", one.data_locality},
                     {"disableFrontend", one.disable_frontend},
                     {"encrypted", one.encrypted},
                     {"fromBackup", one.from_backup},
                     {"frontend", one.frontend},
                     {"id", one.name},
                     {"image", image},
                     {"kubernetesStatus", kubernetes_of(one.kubernetes)},
                     {"lastBackup", one.last_backup},
                     {"lastBackupAt", one.last_backup_at},
                     {"links", bj::object{{"self", self}}},
                     {"name", one.name},
                     {"numberOfReplicas", one.replicas},
                     {"purgeStatus", full ? purge_status_of(one) : bj::value()},
                     {"ready", world::ready(one)},
                     {"replicas", full ? replicas_of(one, image) : bj::array()},
                     {"restoreInitiated", one.restore_initiated},
                     {"restoreRequired", one.restore_required},
                     {"restoreStatus", full ? restore_status_of(one) : bj::array()},
                     {"robustness", one.robustness},
                     {"size", std::to_string(one.size)},
                     {"staleReplicaTimeout", one.stale_replica_timeout},
                     {"standby", one.standby},
                     {"state", one.state},
                     {"type", "volume"},
                     {"volumeAttachment", attachment_of(one)}};
    add_settings(shown);
    add_versioned_fields(shown, seen.of, one);
    return shown;
}

} // namespace simulator::lh
