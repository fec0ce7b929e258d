// /v1/backupvolumes and /v1/backuptargets
#include "requests.hpp"
#include "routes.hpp"

#include <boost/json.hpp>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

response bare(int status, std::string body = {}, std::string type = {}) {
    response made;
    made.status = status;
    made.body = std::move(body);
    made.content_type = std::move(type);
    return made;
}

response not_a_page() {
    return bare(404, "404 page not found\n", "text/plain; charset=utf-8");
}

} // namespace

response routes::backup_volumes(const call& made) {
    const std::string& method = made.asked.method;
    if (made.name.empty()) {
        if (method != "GET") {
            return bare(405);
        }
        bj::array all;
        for (const auto& [name, one] : world_.backup_volumes) {
            all.push_back(render(made.seen, one));
        }
        return ok(made, collection(made.self, "backupVolume", std::move(all)));
    }
    if (method == "GET") {
        return backup_volume_answer(made);
    }
    if (method == "DELETE") {
        world_.delete_backup_volume(made.name);
        return bare(200);
    }
    return method == "POST" ? backup_volume_action(made) : bare(405);
}

// Also of one that is not there: blanks with the asked name, status 200.
response routes::backup_volume_answer(const call& made) {
    const auto found = world_.backup_volumes.find(made.name);
    if (found != world_.backup_volumes.end()) {
        return ok(made, render(made.seen, found->second));
    }
    backup_volume unknown;
    unknown.name = made.name;
    return ok(made, render(made.seen, unknown));
}

response routes::list_backups(const call& made, const std::vector<const backup*>& listed) {
    bj::array all;
    for (const backup* one : listed) {
        all.push_back(render(made.seen, *one));
    }
    return ok(made, collection(made.self, "backup", std::move(all)));
}

response routes::backup_volume_action(const call& made) {
    if (made.action == "backupList") {
        // Before 1.8 a backup volume is called like its volume, so backups are found before it exists.
        if (world_.options.version < 8) {
            return list_backups(made, world_.backups_of(made.name));
        }
        const auto found = world_.backup_volumes.find(made.name);
        return list_backups(made, found == world_.backup_volumes.end() ? std::vector<const backup*>()
                                                                       : world_.backups_of(found->second.volume));
    }
    if (made.action == "backupListByVolume" && world_.options.version >= 8) {
        const auto decoded = decode_body(made.asked.body, "Volume");
        const std::string name = go_fields(decoded, "Volume").text("name");
        auto listed = world_.backups_of(name);
        if (const volume* one = world_.find(name)) { // of a volume that is there: only those in its target
            std::erase_if(listed, [one](const backup* each) { return each->target != one->backup_target; });
        }
        return list_backups(made, listed);
    }
    if (made.action == "backupVolumeSync") {
        world_.sync_backup_volume(made.name);
        return backup_volume_answer(made);
    }
    if (made.action != "backupGet" && made.action != "backupDelete") {
        return not_a_page();
    }
    const auto decoded = decode_body(made.asked.body, "BackupInput");
    const std::string name = go_fields(decoded, "BackupInput").text("name");
    if (made.action == "backupDelete") {
        world_.delete_backup(name);
        return backup_volume_answer(made);
    }
    const auto found = world_.backups.find(name);
    if (found == world_.backups.end()) {
        throw refusal{404, "failed to get backup '" + name + "' of volume '" + made.name + "': backup.longhorn.io \"" +
                               name + "\" not found"};
    }
    return ok(made, render(made.seen, found->second));
}

response routes::backup_targets(const call& made) {
    const std::string& method = made.asked.method;
    if (made.name.empty()) {
        if (method != "GET") {
            return bare(405);
        }
        bj::array all;
        for (const auto& [name, one] : world_.targets) {
            all.push_back(render(made.seen, one));
        }
        return ok(made, collection(made.self, "backupTarget", std::move(all)));
    }
    if (method == "GET" && world_.options.version >= 8) {
        return ok(made, render(made.seen, world_.get_target(made.name)));
    }
    if (method == "POST") {
        return backup_target_action(made);
    }
    return bare(method == "GET" ? 404 : 405);
}

response routes::backup_target_action(const call& made) {
    if (made.action == "backupTargetSync") {
        world_.sync_target(made.name);
        return ok(made, render(made.seen, world_.get_target(made.name)));
    }
    if (made.action == "backupTargetUpdate" && world_.options.version >= 8) {
        const auto decoded = decode_body(made.asked.body, "BackupTarget");
        const go_fields in(decoded, "BackupTarget");
        backup_target& target = world_.get_target(made.name);
        target.secret = in.text("credentialSecret");
        world_.set_target_url(made.name, in.text("backupTargetURL"));
        return ok(made, render(made.seen, target));
    }
    return not_a_page();
}

} // namespace simulator::lh
