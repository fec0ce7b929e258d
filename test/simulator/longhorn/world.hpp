// The simulated Longhorn itself: its objects and how they change over time. No HTTP, no clock of its own.
//
// Delays are those of the recordings of Longhorn 1.10.1. What the REST API refuses is thrown as `refusal`, as an
// admission webhook would: from any depth, with the text that the caller sees.
#pragma once

#include "faults.hpp"
#include "model.hpp"
#include "timeline.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace simulator::lh {

struct refusal {
    int status;
    std::string message;
};

// See longhorn_options, whose part this is.
struct world_options {
    int version = 10; // the 10 of 1.10
    double time_scale = 1;
    milliseconds restore_takes{3000};
    milliseconds backup_takes{4000};
    int restore_slots = 0; // restores that copy at the same time; 0: any number
    std::vector<std::string> nodes{"node1"};
    std::string target_url; // of the default backup target; "": none is configured
    instant start;
};

// What POST /v1/volumes asks for, as far as it is simulated.
struct volume_request {
    std::string name;
    std::string size;
    std::string from_backup;
    std::string data_engine;
    std::string frontend;
    std::string access_mode;
    std::string data_locality;
    std::string backing_image;
    std::string backup_target;
    std::vector<std::string> node_selector;
    std::int64_t replicas = 0;
    std::int64_t stale_replica_timeout = 0;
    bool encrypted = false;
    bool standby = false;
};

struct backup_request {
    std::string snapshot;
    std::string mode;
    labels marks;
};

class world {
public:
    explicit world(world_options settings);

    const world_options options;
    timeline line;
    fault_list faults;
    std::map<std::string, volume> volumes;
    std::map<std::string, snapshot> snapshots;
    std::map<std::string, backup> backups;
    std::map<std::string, backup_volume> backup_volumes;
    std::map<std::string, backup_target> targets;
    // Called when a volume starts to go away, with the volume as it was: Longhorn takes its PV and claim along.
    std::function<void(const volume&)> volume_deleting;

    // volumes.cpp
    volume& create_volume(const volume_request& asked);
    void delete_volume(const std::string& name);
    void attach(const std::string& name, const std::string& host, const std::string& ticket_name, bool no_frontend);
    void detach(const std::string& name, const std::string& ticket_name);
    volume* find(const std::string& name);
    volume* find(const std::string& name, std::uint64_t serial);
    static bool ready(const volume& one);

    static void touch(volume& one) { one.serialised.clear(); }

    void touch_all();

    // attachment.cpp
    void add_ticket(volume& one, const std::string& id, ticket made);
    void drop_ticket(volume& one, const std::string& id);
    void when_engine_usable(volume& one, std::function<void()> then);
    [[nodiscard]] static bool engine_usable(const volume& one);

    // snapshots.cpp
    snapshot& create_snapshot(const std::string& volume_name, const std::string& name, const labels& marks);
    snapshot& get_snapshot(const std::string& name);
    void delete_snapshot(const std::string& name);

    // backups.cpp, backup_volumes.cpp
    void start_backup(const std::string& volume_name, const backup_request& asked);
    void delete_backup(const std::string& name);
    void delete_backup_volume(const std::string& name);
    void sync_backup_volume(const std::string& name);
    [[nodiscard]] std::string backup_volume_name(const std::string& volume_name, const std::string& target) const;
    [[nodiscard]] std::string version_text() const; // 1.10.1
    backup& add_backup(backup made);
    void remove_backup(const std::string& name);
    [[nodiscard]] std::vector<const backup*> backups_of(const std::string& volume_name) const; // by name
    backup_volume* find_backup_volume(const std::string& volume_name, const std::string& target);
    void refresh_backup_volume(const std::string& volume_name, const std::string& target);

    // targets.cpp
    backup_target& get_target(const std::string& name);
    void sync_target(const std::string& name);
    void set_target_url(const std::string& name, const std::string& url);
    void set_store(const std::string& name, bool up, bool noticed);
    [[nodiscard]] std::string store_error(const backup_target& target) const;

    // persistent_volumes.cpp: what Kubernetes has
    void persistent_volume_seen(const std::string& pv, const std::string& handle, const std::string& phase,
                                const std::string& claim_namespace, const std::string& claim);
    void persistent_volume_gone(const std::string& pv);

    // seed.cpp: throws std::invalid_argument, a full sentence
    void seed(const boost::json::object& description);
    // Overwrites what a test wants otherwise: state, robustness, kubernetesStatus; remove: true makes it vanish.
    void change_volume(const std::string& name, const boost::json::object& description);

    void release_stalls();

private:
    using volume_step = void (world::*)(volume&);
    // Does the step later unless that very volume is gone by then.
    void later(volume& one, milliseconds delay, volume_step step);
    void volume_later(const volume& one, milliseconds delay, std::function<void(volume&)> step);
    std::string random_hex(std::string_view purpose, std::size_t digits);

    // volumes.cpp
    void check_new_volume(const volume_request& asked, const std::string& name) const;
    void take_from_backup(volume& made, const std::string& prefix);
    void engine_made(volume& one);
    void reconciled(volume& one);
    void set_condition(volume& one, const std::string& type, bool status, const std::string& reason = {},
                       const std::string& message = {}) const;
    void being_deleted(volume& one);
    void deleted(volume& one);

    // attachment.cpp
    void reconcile_tickets(volume& one);
    void attaching(volume& one);
    void attached(volume& one);
    void engine_healthy(volume& one);
    void run_waiting(volume& one);
    void leaving_node(volume& one);
    void detaching(volume& one);
    void engine_stopped(volume& one);
    void detached(volume& one);

    // restore.cpp
    void start_restore(volume& one);
    void restore_engine_ready(volume& one);
    void restore_first_report(volume& one);
    void restore_report(volume& one);
    void restore_done(volume& one);
    void restore_no_longer_required(volume& one);
    void restore_failed(volume& one, const std::string& state, const std::string& error);
    void free_restore_slot(volume& one);

    // snapshots.cpp
    void snapshot_taken(const std::string& name);

    // backups.cpp
    void check_backup(const std::string& volume_name, const backup_request& asked, const std::string& name);
    void make_backup(volume& source, const backup_request& asked, const std::string& name);
    void backup_data_starts(const std::string& name);
    void backup_report(const std::string& name);
    void backup_done(backup& one);
    void backup_details(backup& one);
    void backup_failed(backup& one, const std::string& error);
    void fail_unfinished_backups(const std::string& volume_name);
    void backup_volume_appears(const std::string& volume_name, const std::string& target);
    void backup_deleted(const std::string& name);
    void touch_volume(const std::string& name);
    [[nodiscard]] labels stored_labels(const backup& one) const;

    // targets.cpp
    void probe(const std::string& name);
    void hide_inventory(backup_target& target);
    void show_inventory(backup_target& target);

    std::uint64_t last_serial_ = 0;
    std::uint64_t last_random_ = 0;
    std::map<std::string, std::set<std::string>> backup_names_; // by volume
    std::set<std::uint64_t> copying_;                           // volumes (by serial) that hold a restore slot
};

} // namespace simulator::lh
