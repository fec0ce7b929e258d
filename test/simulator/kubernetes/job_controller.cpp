// What the Job controller and the TTL controller do, for Jobs of one Pod at a time.
#include "test/simulator/kubernetes/workloads.hpp"

#include <algorithm>
#include <ctime>

namespace simulator::api {

namespace {

constexpr std::string_view tracking = "batch.kubernetes.io/job-tracking";
constexpr std::chrono::milliseconds refused_pod_again{300};

std::int64_t number_at(const json::object& root, json_path path, std::int64_t otherwise) {
    const auto* found = look(root, path);
    return found != nullptr && found->is_number() ? found->to_number<std::int64_t>() : otherwise;
}

std::chrono::system_clock::time_point parse_time(const std::string& text) {
    std::tm parts{};
    strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

// How long until `seconds` after the time that is written there; not below 0.
std::chrono::milliseconds left_of(const std::string& since, std::int64_t seconds) {
    const auto left = parse_time(since) + std::chrono::seconds(seconds) - std::chrono::system_clock::now();
    return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(left));
}

json::object owner_reference(const stored& job) {
    json::object owner;
    owner["apiVersion"] = "batch/v1";
    owner["kind"] = "Job";
    owner["name"] = job.name;
    owner["uid"] = job.uid;
    owner["controller"] = true;
    owner["blockOwnerDeletion"] = true;
    return owner;
}

bool succeeded(const json::object& pod) {
    return text_at(pod, {"status", "phase"}) == "Succeeded";
}

} // namespace

std::string job_of(const json::object& pod) {
    const auto* owners = look_array(pod, {"metadata", "ownerReferences"});
    for (const auto& owner : owners == nullptr ? json::array() : *owners) {
        const auto* controller = look(owner.as_object(), {"controller"});
        if (text_at(owner.as_object(), {"kind"}) == "Job" && controller != nullptr && *controller == true) {
            return text_at(owner.as_object(), {"uid"});
        }
    }
    return {};
}

bool ended(const json::object& pod) {
    const auto phase = text_at(pod, {"status", "phase"});
    return phase == "Succeeded" || phase == "Failed";
}

bool has_condition(const json::object& object, std::string_view type) {
    const auto* conditions = look_array(object, {"status", "conditions"});
    return conditions != nullptr &&
           std::any_of(conditions->begin(), conditions->end(), [type](const json::value& condition) {
               return text_at(condition.as_object(), {"type"}) == type &&
                      text_at(condition.as_object(), {"status"}) == "True";
           });
}

void set_condition(json::object& object, std::string_view type, bool holds, std::string_view reason,
                   std::string_view message) {
    auto& conditions = make_object(object, {"status"})["conditions"];
    if (!conditions.is_array()) {
        conditions.emplace_array();
    }
    auto& all = conditions.get_array();
    auto* found = std::find_if(all.begin(), all.end(), [type](const json::value& condition) {
        return text_at(condition.as_object(), {"type"}) == type;
    });
    if (found == all.end()) {
        found = all.insert(all.end(), json::object());
    }
    auto& condition = found->as_object();
    condition["type"] = type;
    condition["status"] = holds ? "True" : "False";
    condition["lastProbeTime"] = now_text();
    condition["lastTransitionTime"] = now_text();
    for (const auto& [key, text] : {std::pair("reason", reason), std::pair("message", message)}) {
        if (text.empty()) {
            condition.erase(key);
        } else {
            condition[key] = text;
        }
    }
}

std::vector<stored_ptr> workloads::pods_of(const std::string& ns, const std::string& job_uid) const {
    std::vector<stored_ptr> found;
    const auto prefix = ns + "/";
    const auto& all = state_.kept.of(pods_).objects();
    for (auto one = all.lower_bound(prefix); one != all.end() && one->first.starts_with(prefix); ++one) {
        const auto& owners = one->second->owners;
        if (std::find(owners.begin(), owners.end(), job_uid) != owners.end()) {
            found.push_back(one->second);
        }
    }
    return found;
}

void workloads::sync_job(const std::string& ns, const std::string& name) {
    const auto job = state_.kept.find(jobs_, ns, name);
    if (job == nullptr) {
        return;
    }
    const auto object = job->object();
    if (has_condition(object, "Complete") || has_condition(object, "Failed")) {
        for (const auto& pod : pods_of(ns, job->uid)) {
            queue(duty::pod, pod->ns, pod->name);
        }
        expire_job(*job, object);
    } else if (!job->deleting) {
        advance_job(*job, object);
    }
}

void workloads::advance_job(const stored& job, const json::object& object) {
    const auto pods = pods_of(job.ns, job.uid);
    std::vector<stored_ptr> active;
    std::int64_t good = 0;
    std::int64_t bad = 0;
    for (const auto& pod : pods) {
        const auto parsed = pod->object();
        if (!ended(parsed)) {
            active.push_back(pod);
        } else {
            ++(succeeded(parsed) ? good : bad);
        }
    }
    count_pods(job, pods);
    for (const auto& [early, last] :
         {std::pair("SuccessCriteriaMet", "Complete"), std::pair("FailureTarget", "Failed")}) {
        if (has_condition(object, early)) {
            remove_pods(active);
            return active.empty() ? finish_job(job, early, last) : void();
        }
    }
    const auto* suspend = look(object, {"spec", "suspend"});
    if (suspend != nullptr && *suspend == true) {
        remove_pods(active);
        return set_job_condition(job, "Suspended", true, "JobSuspended", "Job suspended");
    }
    if (text_at(object, {"status", "startTime"}).empty()) {
        return begin_job(job);
    }
    if (past_deadline(job, object)) {
        return set_job_condition(job, "FailureTarget", true, "DeadlineExceeded",
                                 "Job was active longer than specified deadline");
    }
    if (bad > number_at(object, {"spec", "backoffLimit"}, 6)) {
        set_job_condition(job, "FailureTarget", true, "BackoffLimitExceeded",
                          "Job has reached the specified backoff limit");
    } else if (good > 0) {
        set_job_condition(job, "SuccessCriteriaMet", true, "CompletionsReached",
                          "Reached expected number of succeeded pods");
    } else if (active.empty()) {
        make_pod(job, object);
    }
}

void workloads::set_job_condition(const stored& job, std::string_view type, bool holds, std::string_view reason,
                                  std::string_view message) {
    state_.verbs.change(jobs_, job.ns, job.name, [&](json::object& object) {
        if (has_condition(object, type) != holds) {
            set_condition(object, type, holds, reason, message);
        }
    });
}

void workloads::begin_job(const stored& job) {
    state_.verbs.change(jobs_, job.ns, job.name, [](json::object& object) {
        make_object(object, {"status"})["startTime"] = now_text();
        if (has_condition(object, "Suspended")) {
            set_condition(object, "Suspended", false, "JobResumed", "Job resumed");
        }
    });
}

bool workloads::past_deadline(const stored& job, const json::object& object) {
    const auto seconds = number_at(object, {"spec", "activeDeadlineSeconds"}, 0);
    if (seconds == 0) {
        return false;
    }
    const auto left = left_of(text_at(object, {"status", "startTime"}), seconds);
    if (left.count() == 0) {
        return true;
    }
    wake_at("deadline/" + job.uid, left, [this, ns = job.ns, name = job.name] { queue(duty::job, ns, name); });
    return false;
}

void workloads::make_pod(const stored& job, const json::object& object) {
    json::object pod;
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    if (const auto* metadata = look_object(object, {"spec", "template", "metadata"})) {
        pod["metadata"] = *metadata;
    }
    auto& metadata = make_object(pod, {"metadata"});
    constexpr std::size_t longest_prefix = 58;
    metadata["generateName"] = (job.name + "-").substr(0, longest_prefix);
    metadata["ownerReferences"] = json::array(1, owner_reference(job));
    metadata["finalizers"] = json::array(1, json::string(tracking));
    pod["spec"] = *look(object, {"spec", "template", "spec"});
    try {
        if (meets(job, job.name, "refused")) {
            throw refused(403, "Forbidden",
                          "pods \"" + job.name +
                              "-\" is forbidden: exceeded quota: small, requested: pods=1, used: "
                              "pods=1, limited: pods=1");
        }
        const auto made = state_.verbs.create(pods_, job.ns, std::move(pod), {});
        tell("Job", job, "Normal", "SuccessfulCreate", "Created pod: " + made.name);
    } catch (const refused& why) {
        tell("Job", job, "Warning", "FailedCreate", std::string("Error creating: ") + why.what());
        wake_at("create/" + job.uid, refused_pod_again,
                [this, ns = job.ns, name = job.name] { queue(duty::job, ns, name); });
    }
}

void workloads::count_pods(const stored& job, const std::vector<stored_ptr>& pods) {
    std::map<std::string, std::int64_t> counts{{"active", 0}, {"ready", 0}, {"succeeded", 0}, {"failed", 0}};
    for (const auto& pod : pods) {
        const auto phase = text_at(pod->object(), {"status", "phase"});
        ++counts[phase == "Succeeded" ? "succeeded" : phase == "Failed" ? "failed" : "active"];
        counts["ready"] += phase == "Running" ? 1 : 0;
    }
    state_.verbs.change(jobs_, job.ns, job.name, [&counts](json::object& object) {
        auto& status = make_object(object, {"status"});
        for (const auto& [what, count] : counts) {
            if (count == 0 && what != "ready") {
                status.erase(what);
            } else {
                status[what] = count;
            }
        }
    });
}

// The early condition has stood since before its Pods ended; now the last one may.
void workloads::finish_job(const stored& job, std::string_view early, std::string_view last) {
    state_.verbs.change(jobs_, job.ns, job.name, [early, last](json::object& object) {
        for (const auto& condition : *look_array(object, {"status", "conditions"})) {
            if (text_at(condition.as_object(), {"type"}) != early) {
                continue;
            }
            const auto reason = text_at(condition.as_object(), {"reason"});
            const auto message = text_at(condition.as_object(), {"message"});
            set_condition(object, last, true, reason, message);
            break;
        }
        if (last == "Complete") {
            make_object(object, {"status"})["completionTime"] = now_text();
        }
    });
}

void workloads::expire_job(const stored& job, const json::object& object) {
    const auto seconds = number_at(object, {"spec", "ttlSecondsAfterFinished"}, -1);
    if (seconds < 0 || job.deleting) {
        return;
    }
    std::string since;
    for (const auto& condition : *look_array(object, {"status", "conditions"})) {
        const auto type = text_at(condition.as_object(), {"type"});
        if (type == "Complete" || type == "Failed") {
            since = text_at(condition.as_object(), {"lastTransitionTime"});
        }
    }
    wake_at("ttl/" + job.uid, left_of(since, seconds), [this, ns = job.ns, name = job.name, uid = job.uid] {
        const auto now = state_.kept.find(jobs_, ns, name);
        if (now == nullptr || now->uid != uid || now->deleting) {
            return;
        }
        delete_options options;
        options.uid = uid;
        options.propagation = "Foreground";
        state_.verbs.remove(jobs_, ns, name, options);
    });
}

void workloads::remove_pods(const std::vector<stored_ptr>& pods) {
    for (const auto& pod : pods) {
        if (!pod->deleting) {
            state_.verbs.remove(pods_, pod->ns, pod->name, {});
        }
    }
}

// Once it is counted, or its Job is gone, nothing holds an ended Pod any more.
void workloads::release_pod(const stored& pod, const json::object& object) {
    const auto uid = job_of(object);
    const auto* owners = look_array(object, {"metadata", "ownerReferences"});
    for (const auto& owner : *owners) {
        const auto job = state_.kept.find(jobs_, pod.ns, text_at(owner.as_object(), {"name"}));
        if (job == nullptr || job->uid != uid) {
            continue;
        }
        const auto parsed = job->object();
        if (!job->deleting && !has_condition(parsed, "Complete") && !has_condition(parsed, "Failed")) {
            return;
        }
    }
    state_.verbs.change(pods_, pod.ns, pod.name,
                        [](json::object& counted) { take_from_array(counted, {"metadata"}, "finalizers", tracking); });
}

} // namespace simulator::api
