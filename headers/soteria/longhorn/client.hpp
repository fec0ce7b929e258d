// The Longhorn manager's REST API as an interface, one method an action.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/longhorn/objects.hpp>

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <vector>

namespace soteria::longhorn {

struct call_options {
    async::deadline until;
    std::string purpose; // see net::http_request::purpose

    explicit call_options(async::deadline until_, std::string purpose_ = {})
        : until(until_), purpose(std::move(purpose_)) {}
};

// What a volume is made with. Always sent: dataEngine, numberOfReplicas, staleReplicaTimeout (Longhorn's defaults for
// omitted ones are wrong or fail).
struct volume_request {
    std::string name;
    std::string from_backup;
    std::int64_t size_bytes = 0; // Longhorn ignores it for a restore
    int number_of_replicas = 3;
    std::string data_engine = "v1";
    std::string access_mode = "rwo";
    std::string frontend = "blockdev";
    std::string data_locality; // "": Longhorn's setting
    std::string backing_image; // "": as the backup's
    bool encrypted = false;
    int stale_replica_timeout_minutes = 2880; // what Longhorn's own CSI driver uses
};

// Longhorn answers nearly every refusal with 500; the message decides:
//   not_found      404, also without a body; "... not found" inside a 500
//   conflict       "already exists" (reason "already_exists")
//   unprocessable  an admission webhook's or a validation's refusal: never works as it is
//   retry          "please retry later", "in 10 seconds", a backup volume that is not there yet (reason
//                  "backup_volume_missing")
//   unavailable    503, for reads also 502 and 504, "is not available" (the backup target; reason
//                  "backup_target_unavailable")
//   outcome_unknown  for changes: 502, 504 and texts that say that Longhorn itself lost an answer
//   bad_answer     not JSON, HTML, an answer for another object, a type that does not fit, a 404 that is not Longhorn's
//   invalid        nothing was sent: a name that Longhorn would refuse, change or misread
//   plus those of net::http_client. Messages say what was asked of which volume and what Longhorn said.
// Reads are tried again on transient failures, until the deadline (bad_answer twice, unavailable four times); changes
// never are.
class client {
public:
    virtual ~client() = default;

    virtual boost::asio::awaitable<result<std::vector<volume>>> list_volumes(call_options options) = 0;
    virtual boost::asio::awaitable<result<volume>> get_volume(std::string name, call_options options) = 0;
    // A name that Longhorn would change silently (over 40 characters, capitals) is invalid; an answer of another name
    // is bad_answer all the same.
    virtual boost::asio::awaitable<result<volume>> create_volume(volume_request request, call_options options) = 0;
    // Deletes PV and PVC along with it (Longhorn cascades): look at kubernetes_status first. Asynchronous: done once
    // get_volume says not_found. A volume that is gone is not_found here too.
    virtual boost::asio::awaitable<result<void>> delete_volume(std::string name, call_options options) = 0;

    virtual boost::asio::awaitable<result<snapshot>> create_snapshot(std::string volume, std::string name,
                                                                     std::map<std::string, std::string> labels,
                                                                     call_options options) = 0;
    // Snapshot names are global: one of that name on another volume is conflict (reason "foreign_snapshot").
    virtual boost::asio::awaitable<result<snapshot>> get_snapshot(std::string volume, std::string name,
                                                                  call_options options) = 0;
    virtual boost::asio::awaitable<result<std::vector<snapshot>>> list_snapshots(std::string volume,
                                                                                 call_options options) = 0;
    // Unknown names succeed.
    virtual boost::asio::awaitable<result<void>> delete_snapshot(std::string volume, std::string name,
                                                                 call_options options) = 0;

    // NOT idempotent, and its answer does not name the backup: list_backups() by snapshot name before any repeat.
    virtual boost::asio::awaitable<result<void>> start_backup(std::string volume, std::string snapshot,
                                                              std::map<std::string, std::string> labels,
                                                              std::string mode, call_options options) = 0;
    virtual boost::asio::awaitable<result<std::vector<backup_volume>>> list_backup_volumes(call_options options) = 0;
    // Backups in every state, of a volume that exists or is gone; works on 1.6 to 1.12 (backupListByVolume, or
    // backupList where that is missing).
    virtual boost::asio::awaitable<result<std::vector<backup>>> list_backups(std::string volume,
                                                                             call_options options) = 0;
    // Asynchronous: list until it is gone. An unknown backup succeeds.
    virtual boost::asio::awaitable<result<void>> delete_backup(std::string backup_volume, std::string backup,
                                                               call_options options) = 0;
    virtual boost::asio::awaitable<result<std::vector<backup_target>>> list_backup_targets(call_options options) = 0;
};

} // namespace soteria::longhorn
