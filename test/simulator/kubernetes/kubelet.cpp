// What becomes of a Job's Pod on its node.
#include "test/simulator/kubernetes/workloads.hpp"

namespace simulator::api {

namespace {

constexpr std::chrono::milliseconds until_stopped{20}; // from a Pod's deletion to its containers' SIGTERM

json::object waiting(std::string_view reason, std::string_view message = {}) {
    json::object state;
    auto& inner = make_object(state, {"waiting"});
    inner["reason"] = reason;
    if (!message.empty()) {
        inner["message"] = message;
    }
    return state;
}

json::array containers_at(const json::object& pod, std::string_view member) {
    const auto* found = look_array(pod, {"spec", member});
    return found == nullptr ? json::array() : *found;
}

json::object status_of(const json::object& container, const json::object& state, bool init) {
    json::object status;
    status["name"] = text_at(container, {"name"});
    status["image"] = text_at(container, {"image"});
    status["imageID"] = "";
    status["restartCount"] = 0;
    const auto* end = look(state, {"terminated"});
    status["ready"] =
        init ? end != nullptr && *look(state, {"terminated", "exitCode"}) == 0 : look(state, {"running"}) != nullptr;
    status["started"] = look(state, {"running"}) != nullptr;
    status["state"] = state;
    status["lastState"].emplace_object();
    return status;
}

} // namespace

std::string job_name_of(const json::object& pod) {
    const auto uid = job_of(pod);
    const auto* owners = look_array(pod, {"metadata", "ownerReferences"});
    for (const auto& owner : owners == nullptr ? json::array() : *owners) {
        if (!uid.empty() && text_at(owner.as_object(), {"uid"}) == uid) {
            return text_at(owner.as_object(), {"name"});
        }
    }
    return {};
}

void workloads::sync_pod(const std::string& ns, const std::string& name) {
    const auto pod = state_.kept.find(pods_, ns, name);
    std::erase_if(runs_, [&](const auto& entry) {
        return entry.second->ns == ns && entry.second->name == name && (!pod || pod->uid != entry.first);
    });
    if (pod == nullptr) {
        return;
    }
    const auto object = pod->object();
    if (job_of(object).empty()) {
        return;
    }
    if (ended(object)) {
        release_pod(*pod, object);
    } else if (pod->deleting) {
        terminate_pod(*pod);
    } else if (text_at(object, {"spec", "nodeName"}).empty()) {
        place(*pod, object);
    } else if (!runs_.contains(pod->uid)) {
        start_pod(*pod, object);
    }
}

// Why the node cannot attach one of its volumes: a claim of one node that is in use on another.
std::string workloads::attach_trouble(const stored& pod, const json::object& object) const {
    for (const auto& name : claims_of(object)) {
        const auto claim = state_.kept.find(claims_, pod.ns, name);
        const auto parsed = claim ? claim->object() : json::object();
        if (array_holds(parsed, {"spec", "accessModes"}, "ReadWriteMany") ||
            array_holds(parsed, {"spec", "accessModes"}, "ReadOnlyMany")) {
            continue;
        }
        for (const auto& [user, node] : users_of(pod.ns, name, pod.name)) {
            if (node != text_at(object, {"spec", "nodeName"})) {
                return "Multi-Attach error for volume \"" + text_at(parsed, {"spec", "volumeName"}) +
                       "\" Volume is already used by pod(s) " + user;
            }
        }
    }
    return {};
}

void workloads::start_pod(const stored& pod, const json::object& object) {
    const auto job = job_name_of(object);
    const auto inits = containers_at(object, "initContainers");
    const auto mains = containers_at(object, "containers");
    const auto& first = (inits.empty() ? mains : inits).at(0).as_object();
    const auto image = text_at(first, {"image"});
    if (const auto trouble = attach_trouble(pod, object); !trouble.empty()) {
        tell("Pod", pod, "Warning", "FailedAttachVolume", trouble);
        return stay_waiting(pod, object, "ContainerCreating", {});
    }
    if (meets(pod, job, "mount_fails")) {
        tell("Pod", pod, "Warning", "FailedMount",
             "MountVolume.SetUp failed for volume \"data\" : rpc error: code = Internal desc = mount failed: exit "
             "status 32");
        return stay_waiting(pod, object, "ContainerCreating", {});
    }
    if (meets(pod, job, "image_missing")) {
        const auto why = "Back-off pulling image \"" + image + "\": ErrImagePull: failed to resolve reference \"" +
                         image + "\": not found";
        tell("Pod", pod, "Warning", "Failed", "Failed to pull image \"" + image + "\": not found");
        return stay_waiting(pod, object, "ImagePullBackOff", why);
    }
    for (const auto& list : {inits, mains}) {
        for (const auto& container : list) {
            const auto missing = missing_secret(pod.ns, container.as_object());
            if (!missing.empty()) {
                return stay_waiting(pod, object, "CreateContainerConfigError", "secret \"" + missing + "\" not found");
            }
        }
    }
    auto made = std::make_unique<run>();
    made->ns = pod.ns;
    made->name = pod.name;
    made->uid = pod.uid;
    made->job = job;
    made->pod = object;
    made->inits = inits.size();
    for (const auto& list : {inits, mains}) {
        for (const auto& container : list) {
            made->containers.push_back(container.as_object());
            made->states.push_back(waiting("PodInitializing"));
        }
    }
    auto& started = *made;
    runs_[pod.uid] = std::move(made);
    start_container(started);
}

void workloads::stay_waiting(const stored& pod, const json::object& object, std::string_view reason,
                             const std::string& message) {
    waiting_.emplace(pod.ns, pod.name);
    run still;
    still.ns = pod.ns;
    still.name = pod.name;
    const auto inits = containers_at(object, "initContainers");
    still.inits = inits.size();
    for (const auto& list : {inits, containers_at(object, "containers")}) {
        for (const auto& container : list) {
            const bool first = still.containers.empty();
            still.containers.push_back(container.as_object());
            still.states.push_back(first ? waiting(reason, message) : waiting("PodInitializing"));
        }
    }
    write_status(still, "Pending");
}

void workloads::write_status(const run& of, std::string_view phase, std::string_view reason, std::string_view message) {
    json::array inits;
    json::array mains;
    for (std::size_t place = 0; place < of.containers.size(); ++place) {
        const bool init = place < of.inits;
        (init ? inits : mains).push_back(status_of(of.containers[place], of.states[place], init));
    }
    state_.verbs.change(pods_, of.ns, of.name, [&](json::object& pod) {
        auto& status = make_object(pod, {"status"});
        status["phase"] = phase;
        if (!inits.empty()) {
            status["initContainerStatuses"] = inits;
        }
        status["containerStatuses"] = mains;
        if (!status.contains("startTime")) {
            status["startTime"] = now_text();
        }
        if (!reason.empty()) {
            status["reason"] = reason;
            status["message"] = message;
        }
    });
}

void workloads::start_container(run& of) {
    state_.logs[of.uid][text_at(of.containers[of.at], {"name"})].clear();
    of.program = player_ == nullptr ? nullptr : player_->start(order_of(of, of.containers[of.at]));
    of.begun = false;
    json::object state;
    make_object(state, {"running"})["startedAt"] = now_text();
    of.states[of.at] = std::move(state);
    write_status(of, of.at < of.inits ? "Pending" : "Running");
    next_moment(of);
}

void workloads::next_moment(run& of) {
    if (of.begun && meets(of, "stalled")) {
        of.stalled = true;
        return;
    }
    if (of.begun && meets(of, "oom_killed")) {
        constexpr int killed = 137;
        return end_container(of, killed, "OOMKilled");
    }
    if (of.begun && meets(of, "evicted")) {
        of.program.reset();
        of.states[of.at] = json::object();
        constexpr int killed = 137;
        auto& end = make_object(of.states[of.at], {"terminated"});
        end["exitCode"] = killed;
        end["reason"] = "Error";
        return end_pod(of, "Failed", "Evicted",
                       "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 100Mi.");
    }
    of.begun = true;
    container_moment moment;
    if (of.program == nullptr) {
        moment.exit_code = 0;
    } else {
        moment = of.program->next();
    }
    take_moment(of, moment);
}

void workloads::take_moment(run& of, const container_moment& moment) {
    state_.logs[of.uid][text_at(of.containers[of.at], {"name"})] += moment.output;
    if (moment.exit_code) {
        return end_container(of, *moment.exit_code, moment.reason);
    }
    wake_at("run/" + of.uid, moment.then, [this, uid = of.uid] {
        if (const auto found = runs_.find(uid); found != runs_.end()) {
            next_moment(*found->second);
        }
    });
}

void workloads::end_container(run& of, int exit_code, const std::string& reason) {
    of.program.reset();
    json::object state;
    auto& end = make_object(state, {"terminated"});
    end["exitCode"] = exit_code;
    end["reason"] = !reason.empty() ? reason : exit_code == 0 ? "Completed" : "Error";
    const auto* started = look(of.states[of.at], {"running", "startedAt"});
    end["startedAt"] = started == nullptr ? json::value(now_text()) : *started;
    end["finishedAt"] = now_text();
    of.states[of.at] = std::move(state);
    if (exit_code == 0 && of.at + 1 < of.containers.size()) {
        ++of.at;
        return start_container(of);
    }
    end_pod(of, exit_code == 0 ? "Succeeded" : "Failed");
}

void workloads::end_pod(run& of, std::string_view phase, std::string_view reason, std::string_view message) {
    alarms_.erase("run/" + of.uid);
    alarms_.erase("stop/" + of.uid);
    write_status(of, phase, reason, message);
    runs_.erase(of.uid);
}

void workloads::terminate_pod(const stored& pod) {
    if (!runs_.contains(pod.uid)) {
        state_.verbs.change(pods_, pod.ns, pod.name,
                            [](json::object& never) { make_object(never, {"status"})["phase"] = "Failed"; });
        return;
    }
    if (alarms_.contains("stop/" + pod.uid)) {
        return;
    }
    wake_at("stop/" + pod.uid, until_stopped, [this, uid = pod.uid] {
        const auto found = runs_.find(uid);
        if (found == runs_.end()) {
            return;
        }
        auto& of = *found->second;
        constexpr int by_sigterm = 143;
        container_moment last;
        last.exit_code = by_sigterm;
        if (of.program != nullptr) {
            last = of.program->terminate();
        }
        state_.logs[uid][text_at(of.containers[of.at], {"name"})] += last.output;
        const int exit_code = last.exit_code.value_or(by_sigterm);
        end_container(of, exit_code == 0 ? by_sigterm : exit_code, last.reason);
    });
}

} // namespace simulator::api
