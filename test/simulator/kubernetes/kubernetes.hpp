// A Kubernetes API server made of one JSON store, with the controllers that matter to volumes and Jobs: the PV binder,
// the protection of claims and volumes in use, garbage collection by owner, the deletion of namespaces; the Job
// controller, the removal of finished Jobs, and a scheduler, provisioner and kubelet for the Pods of Jobs.
//
// Simulated: the core kinds around volumes, Jobs, StorageClasses, Leases, CustomResourceDefinitions and what they
// define; list with paging and selectors, watch with bookmarks and expiry, create, PUT, JSON merge patch, delete, dry
// run, strict field validation, preconditions, finalizers, the status subresource, the logs of containers. Not
// simulated: RBAC (everybody may do everything), Pods without a Job (they stay as they were made), parallel Jobs and
// the pauses between their tries, provisioning before a Pod needs the volume, quota, CEL, server-side apply,
// conversion.
#pragma once

#include "test/simulator/http/server.hpp"
#include "test/simulator/kubernetes/container_player.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

struct kubernetes_options {
    std::size_t history = 20'000;                     // changes kept for watches and paging, per kind
    std::chrono::milliseconds bookmark_every{60'000}; // of watches that allow bookmarks; one more comes at their end
    std::chrono::milliseconds controller_delay{0};    // before binder, garbage collector and the others act
    std::size_t log = 200'000;                        // requests remembered
    bool control = false;                             // serve /_simulator/...
    std::vector<std::string> nodes{"node1"};          // where Jobs' Pods may run; and where any Pod runs already
    std::shared_ptr<container_player> player;         // what runs in them; null: they end well at once
};

struct logged_request {
    std::string method;
    std::string path;
    std::string query; // "a=b&c=d", decoded, keys sorted
    std::string user_agent;
    int status = 0;
};

// One thread: that of the io_context. Copies of handle() keep what they need alive.
class kubernetes {
public:
    explicit kubernetes(boost::asio::io_context& context, const kubernetes_options& options = {});
    ~kubernetes(); // stops the controllers and ends the watches
    kubernetes(const kubernetes&) = delete;
    kubernetes& operator=(const kubernetes&) = delete;

    // For http_server.
    [[nodiscard]] handler handle() const;

    // Stores an object as it is given, status included; fills in uid, creationTimestamp, the kind's defaults and a
    // missing namespace. Replaces what has its name. A List is taken apart. Throws std::exception on an unknown kind.
    boost::json::object apply(boost::json::object object);
    // As a DELETE without preconditions; false if there is no such object.
    bool remove(std::string_view resource, std::string_view ns, std::string_view name);

    // `resource` is "persistentvolumeclaims" or "restores.soteria.dev"; `ns` is empty for cluster-scoped kinds.
    [[nodiscard]] std::optional<boost::json::object> get(std::string_view resource, std::string_view ns,
                                                         std::string_view name) const;
    // Sorted by namespace and name; an empty `ns`: of all namespaces.
    [[nodiscard]] std::vector<boost::json::object> list(std::string_view resource, std::string_view ns = {}) const;
    [[nodiscard]] std::size_t count(std::string_view resource) const;

    // All revisions before now expire: running watches end with an ERROR event (410), so do watches that go on from
    // before; a list's continue token answers 410.
    void force_gone();
    // Ends all running watches in the middle of a line.
    void cut_watches();

    [[nodiscard]] std::vector<logged_request> requests() const;
    void clear_requests();

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace simulator
