// The Jobs that run restic and their Secrets, as they are created. Pure.
#pragma once

#include <soteria/domain/pvc.hpp>
#include <soteria/restic/arguments.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

// On each Job and its Pods; their reflectors select by it.
inline constexpr std::string_view managed_by_label = "app.kubernetes.io/managed-by"; // "soteria"
inline constexpr std::string_view role_label = "soteria.dev/role"; // backup, restore, forget, mark, init, list
// On a Job: the short hash of the repository it uses (digest of the effective URL).
inline constexpr std::string_view repository_label = "soteria.dev/repository";
// Our mark on Job and Secret, as on everything that an operation makes: the record's uid; and its id, for people.
inline constexpr std::string_view operation_annotation = "soteria.dev/operation";
inline constexpr std::string_view operation_id_annotation = "soteria.dev/operation-id";

enum class role { backup, restore, restore_test, forget, mark, init, list };
std::string_view to_string(role what);
std::optional<role> parse_role(std::string_view text);
// It mounts a volume and writes into it.
bool restores(role what);
// It needs the repository for itself: restic locks it exclusively (forget, tag; init must not run twice).
bool exclusive(role what);

enum class job_security {
    baseline,   // root, drop ALL, what reading (and for restores: writing) any file needs
    restricted, // Pod Security "restricted": a user without rights
    // Jobs without a volume (forget, mark, init, list) are always restricted: they only talk to the repository.
};

// One requests or limits list: "cpu", "memory", "ephemeral-storage" as quantities.
using resource_list = std::map<std::string, std::string>;

// The same for all Jobs.
struct job_settings {
    std::string repository; // as restic gets it: with the endpoint already in it
    std::string region;     // AWS_DEFAULT_REGION; empty: none
    std::string image;
    std::vector<std::string> pull_secrets;
    std::vector<std::string> backup_args; // SOTERIA_RESTIC_BACKUP_ARGS
    std::vector<std::string> forget_args; // SOTERIA_RESTIC_FORGET_ARGS; empty: no forget
    job_security security = job_security::baseline;
    // Where the PVC is in use on a node, that node decides, and not this.
    std::map<std::string, std::string> node_selector;
    std::string service_account; // empty: none, and no token is mounted
    resource_list requests;
    resource_list limits;
    std::chrono::seconds ttl{86400};
};

// The mount of a PVC (or of an emptyDir) in a Job's Pod.
struct job_volume {
    std::string claim; // empty: an emptyDir
    std::optional<std::int64_t> empty_dir_limit_bytes;
    std::string mount_path; // "/data"; "/restore/data"
    bool read_only = false;
};

// Where the Pod must run and as what, because of the Pods that use the PVC now.
struct job_place {
    std::string node;               // empty: anywhere
    boost::json::array tolerations; // those of the consumer
    boost::json::object selinux;    // seLinuxOptions of the consumer; empty: none
    bool operator==(const job_place&) const = default;
};

struct job_command {
    std::string name; // the container's: "unlock", "backup"
    arguments args;
};

struct job_order {
    std::string ns;
    std::string name; // at most 63 characters (domain::job_name)
    role what = role::backup;
    std::string operation_uid;         // our mark; a lister's Job has the lister's word
    std::string operation_id;          // annotation, for people; may be empty
    std::vector<job_command> commands; // one after the other; all but the last are init containers
    std::optional<job_volume> volume;
    job_place place;
    std::chrono::seconds deadline{0}; // activeDeadlineSeconds
};

// "soteria-<job>-restic", shortened with a hash where it would pass 253.
std::string secret_name(std::string_view job_name);
// The short hash that stands in repository_label and in names.
std::string repository_hash(std::string_view repository);

// Suspended, backoffLimit 0, restartPolicy Never, ttlSecondsAfterFinished 7 days (the real one is set after the
// verdict), sidecar injection off. Environment from the Secret; RESTIC_PROGRESS_FPS low, so that logs stay small.
boost::json::object job_manifest(const job_order& order, const job_settings& settings);
// The Pod that the Job would make: for a dry run, so that Pod Security, quota and LimitRange speak.
boost::json::object pod_manifest(const job_order& order, const job_settings& settings);
// The merge patch that moves a Job which never started to another place: affinity, tolerations and node selector, which
// is all that Kubernetes lets change in a suspended Job (seLinuxOptions stay as they were created).
boost::json::object place_patch(const job_place& place, const job_settings& settings);

// The copy for one Job, owned by it. `data` as it came (base64); only the three keys that restic needs go in.
boost::json::object secret_manifest(const job_order& order, std::string_view job_uid, const boost::json::object& data);

// The three keys of the Secret that product.md names. Empty: all right. Otherwise a sentence: which keys are missing or
// empty, or that the password is that of the example.
std::string secret_trouble(const boost::json::object& data);

} // namespace soteria::restic
