#include "text.hpp"
#include "world.hpp"

#include <utility>

namespace simulator::lh {

using namespace std::chrono_literals;

namespace {

std::string snapshot_ticket(const std::string& name) {
    return "snapshot-controller-" + name;
}

} // namespace

snapshot& world::create_snapshot(const std::string& volume_name, const std::string& name, const labels& marks) {
    const std::string prefix = "failed to create snapshot CR: ";
    volume* source = find(volume_name);
    if (source == nullptr) {
        throw refusal{404, prefix + "failed to get volume: volume.longhorn.io \"" + volume_name + "\" not found"};
    }
    snapshot made;
    made.name = name.empty() ? "snap-" + random_hex("snap", 16) : name;
    if (!is_dns_subdomain(made.name)) {
        throw refusal{500, prefix + "Snapshot.longhorn.io \"" + name +
                               "\" is invalid: metadata.name: Invalid value: \"" + name +
                               "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
                               "'-' or '.', and must start and end with an alphanumeric character (e.g. "
                               "'example.com', regex used for validation is "
                               "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"};
    }
    if (snapshots.contains(made.name)) { // of whichever volume: the names are global
        throw refusal{500, prefix + "snapshots.longhorn.io \"" + made.name + "\" already exists"};
    }
    made.volume = volume_name;
    made.marks = marks;
    made.has_labels = !marks.empty();
    made.cr_created = line.now();
    snapshot& placed = snapshots.emplace(made.name, std::move(made)).first->second;
    ticket wanted;
    wanted.type = "snapshot-controller";
    wanted.parameters = {{"disableFrontend", "any"}};
    add_ticket(*source, snapshot_ticket(placed.name), std::move(wanted));
    if (!source->engine_running) {
        line.after(150ms, [this, id = placed.name, volume_name] {
            const auto found = snapshots.find(id);
            if (found != snapshots.end() && !found->second.ready) {
                found->second.error = "failed to take snapshot because the volume engine " + volume_name +
                                      "-e-0 is not running. Waiting for the volume to be attached";
            }
        });
    }
    const milliseconds takes = engine_usable(*source) ? 4700ms : 1000ms;
    when_engine_usable(*source, [this, id = placed.name, takes] {
        if (const auto found = snapshots.find(id); found != snapshots.end()) {
            found->second.created = line.now();
            line.after(takes, [this, id] { snapshot_taken(id); });
        }
    });
    return placed;
}

void world::snapshot_taken(const std::string& name) {
    const auto found = snapshots.find(name);
    volume* source = found == snapshots.end() ? nullptr : find(found->second.volume);
    if (source == nullptr || source->deleting) {
        return;
    }
    snapshot& one = found->second;
    if (const auto* fault = faults.take("stuck_snapshot", one.volume)) {
        one.error = fault->error;
        return;
    }
    one.size = source->data_bytes;
    for (auto& [other_name, other] : snapshots) {
        if (other.volume == one.volume && other.ready && other.child == "volume-head") {
            other.child = one.name;
            one.parent = other.name;
            one.size = 0;
        }
    }
    one.ready = true;
    one.error.clear();
    one.has_labels = true;
    one.restore_size = source->size;
    drop_ticket(*source, snapshot_ticket(name));
}

snapshot& world::get_snapshot(const std::string& name) {
    const auto found = snapshots.find(name);
    if (found == snapshots.end()) {
        throw refusal{404, "failed to get snapshot CR: snapshot.longhorn.io \"" + name + "\" not found"};
    }
    return found->second;
}

void world::delete_snapshot(const std::string& name) {
    if (!snapshots.contains(name)) {
        return;
    }
    line.after(500ms, [this, name] {
        const auto found = snapshots.find(name);
        if (found == snapshots.end()) {
            return;
        }
        volume* source = find(found->second.volume);
        snapshots.erase(found);
        if (source != nullptr) {
            drop_ticket(*source, snapshot_ticket(name));
        }
    });
}

} // namespace simulator::lh
