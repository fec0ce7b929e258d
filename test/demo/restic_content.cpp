#include "restic_content.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace soteria::demo {
namespace {

namespace json = boost::json;

constexpr const char* password = "correct horse battery staple";

// What happened to a claim's backups.
enum class story {
    backed_up,  // the newest is `hours` old
    incomplete, // so is the newest complete one; each day since, files could not be read
    never,      // no backup
    unbound,    // waits for its first consumer
    gone,       // deleted; the backups are there
    both,       // Longhorn's, with snapshots in the repository as well
};

struct claim {
    std::string ns;
    std::string name;
    int gibibytes;
    story what;
    double hours = 0;
    int backups = 0;
};

const std::vector<claim> claims = {
    {"ci", "build-cache", 40, story::never},
    {"ci", "old-artifacts", 60, story::gone, 400, 5},
    {"ci", "runner-home", 8, story::incomplete, 54, 6},
    {"games", "factorio-saves", 2, story::backed_up, 3, 24},
    {"games", "minecraft-world", 12, story::backed_up, 1.4, 30},
    {"games", "valheim-world", 6, story::backed_up, 61, 9},
    {"git", "forgejo-data", 45, story::both, 8, 7},
    {"home", "frigate-clips", 200, story::never},
    {"home", "node-red", 1, story::backed_up, 12.5, 19},
    {"sandbox", "experiment-c", 4, story::unbound},
};

json::object claim_object(const claim& one) {
    json::object annotations;
    annotations["simulator.soteria.dev/files"] = std::to_string(400 * one.gibibytes);
    if (one.what == story::incomplete)
        annotations["simulator.soteria.dev/unreadable"] = ".ssh/id_ed25519,.gnupg/private-keys";
    json::object metadata{
        {"namespace", one.ns}, {"name", one.name}, {"labels", {{"app.kubernetes.io/name", one.name}}}};
    metadata["annotations"] = std::move(annotations);
    json::object spec{{"accessModes", {"ReadWriteOnce"}},
                      {"resources", {{"requests", {{"storage", std::to_string(one.gibibytes) + "Gi"}}}}},
                      {"storageClassName", "local-path"},
                      {"volumeMode", "Filesystem"}};
    return {{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}, {"metadata", metadata}, {"spec", spec}};
}

json::object volume_object(const claim& one, const json::object& bound_to) {
    const auto& uid = bound_to.at("metadata").at("uid").as_string();
    json::object reference{{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}};
    reference["namespace"] = one.ns;
    reference["name"] = one.name;
    reference["uid"] = uid;
    const auto name = "pvc-" + std::string(uid);
    json::object metadata{{"name", name}};
    metadata["annotations"] = json::object{{"pv.kubernetes.io/provisioned-by", "rancher.io/local-path"}};
    json::object spec{{"capacity", {{"storage", std::to_string(one.gibibytes) + "Gi"}}},
                      {"accessModes", {"ReadWriteOnce"}},
                      {"persistentVolumeReclaimPolicy", "Delete"},
                      {"storageClassName", "local-path"},
                      {"volumeMode", "Filesystem"}};
    spec["claimRef"] = std::move(reference);
    spec["hostPath"] = json::object{{"path", "/opt/local-path-provisioner/" + name}, {"type", "DirectoryOrCreate"}};
    return {{"apiVersion", "v1"}, {"kind", "PersistentVolume"}, {"metadata", metadata}, {"spec", spec}};
}

json::object snapshot_of(const claim& one, const json::string& uid, double hours, bool incomplete) {
    json::object made{{"namespace", one.ns}, {"pvc", one.name}, {"uid", uid}, {"hours", hours}};
    made["incomplete"] = incomplete;
    made["files"] = 400 * one.gibibytes;
    made["bytes"] = static_cast<std::int64_t>(one.gibibytes) << 29;
    return made;
}

void add_snapshots(json::array& to, const claim& one, const json::string& uid) {
    constexpr double day = 24;
    for (int number = one.backups - 1; number >= 0; --number)
        to.push_back(snapshot_of(one, uid, one.hours + number * day, false));
    for (double hours = one.hours - day; one.what == story::incomplete && hours > 0; hours -= day)
        to.push_back(snapshot_of(one, uid, hours, true));
}

// The claim's uid, once it is in the cluster; that of one that is gone is made up.
json::string place(simulator::kubernetes& kubernetes, const claim& one) {
    kubernetes.apply({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", one.ns}}}});
    if (one.what == story::gone)
        return "0d5b1c5e-7a0e-4c57-9a53-3f0c7f1d2b11";
    if (one.what == story::both)
        return kubernetes.get("persistentvolumeclaims", one.ns, one.name)->at("metadata").at("uid").as_string();
    const auto stored = kubernetes.apply(claim_object(one));
    if (one.what != story::unbound)
        kubernetes.apply(volume_object(one, stored));
    return stored.at("metadata").at("uid").as_string();
}

} // namespace

void fill_restic(simulator::kubernetes& kubernetes, simulator::restic& restic) {
    kubernetes.apply({{"apiVersion", "storage.k8s.io/v1"},
                      {"kind", "StorageClass"},
                      {"metadata", {{"name", "local-path"}}},
                      {"provisioner", "rancher.io/local-path"},
                      {"reclaimPolicy", "Delete"},
                      {"volumeBindingMode", "WaitForFirstConsumer"}});
    kubernetes.apply(
        {{"apiVersion", "v1"},
         {"kind", "Secret"},
         {"metadata", {{"namespace", "soteria"}, {"name", "soteria-restic"}}},
         {"stringData",
          {{"AWS_ACCESS_KEY_ID", "demo"}, {"AWS_SECRET_ACCESS_KEY", "demo"}, {"RESTIC_PASSWORD", password}}}});
    json::array snapshots;
    for (const auto& one : claims)
        add_snapshots(snapshots, one, place(kubernetes, one));
    json::object seed{{"repository", repository}, {"password", password}};
    seed["snapshots"] = std::move(snapshots);
    restic.seed(seed);
}

} // namespace soteria::demo
