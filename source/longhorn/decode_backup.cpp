#include "fields.hpp"
#include "traits.hpp"

#include <array>

namespace soteria::longhorn {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 8> snapshot_members{"name",       "id",    "type",         "volume",
                                                           "readyToUse", "error", "creationTime", "labels"};
constexpr std::array<std::string_view, 17> backup_members{
    "name", "id",         "type",       "volumeName",       "snapshotName",    "state",   "progress", "error",   "url",
    "size", "backupMode", "volumeSize", "backupTargetName", "snapshotCreated", "created", "labels",   "messages"};
constexpr std::array<std::string_view, 9> backup_volume_members{
    "name", "id", "type", "volumeName", "backupTargetName", "size", "storageClassName", "backingImageName", "labels"};
constexpr std::array<std::string_view, 6> target_members{"name",      "id",     "type", "backupTargetURL",
                                                         "available", "message"};

} // namespace

std::span<const std::string_view> traits<snapshot>::members() {
    return snapshot_members;
}

result<snapshot> traits<snapshot>::decode(const json::object& object) {
    fields read(object, "snapshot");
    read.expect_type(type);
    snapshot one;
    one.name = read.identity();
    one.volume = read.text("volume");
    one.ready_to_use = read.flag("readyToUse");
    one.error = read.bounded_text("error");
    one.created_at = read.time("creationTime");
    one.labels = read.texts("labels", false);
    if (const auto& error = read.error())
        return *error;
    return one;
}

std::span<const std::string_view> traits<backup>::members() {
    return backup_members;
}

result<backup> traits<backup>::decode(const json::object& object) {
    fields read(object, "backup");
    read.expect_type(type);
    backup one;
    one.name = read.identity();
    one.volume = read.text("volumeName");
    one.snapshot_name = read.text("snapshotName");
    one.state = read.text("state");
    one.progress = read.small_number("progress");
    one.error = read.bounded_text("error");
    one.url = read.text("url");
    one.mode = read.text("backupMode");
    one.size_bytes = read.number("size");
    one.volume_size_bytes = read.number("volumeSize");
    one.target = read.text("backupTargetName");
    one.snapshot_created_at = read.time("snapshotCreated");
    one.created_at = read.time("created");
    one.labels = read.texts("labels", false);
    one.messages = read.texts("messages", true);
    if (const auto& error = read.error())
        return *error;
    return one;
}

std::span<const std::string_view> traits<backup_volume>::members() {
    return backup_volume_members;
}

result<backup_volume> traits<backup_volume>::decode(const json::object& object) {
    fields read(object, "backup volume");
    read.expect_type(type);
    backup_volume one;
    one.name = read.identity();
    one.names_volume = read.has("volumeName");
    one.volume = read.text("volumeName");
    if (!one.names_volume)
        one.volume = one.name;
    one.target = read.text("backupTargetName");
    one.size_bytes = read.number("size");
    one.storage_class = read.text("storageClassName");
    one.backing_image = read.text("backingImageName");
    one.labels = read.texts("labels", false);
    if (const auto& error = read.error())
        return *error;
    return one;
}

std::span<const std::string_view> traits<backup_target>::members() {
    return target_members;
}

result<backup_target> traits<backup_target>::decode(const json::object& object) {
    fields read(object, "backup target");
    read.expect_type(type);
    backup_target one;
    one.name = read.identity();
    one.url = read.text("backupTargetURL");
    one.available = read.flag("available");
    one.message = read.bounded_text("message");
    if (const auto& error = read.error())
        return *error;
    return one;
}

} // namespace soteria::longhorn
