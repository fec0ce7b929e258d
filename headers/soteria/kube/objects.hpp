// Kubernetes objects, reduced to the fields that Soteria uses. Plain values; decoding is in decode.hpp.
#pragma once

#include <soteria/base/time.hpp>

#include <boost/json/object.hpp>

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soteria::kube {

// Namespace and name; the namespace is empty for cluster-scoped kinds.
struct object_key {
    std::string ns;
    std::string name;
    auto operator<=>(const object_key&) const = default;
};

struct object_meta {
    std::string ns;
    std::string name;
    std::string uid;
    // Opaque text; ordered within one kind as (length, text), see newer_version().
    std::string resource_version;
    std::optional<instant> created_at;
    std::optional<instant> deleted_at; // deletionTimestamp: being deleted
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    std::vector<std::string> finalizers;

    [[nodiscard]] object_key key() const { return {ns, name}; }
};

// True if `left` is a later resourceVersion than `right` (KEP-5504: longer, or equally long and greater).
bool newer_version(std::string_view left, std::string_view right);

struct object_reference {
    std::string ns;
    std::string name;
    std::string uid;
};

struct persistent_volume_claim {
    object_meta meta;
    // Unset is not the same as "": unset gets the default class at creation.
    std::optional<std::string> storage_class;
    std::string volume_name; // the PV; empty: not bound yet
    std::string volume_mode = "Filesystem";
    std::vector<std::string> access_modes;
    std::string requested; // spec.resources.requests.storage, a quantity
    std::string capacity;  // status.capacity.storage, a quantity; empty while unbound
    std::string phase;     // Pending, Bound, Lost
};

struct persistent_volume {
    object_meta meta;
    std::string capacity; // a quantity
    std::vector<std::string> access_modes;
    std::string reclaim_policy;
    std::string storage_class;
    std::string volume_mode = "Filesystem";
    std::vector<std::string> mount_options;
    std::optional<object_reference> claim;
    std::string csi_driver; // empty: not a CSI volume
    std::string csi_volume_handle;
    // spec.csi as it came (fsType, volumeAttributes, secret references), for a copy of it.
    boost::json::object csi;
    std::string phase; // Available, Bound, Released, Failed
};

struct storage_class {
    object_meta meta;
    std::string provisioner;
    std::string volume_binding_mode;
};

struct kube_namespace {
    object_meta meta;
    std::string phase; // Active, Terminating
};

} // namespace soteria::kube
