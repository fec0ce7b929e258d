// Objects that are there from the start, from JSON.
#include "text.hpp"
#include "world.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

// One object of the seed: typed reading that complains of what it does not know.
class reader {
public:
    reader(std::string_view kind, const bj::value& from) : kind_(kind) {
        if (!from.is_object()) {
            throw std::invalid_argument("A seeded " + kind_ + " is not a JSON object.");
        }
        left_ = from.as_object();
    }

    std::string text(std::string_view key, std::string_view fallback = {}) {
        const bj::value value = take(key);
        if (value.is_null()) {
            return std::string(fallback);
        }
        if (value.is_string()) {
            return std::string(value.as_string());
        }
        wrong(key);
    }

    // Bytes as a number or as "10Gi".
    std::int64_t size(std::string_view key, std::int64_t fallback) {
        const bj::value value = take(key);
        if (value.is_null()) {
            return fallback;
        }
        if (value.is_int64()) {
            return value.as_int64();
        }
        const auto read = value.is_string() ? parse_size(value.as_string()) : std::nullopt;
        return read ? *read : (wrong(key), 0);
    }

    bool flag(std::string_view key, bool fallback) {
        const bj::value value = take(key);
        if (value.is_null()) {
            return fallback;
        }
        return value.is_bool() ? value.as_bool() : (wrong(key), false);
    }

    // RFC 3339, or seconds relative to now (-3600: an hour ago). "" stays "".
    std::string time(std::string_view key, instant now, const std::string& fallback) {
        const bj::value value = take(key);
        if (value.is_null()) {
            return fallback;
        }
        if (value.is_int64()) {
            return rfc3339(now + std::chrono::seconds(value.as_int64()));
        }
        if (value.is_string()) {
            return std::string(value.as_string());
        }
        wrong(key);
    }

    labels map(std::string_view key) {
        labels all;
        const bj::value value = take(key);
        if (value.is_null()) {
            return all;
        }
        if (!value.is_object()) {
            wrong(key);
        }
        for (const auto& [name, each] : value.as_object()) {
            all[name] = each.is_string() ? std::string(each.as_string()) : bj::serialize(each);
        }
        return all;
    }

    bj::value any(std::string_view key) { return take(key); }

    void done() const {
        if (!left_.empty()) {
            throw std::invalid_argument("A seeded " + kind_ + " has the key \"" + std::string(left_.begin()->key()) +
                                        "\", which means nothing here.");
        }
    }

private:
    bj::value take(std::string_view key) {
        const auto found = left_.find(key);
        if (found == left_.end()) {
            return nullptr;
        }
        bj::value value = found->value();
        left_.erase(found);
        return value;
    }

    [[noreturn]] void wrong(std::string_view key) const {
        throw std::invalid_argument("The key \"" + std::string(key) + "\" of a seeded " + kind_ + " has a wrong type.");
    }

    std::string kind_;
    bj::object left_;
};

kubernetes_view read_kubernetes(const bj::value& from) {
    if (from.is_null()) {
        return {};
    }
    reader in("kubernetesStatus", from);
    kubernetes_view view;
    view.pv_name = in.text("pvName");
    view.pv_status = in.text("pvStatus", view.pv_name.empty() ? "" : "Bound");
    view.ns = in.text("namespace");
    view.pvc_name = in.text("pvcName");
    view.last_pvc_ref_at = in.text("lastPVCRefAt");
    in.text("lastPodRefAt");
    in.any("workloadsStatus");
    in.done();
    return view;
}

volume read_volume(const bj::value& from, instant now) {
    reader in("volume", from);
    volume made;
    made.name = in.text("name");
    made.size = rounded_volume_size(in.size("size", 0));
    made.data_bytes = in.size("actualSize", made.size / 2);
    made.replicas = static_cast<int>(in.size("replicas", 3));
    made.state = in.text("state", "detached");
    made.robustness = in.text("robustness", made.state == "attached" ? "healthy" : "unknown");
    made.data_engine = in.text("dataEngine", "v1");
    made.access_mode = in.text("accessMode", "rwo");
    made.frontend = in.text("frontend", "blockdev");
    made.data_locality = in.text("dataLocality", "disabled");
    made.encrypted = in.flag("encrypted", false);
    made.standby = in.flag("standby", false);
    made.backing_image = in.text("backingImage");
    made.backup_target = in.text("backupTarget", "default");
    made.from_backup = in.text("fromBackup");
    made.kubernetes = read_kubernetes(in.any("kubernetesStatus"));
    made.stale_replica_timeout = 2880;
    made.created = parse_rfc3339(in.time("created", now, rfc3339(now))).value_or(now);
    in.done();
    if (!is_dns_label(made.name)) {
        throw std::invalid_argument("A seeded volume is called \"" + made.name + "\", which is no volume's name.");
    }
    made.has_engine = true;
    made.has_replicas = true;
    made.engine_size_known = true;
    return made;
}

} // namespace

static void place_volume(world& in, volume made, std::uint64_t serial) {
    made.serial = serial;
    for (const char* type : {"Restore", "Scheduled", "TooManySnapshots", "WaitForBackingImage"}) {
        condition& each = made.conditions[type];
        each.since = made.created;
        each.status = std::string_view(type) == "Scheduled";
    }
    if (made.state == "attached") {
        made.node = in.options.nodes.front();
        made.engine_running = true;
        made.replicas_running = true;
        made.restore_status.emplace();
        ticket held;
        held.type = "csi-attacher";
        held.node = made.node;
        held.parameters = {{"disableFrontend", "false"}, {"lastAttachedBy", ""}};
        held.since = made.created;
        made.tickets["csi-" + made.name] = std::move(held);
    }
    const std::string name = made.name;
    in.volumes.insert_or_assign(name, std::move(made));
}

static void place_backup(world& in, const bj::value& from) {
    const instant now = in.line.now();
    reader read("backup", from);
    backup made;
    made.name = read.text("name");
    made.volume = read.text("volume");
    made.target = read.text("target", "default");
    made.snapshot_name = read.text("snapshotName", "snap-of-" + made.name);
    made.state = read.text("state", "Completed");
    const bool complete = made.state == "Completed";
    made.created = read.time("created", now, complete ? rfc3339(now) : "");
    made.snapshot_created = read.time("snapshotCreated", now, made.created);
    made.error = read.text("error");
    made.mode = read.text("backupMode", "incremental");
    made.backing_image = read.text("backingImage");
    made.storage_class = read.text("storageClass");
    made.progress = static_cast<int>(read.size("progress", complete ? 100 : 0));
    const volume* source = in.find(made.volume);
    // 0 if it is told so: a backup volume that Longhorn has not read yet.
    const std::int64_t told_size = read.size("volumeSize", source == nullptr ? 1 : source->size);
    const std::int64_t volume_size = told_size == 0 ? 0 : rounded_volume_size(told_size);
    const std::int64_t size = read.size("size", source == nullptr ? volume_size / 2 : source->data_bytes);
    const std::string url = in.get_target(made.target).url + "?backup=" + made.name + "&volume=" + made.volume;
    made.url = read.text("url", complete ? url : "");
    made.marks = read.map("labels");
    if (const auto messages = read.map("messages"); !messages.empty()) {
        made.messages = messages;
    }
    made.volume_created = read.time("volumeCreated", now, made.snapshot_created);
    const bool synced = read.flag("backupVolume", complete);
    read.done();
    if (made.name.empty() || made.volume.empty()) {
        throw std::invalid_argument("A seeded backup needs a \"name\" and a \"volume\".");
    }
    made.volume_size = volume_size;
    if (complete) {
        made.size = size;
        made.uploaded = size;
        made.compression = "lz4";
    }
    const std::string volume_name = made.volume;
    const std::string target = made.target;
    in.add_backup(std::move(made));
    if (synced && in.find_backup_volume(volume_name, target) == nullptr) {
        backup_volume all;
        all.name = in.backup_volume_name(volume_name, target);
        all.volume = volume_name;
        all.target = target;
        in.backup_volumes.emplace(all.name, all);
    }
    in.refresh_backup_volume(volume_name, target);
}

static void place_target(world& in, const bj::value& from) {
    reader read("target", from);
    backup_target made;
    made.name = read.text("name", "default");
    made.url = read.text("url", "s3://backups@eu-central-1/");
    made.secret = read.text("credentialSecret", "s3-secret");
    made.poll_interval = read.text("pollInterval", "5m0s");
    made.available = read.flag("available", !made.url.empty());
    made.store_up = made.available || made.url.empty();
    made.message = read.text("message", made.url.empty() ? "backup target URL is empty"
                                        : made.available ? ""
                                                         : in.store_error(made));
    read.done();
    in.targets.insert_or_assign(made.name, made);
}

static void place_snapshot(world& in, const bj::value& from) {
    reader read("snapshot", from);
    snapshot made;
    made.name = read.text("name");
    made.volume = read.text("volume");
    made.ready = read.flag("ready", true);
    made.marks = read.map("labels");
    made.has_labels = true;
    made.cr_created =
        parse_rfc3339(read.time("created", in.line.now(), rfc3339(in.line.now()))).value_or(in.line.now());
    made.created = made.cr_created;
    read.done();
    if (const volume* source = in.find(made.volume)) {
        made.restore_size = source->size;
        made.size = source->data_bytes;
    }
    in.snapshots.insert_or_assign(made.name, made);
}

void world::seed(const bj::object& description) {
    for (const auto& [key, value] : description) {
        if (key != "targets" && key != "volumes" && key != "snapshots" && key != "backups") {
            throw std::invalid_argument("A seed has no key \"" + std::string(key) + "\".");
        }
        if (!value.is_array()) {
            throw std::invalid_argument("The seed's \"" + std::string(key) + "\" is not an array.");
        }
    }
    const auto each = [&](std::string_view key, const auto& place) {
        if (const auto* list = description.if_contains(key)) {
            for (const bj::value& item : list->as_array()) {
                place(item);
            }
        }
    };
    each("targets", [this](const bj::value& item) { place_target(*this, item); });
    each("volumes",
         [this](const bj::value& item) { place_volume(*this, read_volume(item, line.now()), ++last_serial_); });
    each("snapshots", [this](const bj::value& item) { place_snapshot(*this, item); });
    each("backups", [this](const bj::value& item) { place_backup(*this, item); });
    touch_all();
}

void world::change_volume(const std::string& name, const bj::object& description) {
    volume* one = find(name);
    if (one == nullptr) {
        throw std::invalid_argument("There is no volume \"" + name + "\" to change.");
    }
    reader read("volume", description);
    if (read.flag("remove", false)) {
        deleted(*one);
        return;
    }
    one->state = read.text("state", one->state);
    one->robustness = read.text("robustness", one->robustness);
    if (const bj::value status = read.any("kubernetesStatus"); !status.is_null()) {
        one->kubernetes = read_kubernetes(status);
    }
    read.done();
    touch(*one);
}

} // namespace simulator::lh
