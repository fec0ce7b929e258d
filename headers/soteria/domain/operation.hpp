// One backup or restore: what was asked, how far it is, what came of it. The same value whether it is read from a
// record in the cluster, shown by the API, or decided upon.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::domain {

enum class operation_kind { backup, restore, restore_test };
enum class operation_phase { queued, running, rolling_back, succeeded, incomplete, failed, cancelled };
enum class step_state { pending, running, done, failed, undone, undo_failed };
// Forward until `undoing` is recorded; from then on nobody goes forward again.
enum class direction { forward, undoing };

std::string_view to_string(operation_kind kind);   // "backup", "restore", "restore_test"
std::string_view to_string(operation_phase phase); // "Queued", "Running", "RollingBack", "Succeeded", ...
std::string_view to_string(step_state state);      // "pending", "running", ...
std::optional<operation_kind> parse_operation_kind(std::string_view text);
std::optional<operation_phase> parse_operation_phase(std::string_view text);
std::optional<step_state> parse_step_state(std::string_view text);

// Succeeded, Incomplete, Failed and Cancelled are final.
bool finished(operation_phase phase);

struct step {
    std::string name; // "create_volume"
    step_state state = step_state::pending;
    std::optional<instant> started_at;
    std::optional<instant> finished_at;
    std::string message;
    bool operator==(const step&) const = default;
};

struct progress {
    int percent = 0;
    std::optional<std::int64_t> bytes_done;
    std::optional<std::int64_t> bytes_total;
    std::optional<std::int64_t> eta_seconds;
    bool operator==(const progress&) const = default;
};

// What could not be undone and must be looked at by a person.
struct leftover {
    std::string kind; // "LonghornVolume", "PersistentVolumeClaim", ...
    std::string ns;
    std::string name;
    std::string why;
    bool operator==(const leftover&) const = default;
};

// Why an operation failed: a stable code and a sentence.
struct operation_error {
    std::string code;
    std::string detail;
    bool operator==(const operation_error&) const = default;
};

// What was asked for. Fields that do not concern the kind are empty.
struct operation_request {
    pvc_ref source;     // backup: the PVC; restore: whose backup
    pvc_ref target;     // restore: the new PVC
    std::string driver; // "longhorn"; empty: the configured one
    std::vector<std::string> tags;
    std::string snapshot;   // as asked: "latest", a name
    std::string backup_url; // as asked
    std::string storage_class;
    std::string capacity;
    std::vector<std::string> access_modes;
    bool verify = true;
    bool allow_foreign = false;
    std::optional<std::chrono::seconds> deadline; // for a shorter one than the service's
};

// Who asked, and by which door.
struct requester {
    std::string user = "anonymous";
    std::string source; // "proxy", "token", "kubectl", "anonymous"
    std::string request_id;
};

struct operation {
    operation_kind kind = operation_kind::backup;
    // The record in the cluster: its namespace, name and uid.
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;
    instant created_at{};
    bool delete_requested = false; // kubectl delete: a running one is cancelled
    std::string cancelled_by;      // empty: nobody asked for a cancel
    bool protected_by_finalizer = false;

    operation_request request;
    requester by;
    // What the request resolved to when it was accepted (never resolved again); empty for records made by kubectl.
    std::map<std::string, std::string> resolved;

    operation_phase phase = operation_phase::queued;
    direction heading = direction::forward;
    std::optional<instant> stalled_since; // nothing has moved for too long, as of this moment; unset: it moves
    std::string reason;
    std::string message;
    std::vector<step> steps;
    std::optional<domain::progress> progress;
    // What is known and made so far, by fixed keys (backup/facts.hpp): what an undo or a successor needs.
    std::map<std::string, std::string> facts;
    std::map<std::string, std::string> result; // backup, volume, claim_name
    std::optional<operation_error> error;
    std::vector<leftover> leftovers;
    std::optional<instant> started_at;
    std::optional<instant> finished_at;
    std::optional<instant> last_progress_at;
    // Queued: 1 is next. Told by whoever shows it (operations/queue.hpp), never recorded.
    std::optional<std::int64_t> queue_position;

    // "restore.ai.restore-llm-cache-20260412-153000-k3v9q": names kind, namespace and record, so that any replica
    // finds it with one read.
    [[nodiscard]] std::string id() const;

    [[nodiscard]] bool active() const { return !finished(phase); }

    [[nodiscard]] const step* find_step(std::string_view step_name) const;
    // The value of a fact, "" if it is not known.
    [[nodiscard]] std::string fact(std::string_view key) const;
};

// The parts of an id; nullopt if it is none.
struct operation_key {
    operation_kind kind = operation_kind::backup; // backup, or restore (restore tests are Restores)
    std::string ns;
    std::string name;
    auto operator<=>(const operation_key&) const = default;
};

std::optional<operation_key> parse_operation_id(std::string_view id);

} // namespace soteria::domain
