// The Kubernetes API as an interface: JSON objects in and out, one method a verb.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/net/http_client.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>

namespace soteria::kube {

// A resource type, as the API's paths name it.
struct resource {
    std::string_view group; // "" for the core group
    std::string_view version;
    std::string_view plural;
    std::string_view kind;
    bool namespaced = true;

    // "/api/v1" or "/apis/<group>/<version>".
    [[nodiscard]] std::string prefix() const;
    // "v1" or "<group>/<version>".
    [[nodiscard]] std::string api_version() const;
};

inline constexpr resource persistent_volume_claims{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true};
inline constexpr resource persistent_volumes{"", "v1", "persistentvolumes", "PersistentVolume", false};
inline constexpr resource namespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr resource config_maps{"", "v1", "configmaps", "ConfigMap", true};
inline constexpr resource storage_classes{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false};
inline constexpr resource leases{"coordination.k8s.io", "v1", "leases", "Lease", true};

// What a call is made with.
struct call_options {
    async::deadline until;
    // Ends up in the User-Agent ("restore/create_claim"); see net::http_request::purpose.
    std::string purpose;
    bool dry_run = false;    // ?dryRun=All
    std::string subresource; // "status"
    // A POST that only asks (reviews): may be sent twice, so it shares connections and is tried again like a read.
    bool changes_nothing = false;
    // False: one try only, because the caller has a plan of its own for failures (reflectors, leases).
    bool retry = true;

    explicit call_options(async::deadline until_, std::string purpose_ = {})
        : until(until_), purpose(std::move(purpose_)) {}
};

struct delete_preconditions {
    std::string uid;              // empty: none
    std::string resource_version; // empty: none
    std::string propagation = "Background";
};

struct list_page {
    boost::json::array items; // whole objects
    std::string resource_version;
    std::string continue_token; // empty: the last page
};

// Failures, from the Status object's reason where there is one:
//   not_found NotFound | conflict AlreadyExists (reason "already_exists"), Conflict (reason "conflict") |
//   forbidden Forbidden, Unauthorized | unprocessable Invalid (422), quota and admission refusals |
//   retry TooManyRequests, ServerTimeout, 500, 503 (with retry_after), 410 (reason "expired")
//   | plus those of net::http_client. The message names verb, kind, namespace and name.
// 429 and 503 (nothing was done) and failed reads are tried again until the deadline, with back-off and jitter;
// a change whose answer was lost is not: it ends in outcome_unknown.
class client {
public:
    virtual ~client() = default;

    virtual boost::asio::awaitable<result<boost::json::object>> get(resource kind, std::string ns, std::string name,
                                                                    call_options options) = 0;
    // One page; `limit` 0: all. `query` is appended as it is ("fieldSelector=...", already encoded), may be empty.
    virtual boost::asio::awaitable<result<list_page>> list(resource kind, std::string ns, std::size_t limit,
                                                           std::string continue_token, std::string query,
                                                           call_options options) = 0;
    // Strict field validation. The object carries its metadata.name and, where namespaced, metadata.namespace.
    virtual boost::asio::awaitable<result<boost::json::object>> create(resource kind, boost::json::object object,
                                                                       call_options options) = 0;
    // JSON merge patch; put metadata.resourceVersion into it to make it conditional (conflict if it has changed).
    virtual boost::asio::awaitable<result<boost::json::object>>
    patch(resource kind, std::string ns, std::string name, boost::json::object merge_patch, call_options options) = 0;
    // not_found is returned as such: the caller decides whether "gone" is success.
    virtual boost::asio::awaitable<result<void>> remove(resource kind, std::string ns, std::string name,
                                                        delete_preconditions preconditions, call_options options) = 0;
    // GET of a path with its query, whose body is read as it comes (watches and large lists). Status >= 400 becomes a
    // failure like above. One try: whoever reads streams has to come back anyway.
    virtual boost::asio::awaitable<result<std::unique_ptr<net::http_stream>>> open(std::string path_and_query,
                                                                                   call_options options) = 0;
};

} // namespace soteria::kube
