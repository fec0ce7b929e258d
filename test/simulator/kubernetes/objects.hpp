// The verbs that change objects, as the API server carries them out: defaults, checks, preconditions, finalizers.
#pragma once

#include "test/simulator/kubernetes/status.hpp"
#include "test/simulator/kubernetes/store.hpp"

#include <functional>
#include <random>

namespace simulator::api {

struct write_options {
    bool dry_run = false;
    bool strict = false; // fieldValidation=Strict
};

struct delete_options {
    bool dry_run = false;
    std::string uid;              // precondition
    std::string resource_version; // precondition
    std::string propagation;      // "", Background, Foreground, Orphan
};

// What a DELETE left: the object on its way out, or none (gone at once).
struct deleted {
    bool gone = false;
    stored last;
};

// All refusals are thrown as `refused`.
class objects {
public:
    objects(kinds& known, store& kept);

    stored create(const kind& which, const std::string& ns, json::object object, write_options options);
    // PUT; `subresource` "" or "status".
    stored replace(const kind& which, const std::string& ns, const std::string& name, const std::string& subresource,
                   json::object object, write_options options);
    // JSON merge patch.
    stored patch(const kind& which, const std::string& ns, const std::string& name, const std::string& subresource,
                 const json::value& patch, write_options options);
    deleted remove(const kind& which, const std::string& ns, const std::string& name, const delete_options& options);

    // Stores the object as it is, its status included; uid, name's checks and defaults are filled in where missing.
    stored_ptr apply(json::object object);
    // A controller's write: past all checks; nothing happens where nothing changes or the object is gone.
    void change(const kind& which, const std::string& ns, const std::string& name,
                const std::function<void(json::object&)>& edit);

    [[nodiscard]] store& kept() { return store_; }

private:
    stored_ptr must_find(const kind& which, const std::string& ns, const std::string& name);
    void check_namespace(const kind& which, const std::string& ns, const json::object& object);
    stored write(const kind& which, const stored_ptr& before, const json::object& old, json::object proposed,
                 const std::string& subresource, write_options options);
    std::string new_uid();
    std::string new_suffix();

    kinds& kinds_;
    store& store_;
    std::mt19937_64 random_;
};

// Defaults of the kinds' specs.
void fill_spec(const kind& which, json::object& object);
// These, and what admission and the kinds' strategies add at creation.
void fill_built_in(const kind& which, json::object& object, store& kept);

std::string now_text(); // RFC 3339, seconds

} // namespace simulator::api
