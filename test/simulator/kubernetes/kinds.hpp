// The resource types that the simulated API server knows.
#pragma once

#include "test/simulator/kubernetes/json_access.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace simulator::api {

struct kind {
    std::string group; // "" for the core group
    std::string version;
    std::string plural;
    std::string name; // "PersistentVolumeClaim"
    bool namespaced = true;
    bool has_status = false;           // a status subresource: status and the rest are written apart
    bool custom = false;               // from a CustomResourceDefinition
    bool returns_deleted = false;      // DELETE answers the object, not a Status
    bool unconditional_update = true;  // PUT without resourceVersion is allowed
    bool counts_generation = false;    // metadata.generation: 1, and one more with each change of what is asked for
    std::set<std::string_view> fields; // that a fieldSelector may name, beyond metadata's
    json::object schema;               // openAPIV3Schema; empty: anything goes

    [[nodiscard]] std::string api_version() const;    // "v1", "soteria.dev/v1alpha1"
    [[nodiscard]] std::string resource() const;       // "persistentvolumeclaims", "restores.soteria.dev"
    [[nodiscard]] std::string qualified_name() const; // "PersistentVolumeClaim", "Restore.soteria.dev"

    [[nodiscard]] bool is_job() const { return group == "batch" && plural == "jobs"; }

    [[nodiscard]] bool is(std::string_view plural_name) const { return group.empty() && plural == plural_name; }
};

class kinds {
public:
    kinds(); // the built-in ones, and soteria.dev's (without a schema until their definitions are seeded)

    // nullptr if unknown. The pointers stay good.
    [[nodiscard]] const kind* find(std::string_view group, std::string_view version, std::string_view plural) const;
    [[nodiscard]] const kind* find_by_name(std::string_view api_version, std::string_view name) const;
    [[nodiscard]] const kind* find_resource(std::string_view resource) const; // "restores.soteria.dev"
    [[nodiscard]] const kind& core(std::string_view plural) const;
    [[nodiscard]] bool knows_group(std::string_view group, std::string_view version) const;

    // Registers (or replaces) what a CustomResourceDefinition object says.
    void add_definition(const json::object& definition);

    [[nodiscard]] const std::map<std::string, kind, std::less<>>& all() const { return kinds_; }

private:
    kind& add(kind known);
    std::map<std::string, kind, std::less<>> kinds_; // by "group/version/plural"
};

} // namespace simulator::api
