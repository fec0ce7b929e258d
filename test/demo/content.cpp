#include "content.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace soteria::demo {
namespace {

namespace json = boost::json;

constexpr int hour = 3600;

// What happened to a claim's backups.
enum class story {
    backed_up,   // the newest is `hours` old
    never,       // no backup
    failed,      // tried, and each one failed; `hours` ago the last time
    late_failed, // good ones, then failures since
    unbound,     // waits for its first consumer
    foreign,     // not a Longhorn volume
    gone,        // deleted; the backups are there
};

struct claim {
    std::string ns;
    std::string name;
    int gibibytes;
    story what;
    double hours = 0;
    int backups = 0;
    std::string mode = "rwo";
};

const std::vector<claim> claims = {
    {"ai", "embeddings", 120, story::backed_up, 5.5, 21},
    {"ai", "llm-cache", 50, story::backed_up, 0.6, 14},
    {"ai", "model-store", 500, story::backed_up, 31, 9, "rwx"},
    {"ai", "notebooks", 40, story::backed_up, 11, 30},
    {"ai", "scratch", 200, story::never},
    {"ai", "training-data", 800, story::failed, 3, 4},
    {"ai", "vector-db", 80, story::backed_up, 2.2, 12},
    {"databases", "mariadb-data-0", 30, story::backed_up, 1.1, 28},
    {"databases", "postgres-data-0", 60, story::backed_up, 0.9, 28},
    {"databases", "postgres-data-1", 60, story::backed_up, 0.9, 28},
    {"databases", "postgres-data-2", 60, story::late_failed, 26, 27},
    {"databases", "redis-data", 8, story::backed_up, 7, 10},
    {"databases", "old-mongo-data", 25, story::gone, 720, 6},
    {"git", "forgejo-data", 45, story::backed_up, 4, 18},
    {"git", "registry", 150, story::backed_up, 52, 5},
    {"git", "runner-cache", 60, story::never},
    {"home", "bitwarden", 5, story::backed_up, 3.3, 60},
    {"home", "home-assistant", 10, story::backed_up, 6.1, 40},
    {"home", "mosquitto", 1, story::backed_up, 20, 8},
    {"home", "paperless-data", 20, story::backed_up, 9.4, 25},
    {"home", "paperless-media", 90, story::late_failed, 49, 17},
    {"home", "zigbee2mqtt", 1, story::backed_up, 6.2, 33},
    {"home", "vaultwarden", 2, story::gone, 2000, 3},
    {"mail", "mailbox", 100, story::backed_up, 0.3, 48},
    {"mail", "rspamd", 4, story::unbound},
    {"media", "downloads", 600, story::foreign},
    {"media", "jellyfin-config", 15, story::backed_up, 13, 11},
    {"media", "movies", 4000, story::foreign},
    {"media", "photos", 750, story::backed_up, 17.5, 22, "rwx"},
    {"media", "photos-thumbnails", 35, story::never},
    {"media", "old-photos", 300, story::gone, 96, 12},
    {"monitoring", "alertmanager", 2, story::never},
    {"monitoring", "grafana", 5, story::backed_up, 8, 15},
    {"monitoring", "loki-data-0", 100, story::backed_up, 75, 3},
    {"monitoring", "prometheus-data-0", 200, story::failed, 2, 2},
    {"sandbox", "experiment-a", 10, story::unbound},
    {"sandbox", "experiment-b", 10, story::never},
    {"web", "blog-uploads", 12, story::backed_up, 5, 19},
    {"web", "shop-images", 70, story::backed_up, 23.2, 16},
    {"web", "wiki-data", 18, story::backed_up, 0.2, 37},
};

std::string volume_of(const claim& one) {
    // Longhorn's volumes are called pvc-<uid>; these have uids that tell their number.
    const auto number = std::to_string(100000 + (&one - claims.data()));
    return "pvc-5073a1e0-0000-4000-8000-000000" + number;
}

std::string size_of(const claim& one) {
    return std::to_string(one.gibibytes) + "Gi";
}

json::string access_mode(const claim& one) {
    return one.mode == "rwx" ? "ReadWriteMany" : "ReadWriteOnce";
}

json::object storage_class(const std::string& name, const std::string& provisioner, const std::string& binding) {
    return {{"apiVersion", "storage.k8s.io/v1"}, {"kind", "StorageClass"},    {"metadata", {{"name", name}}},
            {"provisioner", provisioner},        {"reclaimPolicy", "Delete"}, {"volumeBindingMode", binding}};
}

json::object claim_object(const claim& one) {
    const bool bound = one.what != story::unbound;
    json::object spec{{"accessModes", {access_mode(one)}},
                      {"resources", {{"requests", {{"storage", size_of(one)}}}}},
                      {"storageClassName", one.what == story::foreign ? "nfs"
                                           : bound                    ? "longhorn"
                                                                      : "longhorn-local"},
                      {"volumeMode", "Filesystem"}};
    json::object status{{"phase", bound ? "Bound" : "Pending"}};
    if (bound) {
        spec["volumeName"] = volume_of(one);
        status["accessModes"] = json::array{access_mode(one)};
        status["capacity"] = json::object{{"storage", size_of(one)}};
    }
    return {
        {"apiVersion", "v1"},
        {"kind", "PersistentVolumeClaim"},
        {"metadata", {{"namespace", one.ns}, {"name", one.name}, {"labels", {{"app.kubernetes.io/name", one.name}}}}},
        {"spec", spec},
        {"status", status}};
}

json::object persistent_volume_object(const claim& one, const json::object& bound_to) {
    const bool foreign = one.what == story::foreign;
    json::object csi{{"driver", foreign ? "nfs.csi.k8s.io" : "driver.longhorn.io"},
                     {"volumeHandle", foreign ? "nas.example#export#" + one.name : volume_of(one)}};
    if (!foreign) {
        csi["fsType"] = "ext4";
        csi["volumeAttributes"] = json::object{{"numberOfReplicas", "3"}, {"staleReplicaTimeout", "30"}};
    }
    const auto& uid = bound_to.at("metadata").at("uid");
    return {{"apiVersion", "v1"},
            {"kind", "PersistentVolume"},
            {"metadata", {{"name", volume_of(one)}}},
            {"spec",
             {{"capacity", {{"storage", size_of(one)}}},
              {"accessModes", {access_mode(one)}},
              {"persistentVolumeReclaimPolicy", "Delete"},
              {"storageClassName", foreign ? "nfs" : "longhorn"},
              {"volumeMode", "Filesystem"},
              {"claimRef",
               {{"apiVersion", "v1"},
                {"kind", "PersistentVolumeClaim"},
                {"namespace", one.ns},
                {"name", one.name},
                {"uid", uid}}},
              {"csi", csi}}},
            {"status", {{"phase", "Bound"}}}};
}

json::object recorded_status(const claim& one) {
    return {{"pvName", volume_of(one)}, {"pvStatus", "Bound"},        {"namespace", one.ns}, {"pvcName", one.name},
            {"lastPVCRefAt", ""},       {"workloadsStatus", nullptr}, {"lastPodRefAt", ""}};
}

std::string hex_name(const claim& one, int number) {
    char text[40];
    std::snprintf(text, sizeof text, "backup-%08x%08x", static_cast<unsigned>(&one - claims.data()) * 2654435761U,
                  static_cast<unsigned>(number + 1) * 2246822519U);
    return text;
}

json::object backup_of(const claim& one, int number, int seconds_ago, bool failed) {
    const auto size = static_cast<std::int64_t>(one.gibibytes) << 30;
    json::object made{
        {"name", hex_name(one, number)},
        {"volume", volume_of(one)},
        {"snapshotName", "nightly-" + std::to_string(number)},
        {"snapshotCreated", -seconds_ago},
        {"volumeSize", size},
        {"size", number == 0 ? size / 3 : size / 50},
        {"storageClass", "longhorn"},
        {"labels",
         {{"KubernetesStatus", json::serialize(recorded_status(one))}, {"longhorn.io/volume-access-mode", one.mode}}}};
    if (failed) {
        made["state"] = "Error";
        made["progress"] = 37;
        made["error"] = "failed to upload block: write tcp: broken pipe";
    } else {
        made["created"] = -seconds_ago + 240;
        made["backupMode"] = "incremental";
    }
    return made;
}

void add_backups(json::array& to, const claim& one) {
    const int newest = static_cast<int>(one.hours * hour);
    constexpr int day = 24 * hour;
    for (int number = 0; number < one.backups; ++number) {
        const int ago = newest + (one.backups - 1 - number) * day;
        to.push_back(backup_of(one, number, ago, one.what == story::failed));
    }
    if (one.what == story::late_failed)
        to.push_back(backup_of(one, one.backups, 2 * hour, true));
}

json::object volume_object(const claim& one) {
    return {{"name", volume_of(one)}, {"size", size_of(one)},       {"state", "attached"},
            {"accessMode", one.mode}, {"created", -90 * 24 * hour}, {"kubernetesStatus", recorded_status(one)}};
}

} // namespace

void fill(simulator::kubernetes& kubernetes, const simulator::longhorn& longhorn) {
    kubernetes.apply(storage_class("longhorn", "driver.longhorn.io", "Immediate"));
    kubernetes.apply(storage_class("longhorn-local", "driver.longhorn.io", "WaitForFirstConsumer"));
    kubernetes.apply(storage_class("nfs", "nfs.csi.k8s.io", "Immediate"));
    json::array volumes;
    json::array backups;
    for (const auto& one : claims) {
        kubernetes.apply({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", one.ns}}}});
        add_backups(backups, one);
        if (one.what == story::gone)
            continue;
        const auto stored = kubernetes.apply(claim_object(one));
        if (one.what == story::unbound)
            continue;
        kubernetes.apply(persistent_volume_object(one, stored));
        if (one.what != story::foreign)
            volumes.push_back(volume_object(one));
    }
    longhorn.seed(json::object{{"volumes", volumes}, {"backups", backups}});
}

} // namespace soteria::demo
