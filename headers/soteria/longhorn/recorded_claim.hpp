// What a backup records about the PVC it was made of.
#pragma once

#include <soteria/longhorn/objects.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace soteria::longhorn {

// From the label KubernetesStatus, which Longhorn writes into each backup and backup volume.
struct recorded_claim {
    std::string ns;
    std::string pvc;
    std::string pv; // may be empty
    // The PVC was already gone when the backup was made, or the volume was restored and not used by a PV since: the
    // names are then those of an earlier life of the data.
    bool history = false;
    bool operator==(const recorded_claim&) const = default;
};

// nullopt: no such label, not JSON, or no PVC in it (a volume without a PVC).
std::optional<recorded_claim> recorded_claim_of(const std::map<std::string, std::string>& labels);

// Label longhorn.io/volume-access-mode: "rwo", "rwx", "rwop"; "" if absent.
std::string recorded_access_mode(const std::map<std::string, std::string>& labels);

// "rwo" -> "ReadWriteOnce", "rwx" -> "ReadWriteMany", "rwop" -> "ReadWriteOncePod"; anything else: "".
std::string_view kubernetes_access_mode(std::string_view longhorn_mode);
// The reverse; anything else (ReadOnlyMany, say): "".
std::string_view longhorn_access_mode(std::string_view kubernetes_mode);

} // namespace soteria::longhorn
