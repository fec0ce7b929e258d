#include "world.hpp"

#include <utility>

namespace simulator::lh {

using namespace std::chrono_literals;

backup_target& world::get_target(const std::string& name) {
    const auto found = targets.find(name);
    if (found == targets.end()) {
        throw refusal{404,
                      "failed to get backup target " + name + ": backuptarget.longhorn.io \"" + name + "\" not found"};
    }
    return found->second;
}

std::string world::store_error(const backup_target& target) const {
    return "failed to list objects with param: {\n  Bucket: \"" + target.name + "\",\n  Delimiter: \"/\",\n  Prefix: " +
           "\"/\"\n} error: AWS Error:  RequestError send request failed Get \"http://10.0.0.1:9000/" + target.name +
           "?delimiter=%2F&prefix=%2F\": dial tcp 10.0.0.1:9000: connect: connection refused\n";
}

// Longhorn looks: what it then says of the target is true again.
void world::probe(const std::string& name) {
    const auto found = targets.find(name);
    if (found == targets.end() || found->second.url.empty()) {
        return;
    }
    backup_target& one = found->second;
    one.probed = line.now();
    if (one.store_up) {
        one.available = true;
        one.message.clear();
        return;
    }
    one.available = false;
    one.message = "failed to list system backups in " + one.url + ": error listing system backup in " + one.url + ": " +
                  store_error(one);
}

void world::sync_target(const std::string& name) {
    backup_target& one = get_target(name);
    if (one.probed && line.now() - *one.probed < line.scaled(10000ms)) {
        throw refusal{500, "failed to synchronize backup target " + name + ": cannot synchronize backup target '" +
                               name + "' in 10 seconds"};
    }
    one.probed = line.now();
    line.after(400ms, [this, name] { probe(name); });
}

void world::set_store(const std::string& name, bool up, bool noticed) {
    backup_target& one = get_target(name);
    one.store_up = up;
    if (noticed) {
        probe(name);
        one.probed.reset();
    } else if (up && !one.available) {
        line.after(800ms, [this, name] { probe(name); }); // it has been trying again all the time
    }
}

void world::set_target_url(const std::string& name, const std::string& url) {
    backup_target& one = get_target(name);
    const bool had_one = !one.url.empty();
    one.url = url;
    one.probed = line.now();
    if (url.empty()) {
        line.after(200ms, [this, name] {
            if (targets[name].url.empty()) {
                targets[name].available = false;
                targets[name].message = "backup target URL is empty";
            }
        });
        line.after(500ms, [this, name] {
            if (targets[name].url.empty()) {
                hide_inventory(targets[name]);
            }
        });
        return;
    }
    line.after(200ms, [this, name] { probe(name); });
    if (!had_one) {
        line.after(1250ms, [this, name] {
            if (targets[name].available) {
                show_inventory(targets[name]);
            }
        });
    }
}

// Without a URL the objects go; the store keeps what it has. A backup that never wrote a byte stays.
void world::hide_inventory(backup_target& target) {
    for (auto one = backup_volumes.begin(); one != backup_volumes.end();) {
        const bool ours = one->second.target == target.name;
        if (ours) {
            target.hidden_volumes.push_back(std::move(one->second));
        }
        one = ours ? backup_volumes.erase(one) : std::next(one);
    }
    std::vector<std::string> ours;
    for (const auto& [name, one] : backups) {
        if (one.target == target.name && !(one.state == "Error" && one.url.empty())) {
            ours.push_back(name);
        }
    }
    for (const std::string& name : ours) {
        if (!backups.at(name).url.empty()) {
            target.hidden_backups.push_back(backups.at(name));
        }
        remove_backup(name);
    }
    touch_all();
}

// Found again in the store: Completed with progress 0, also what was about to be deleted.
void world::show_inventory(backup_target& target) {
    for (backup& one : std::exchange(target.hidden_backups, {})) {
        one.state = "Completed";
        one.progress = 0;
        one.mode = "incremental";
        one.messages.reset();
        add_backup(std::move(one));
    }
    for (backup_volume& one : std::exchange(target.hidden_volumes, {})) {
        const std::string name = one.name;
        backup_volumes.emplace(name, std::move(one));
    }
    touch_all();
}

} // namespace simulator::lh
