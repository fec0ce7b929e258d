// Jobs, their Pods, and what Kubernetes says about them, reduced to the fields that Soteria uses.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace soteria::kube {

inline constexpr resource jobs{"batch", "v1", "jobs", "Job", true};
inline constexpr resource pods{"", "v1", "pods", "Pod", true};
inline constexpr resource secrets{"", "v1", "secrets", "Secret", true};
inline constexpr resource core_events{"", "v1", "events", "Event", true};

struct job {
    object_meta meta;
    bool suspended = false;
    // Complete or Failed with status True; Kubernetes sets it once the Pods have ended.
    enum class end { none, complete, failed };
    end ended = end::none;
    std::string reason;  // of the end: "BackoffLimitExceeded", "DeadlineExceeded", ...
    std::string message; // its sentence
    std::optional<std::int64_t> ttl_seconds;
};

struct container_status {
    enum class state { waiting, running, terminated };
    std::string name;
    bool init = false;
    state now = state::waiting;
    std::string reason;  // waiting: "ImagePullBackOff", ...; terminated: "OOMKilled", "Error", "Completed", ...
    std::string message; // as the kubelet says it
    int exit_code = 0;   // terminated
    std::optional<instant> finished_at;
};

struct pod {
    object_meta meta;
    std::string owner_uid; // of the controller that made it: the Job's; empty: none
    std::string node;      // empty: not scheduled yet
    std::string phase;     // Pending, Running, Succeeded, Failed, Unknown
    std::string reason;    // "Evicted", "DeadlineExceeded", ...; mostly empty
    std::string message;
    std::string unschedulable;                // the scheduler's sentence while it finds no node
    std::vector<container_status> containers; // the init containers first, in order
    std::vector<std::string> claims;          // the PVCs that it mounts
    // spec.securityContext.seLinuxOptions, else that of its first container; empty: none.
    boost::json::object selinux;
    boost::json::array tolerations;

    // It still may use its volumes.
    [[nodiscard]] bool active() const { return phase != "Succeeded" && phase != "Failed"; }
};

struct core_event {
    object_meta meta;
    std::string about_uid; // involvedObject
    std::string type;      // Normal, Warning
    std::string reason;    // "FailedScheduling", "FailedMount", "FailedCreate", ...
    std::string message;
    std::optional<instant> last_seen;
};

// As in decode.hpp: unknown fields are skipped, a wrong type is bad_answer with the field's path.
result<job> decode_job(const boost::json::object& object);
result<pod> decode_pod(const boost::json::object& object);
result<core_event> decode_core_event(const boost::json::object& object);

} // namespace soteria::kube
