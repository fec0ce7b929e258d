#include "render.hpp"

#include "text.hpp"

namespace simulator::lh {

namespace bj = boost::json;

namespace {

bj::value as_json(const labels& marks) {
    bj::object shown;
    for (const auto& [key, value] : marks) {
        shown[key] = value;
    }
    return shown;
}

bj::value as_json(const std::optional<labels>& marks) {
    return marks ? as_json(*marks) : bj::value();
}

std::string number(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "";
}

bj::object fields(std::initializer_list<std::pair<std::string_view, std::string_view>> typed) {
    bj::object shown;
    for (const auto& [name, type] : typed) {
        shown[name] = bj::object{{"type", type}};
    }
    return shown;
}

} // namespace

bj::object render(const view& seen, const snapshot& one) {
    bj::object shown{{"actions", bj::object()},
                     {"checksum", ""},
                     {"children", one.ready ? bj::value{{one.child, true}} : bj::value()},
                     {"crCreationTime", rfc3339(one.cr_created)},
                     {"createSnapshot", true},
                     {"creationTime", one.ready && one.created ? rfc3339(*one.created) : ""},
                     {"id", one.name},
                     {"labels", one.has_labels ? as_json(one.marks) : bj::value()},
                     {"links", bj::object{{"self", seen.base + "/v1/snapshotcrs/" + one.name}}},
                     {"markRemoved", false},
                     {"name", one.name},
                     {"ownerID", ""},
                     {"parent", one.parent},
                     {"readyToUse", one.ready},
                     {"restoreSize", one.restore_size},
                     {"size", one.size},
                     {"type", "snapshotCR"},
                     {"userCreated", one.ready},
                     {"volume", one.volume}};
    if (!one.error.empty()) {
        shown["error"] = one.error;
    }
    return shown;
}

bj::object render(const view& seen, const backup& one) {
    bj::object shown{{"actions", bj::object()},
                     {"compressionMethod", one.compression},
                     {"created", one.created},
                     {"error", one.error},
                     {"id", one.name},
                     {"labels", as_json(one.marks)},
                     {"links", bj::object{{"self", seen.base + "/v1/backups/" + one.name}}},
                     {"messages", as_json(one.messages)},
                     {"name", one.name},
                     {"progress", one.progress},
                     {"size", number(one.size)},
                     {"snapshotCreated", one.snapshot_created},
                     {"snapshotName", one.snapshot_name},
                     {"state", one.state},
                     {"type", "backup"},
                     {"url", one.url},
                     {"volumeBackingImageName", one.backing_image},
                     {"volumeCreated", one.volume_created},
                     {"volumeName", one.volume},
                     {"volumeSize", number(one.volume_size)}};
    if (seen.of.options.version >= 7) {
        shown["backupMode"] = one.mode;
        shown["newlyUploadDataSize"] = one.size ? number(one.uploaded.value_or(0)) : "";
        shown["reUploadedDataSize"] = one.size ? "0" : "";
    }
    if (seen.of.options.version >= 8) {
        shown["backupTargetName"] = one.target;
    }
    if (seen.of.options.version >= 10) {
        shown["blockSize"] = "2097152";
    }
    return shown;
}

bj::object render(const view& seen, const backup_volume& one) {
    const std::string self = seen.base + "/v1/backupvolumes/" + one.name;
    const bool unknown = one.volume.empty();
    bj::object actions;
    for (const char* action : {"backupDelete", "backupGet", "backupList", "backupVolumeSync"}) {
        actions[action] = self + "?action=" + action;
    }
    bj::object shown{{"backingImageChecksum", ""},
                     {"backingImageName", one.backing_image},
                     {"created", one.created},
                     {"dataStored", one.size ? std::to_string(one.data_stored) : ""},
                     {"id", one.name},
                     {"labels", unknown ? bj::value() : as_json(one.marks)},
                     {"lastBackupAt", one.last_backup_at},
                     {"lastBackupName", one.last_backup},
                     {"links", bj::object{{"self", self}}},
                     {"messages", unknown ? bj::value() : bj::value(bj::object())},
                     {"name", one.name},
                     {"size", number(one.size)},
                     {"storageClassName", one.storage_class},
                     {"type", "backupVolume"}};
    if (seen.of.options.version >= 8) {
        actions["backupListByVolume"] = self + "?action=backupListByVolume";
        shown["backupTargetName"] = unknown ? "" : one.target;
        shown["volumeName"] = one.volume;
    }
    shown["actions"] = actions;
    return shown;
}

bj::object render(const view& seen, const backup_target& one) {
    const std::string self = seen.base + "/v1/backuptargets/" + one.name;
    bj::object actions{{"backupTargetSync", self + "?action=backupTargetSync"}};
    if (seen.of.options.version >= 8) {
        actions["backupTargetUpdate"] = self + "?action=backupTargetUpdate";
    }
    return {{"actions", actions},
            {"available", one.available},
            {"backupTargetURL", one.url},
            {"credentialSecret", one.secret},
            {"id", one.name},
            {"links", bj::object{{"self", self}}},
            {"message", one.message},
            {"name", one.name},
            {"pollInterval", one.poll_interval},
            {"type", "backupTarget"}};
}

bj::object render_version_setting(const view& seen) {
    const std::string version = "v" + seen.of.version_text();
    const std::string name = "current-longhorn-version";
    return {{"actions", bj::object()},
            {"applied", true},
            {"definition", bj::object{{"category", "system info"},
                                      {"default", version},
                                      {"description", "The current Longhorn version."},
                                      {"displayName", "Current Longhorn Version"},
                                      {"readOnly", true},
                                      {"required", false},
                                      {"type", "string"}}},
            {"id", name},
            {"links", bj::object{{"self", seen.base + "/v1/settings/" + name}}},
            {"name", name},
            {"type", "setting"},
            {"value", version}};
}

std::optional<bj::object> render_schema(const view& seen, std::string_view name) {
    const std::string id(name);
    std::string plural = id + "s";
    bj::object shown{{"actions", bj::object()},
                     {"collectionMethods", bj::array{"GET"}},
                     {"id", id},
                     {"pluralName", plural},
                     {"type", "schema"}};
    for (char& letter : plural) {
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    shown["links"] = bj::object{{"collection", seen.base + "/v1/" + plural}, {"self", seen.base + "/v1/schemas/" + id}};
    if (id == "snapshotInput") {
        shown["resourceFields"] = fields({{"labels", "map[string]"}, {"name", "string"}});
        if (seen.of.options.version >= 7) {
            shown["resourceFields"].as_object()["backupMode"] = bj::object{{"type", "string"}};
        }
        shown["resourceMethods"] = bj::array{"GET"};
        return shown;
    }
    if (id == "backupVolume") {
        const auto rendered = render(seen, backup_volume{});
        bj::object typed;
        for (const auto& field : rendered) {
            const bool map = field.key() == "actions" || field.key() == "labels" || field.key() == "links" ||
                             field.key() == "messages";
            typed[field.key()] = bj::object{{"type", map ? "map[string]" : "string"}};
        }
        bj::object actions;
        for (const auto& action : rendered.at("actions").as_object()) {
            actions[action.key()] = bj::object{{"output", action.key() == "backupGet" ? "backup" : "backupListOutput"}};
        }
        shown["resourceActions"] = actions;
        shown["resourceFields"] = typed;
        shown["resourceMethods"] = bj::array{"GET", "PUT", "DELETE"};
        return shown;
    }
    return std::nullopt;
}

bj::object render_error(const std::string& self, int status, const std::string& message) {
    return {{"actions", bj::object()},
            {"code", status == 404 ? "Not Found" : "Internal Server Error"},
            {"detail", ""},
            {"links", bj::object{{"self", self}}},
            {"message", message},
            {"status", status},
            {"type", "error"}};
}

bj::object collection(const std::string& self, std::string_view resource, bj::array data) {
    return {{"data", std::move(data)},
            {"links", bj::object{{"self", self}}},
            {"resourceType", resource},
            {"type", "collection"}};
}

} // namespace simulator::lh
