// Small clusters for the inventory's tests.
#pragma once

#include <soteria/inventory/builder.hpp>
#include <soteria/inventory/longhorn_view.hpp>

#include <algorithm>
#include <string>

namespace soteria::test {

using namespace std::chrono_literals;

inline const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");
// Any moment but the epoch, which means "never".
inline const longhorn::poll_time polled_at{100h};

struct world {
    inventory::claim_map claims;
    inventory::persistent_volume_map volumes;
    longhorn::picture picture;
    inventory::rules by{24h};
    inventory::moment at{noon, polled_at};
    std::chrono::milliseconds refresh = 300s;
    std::map<std::string, longhorn::backup_list> backups;

    world() {
        longhorn::backup_target target;
        target.name = "default";
        target.url = "s3://backups@eu/";
        target.available = true;
        set_targets({target});
        picture.volumes.value = std::make_shared<const longhorn::volume_map>();
        picture.volumes.asked_at = polled_at;
        list_backup_volumes();
        picture.status.last_complete = noon;
    }

    void set_targets(std::vector<longhorn::backup_target> targets) {
        picture.targets.value = std::make_shared<const std::vector<longhorn::backup_target>>(std::move(targets));
        picture.targets.asked_at = polled_at;
    }

    kube::persistent_volume_claim& claim(const std::string& ns, const std::string& name, const std::string& volume) {
        auto made = std::make_shared<kube::persistent_volume_claim>();
        made->meta.ns = ns;
        made->meta.name = name;
        made->storage_class = "longhorn";
        made->requested = "50Gi";
        made->volume_name = volume;
        made->phase = volume.empty() ? "Pending" : "Bound";
        made->capacity = volume.empty() ? "" : "50Gi";
        claims[made->meta.key()] = made;
        return *made;
    }

    // Bound to a Longhorn volume of the PV's own name.
    kube::persistent_volume& bound(const std::string& ns, const std::string& name, const std::string& volume) {
        claim(ns, name, volume);
        return persistent_volume(volume);
    }

    kube::persistent_volume& persistent_volume(const std::string& name) {
        auto made = std::make_shared<kube::persistent_volume>();
        made->meta.name = name;
        made->csi_driver = "driver.longhorn.io";
        made->csi_volume_handle = name;
        volumes[made->meta.key()] = made;
        return *made;
    }

    longhorn::backup& backup(const std::string& volume, const std::string& name, std::chrono::minutes ago,
                             const std::string& ns = {}, const std::string& pvc = {}) {
        longhorn::backup made;
        made.name = name;
        made.volume = volume;
        made.state = "Completed";
        made.url = "s3://backups@eu/?backup=" + name + "&volume=" + volume;
        made.size_bytes = 1000;
        made.volume_size_bytes = 2147483648;
        made.target = "default";
        made.snapshot_created_at = noon - ago;
        made.created_at = noon - ago + 1min;
        if (!pvc.empty())
            made.labels["KubernetesStatus"] = R"({"pvName":"pv-of-then","pvStatus":"Bound","namespace":")" + ns +
                                              R"(","pvcName":")" + pvc +
                                              R"(","lastPVCRefAt":"","workloadsStatus":null,"lastPodRefAt":""})";
        auto& list = backups[volume];
        list.push_back(made);
        return list.back();
    }

    void list_backup_volumes() {
        std::vector<longhorn::backup_volume> listed;
        for (const auto& [volume, list] : backups) {
            longhorn::backup_volume one;
            one.name = volume + "-1a2b3c4d";
            one.volume = volume;
            one.target = "default";
            one.storage_class = "longhorn-static";
            listed.push_back(one);
        }
        picture.backup_volumes.value = std::make_shared<const std::vector<longhorn::backup_volume>>(listed);
        picture.backup_volumes.asked_at = polled_at;
    }

    // What was put into `backups` becomes what Longhorn answers.
    std::shared_ptr<const longhorn::picture> answered() {
        list_backup_volumes();
        picture.backups.clear();
        for (const auto& [volume, list] : backups) {
            auto& polled = picture.backups[volume];
            polled.value = std::make_shared<const longhorn::backup_list>(list);
            polled.asked_at = polled_at;
        }
        return std::make_shared<const longhorn::picture>(picture);
    }

    inventory::report report(const inventory::longhorn_view& view) const {
        return inventory::build(claims, volumes, view, by, at);
    }

    inventory::report report() {
        inventory::longhorn_view view(refresh);
        view.absorb(answered(), at.now);
        return report(view);
    }
};

inline const inventory::row& row_of(const inventory::report& from, const std::string& name) {
    const auto found = std::ranges::find(from.rows, name, [](const inventory::row& each) { return each.pvc.text(); });
    if (found == from.rows.end())
        throw std::runtime_error("the report has no row " + name);
    return *found;
}

inline std::string health_of(const inventory::report& from, const std::string& name) {
    return std::string(domain::to_string(row_of(from, name).health));
}

} // namespace soteria::test
