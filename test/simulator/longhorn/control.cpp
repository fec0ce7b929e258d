#include "control.hpp"

#include "render.hpp"
#include "text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

response json_answer(int status, const bj::value& body) {
    response made;
    made.status = status;
    made.body = bj::serialize(body) + "\n";
    return made;
}

bj::object body_of(const request& asked) {
    boost::system::error_code error;
    const bj::value value = bj::parse(asked.body, error);
    if (error || !value.is_object()) {
        throw std::invalid_argument("The body is not a JSON object.");
    }
    return value.as_object();
}

bj::object described(const volume& one) {
    bj::array tickets;
    for (const auto& [id, held] : one.tickets) {
        tickets.emplace_back(id);
    }
    return {{"name", one.name},
            {"state", one.state},
            {"robustness", one.robustness},
            {"size", one.size},
            {"fromBackup", one.from_backup},
            {"restoreInitiated", one.restore_initiated},
            {"restoreRequired", one.restore_required},
            {"replicas", one.replicas},
            {"dataEngine", one.data_engine},
            {"accessMode", one.access_mode},
            {"encrypted", one.encrypted},
            {"staleReplicaTimeout", one.stale_replica_timeout},
            {"tickets", tickets},
            {"kubernetesStatus", bj::object{{"pvName", one.kubernetes.pv_name},
                                            {"pvStatus", one.kubernetes.pv_status},
                                            {"namespace", one.kubernetes.ns},
                                            {"pvcName", one.kubernetes.pvc_name},
                                            {"lastPVCRefAt", one.kubernetes.last_pvc_ref_at}}}};
}

template <class Map>
bj::array rendered(const view& seen, const Map& all) {
    bj::array shown;
    for (const auto& [name, one] : all) {
        shown.push_back(render(seen, one));
    }
    return shown;
}

} // namespace

bj::array control::described_log() const {
    bj::array all;
    for (const log_entry& each : log_) {
        all.push_back(bj::object{{"at", rfc3339(each.at)},
                                 {"method", each.method},
                                 {"path", each.path},
                                 {"action", each.action},
                                 {"userAgent", each.user_agent},
                                 {"body", each.body},
                                 {"status", each.status}});
    }
    return all;
}

bj::object control::described_state(bool with_log) const {
    const view seen{.of = world_, .base = ""};
    bj::array volumes;
    std::size_t restoring = 0;
    for (const auto& [name, one] : world_.volumes) {
        volumes.push_back(described(one));
        restoring += one.restore_required && one.robustness != "faulted" ? 1 : 0;
    }
    bj::object shown{{"version", world_.version_text()},
                     {"now", rfc3339(world_.line.now())},
                     {"counts", bj::object{{"volumes", world_.volumes.size()},
                                           {"restoring", restoring},
                                           {"snapshots", world_.snapshots.size()},
                                           {"backups", world_.backups.size()},
                                           {"backupVolumes", world_.backup_volumes.size()},
                                           {"requests", log_.size()}}},
                     {"volumes", volumes},
                     {"snapshots", rendered(seen, world_.snapshots)},
                     {"backups", rendered(seen, world_.backups)},
                     {"backupVolumes", rendered(seen, world_.backup_volumes)},
                     {"targets", rendered(seen, world_.targets)},
                     {"faults", world_.faults.described()}};
    if (with_log) {
        shown["log"] = described_log();
    }
    return shown;
}

response control::change_target(const request& asked, const std::string& name) {
    const bj::object body = body_of(asked);
    if (const auto* url = body.if_contains("url")) {
        world_.set_target_url(name, std::string(url->as_string()));
    }
    if (const auto* store = body.if_contains("store")) {
        const auto* noticed = body.if_contains("noticed");
        world_.set_store(name, store->as_string() == "up", noticed != nullptr && noticed->as_bool());
    }
    return json_answer(200, render({.of = world_, .base = ""}, world_.get_target(name)));
}

response control::dispatch(const request& asked, const std::string& what, const std::string& name) {
    const bool post = asked.method == "POST";
    const bool remove = asked.method == "DELETE";
    if (what == "state") {
        const auto log = asked.query.find("log");
        return json_answer(200, described_state(log == asked.query.end() || log->second != "false"));
    }
    if (what == "log") {
        if (remove) {
            log_.clear();
        }
        return json_answer(200, described_log());
    }
    if (what == "seed" && post) {
        world_.seed(body_of(asked));
        return json_answer(200, described_state(false));
    }
    if (what == "faults") {
        if (post) {
            world_.faults.add(body_of(asked));
        } else if (remove) {
            world_.faults.clear();
            world_.release_stalls();
        }
        return json_answer(200, world_.faults.described());
    }
    if (what == "targets" && post) {
        return change_target(asked, name);
    }
    if (what == "volumes" && post) {
        world_.change_volume(name, body_of(asked));
        return json_answer(200, bj::object());
    }
    if (what == "restart" && post) {
        restart_(milliseconds(body_of(asked).at("milliseconds").as_int64()));
        return json_answer(200, bj::object());
    }
    return json_answer(404, bj::object{{"message", "The simulator has no " + asked.method + " " + asked.path + "."}});
}

response control::answer(const request& asked) {
    std::string what = asked.path.substr(std::string_view("/_simulator/").size());
    std::string name;
    if (const auto slash = what.find('/'); slash != std::string::npos) {
        name = what.substr(slash + 1);
        what.resize(slash);
    }
    try {
        return dispatch(asked, what, name);
    } catch (const refusal& refused) {
        return json_answer(refused.status, bj::object{{"message", refused.message}});
    } catch (const std::exception& wrong) { // invalid_argument of ours, or a type that Boost.JSON did not find
        return json_answer(400, bj::object{{"message", wrong.what()}});
    }
}

} // namespace simulator::lh
