#include "test/simulator/kubernetes/workloads.hpp"

#include <algorithm>
#include <array>

namespace simulator::api {

namespace {

constexpr std::size_t slice = 200; // duties done in one turn of the loop, so that requests are answered between
constexpr std::array<std::string_view, 7> words{"unschedulable", "image_missing", "mount_fails", "refused",
                                                "evicted",       "oom_killed",    "stalled"};

} // namespace

workloads::workloads(server_state& state, container_player* player)
    : state_(state), player_(player), jobs_(*state.known.find("batch", "v1", "jobs")), pods_(state.known.core("pods")),
      claims_(state.known.core("persistentvolumeclaims")), timer_(state.context) {}

workloads::~workloads() = default;

void workloads::stop() {
    *alive_ = false;
    timer_.cancel();
    alarms_.clear();
    runs_.clear();
}

void workloads::queue(duty what, const std::string& ns, const std::string& name) {
    tasks_.emplace(what, ns, name);
    schedule();
}

void workloads::schedule() {
    if (scheduled_ || state_.stopped) {
        return;
    }
    scheduled_ = true;
    timer_.expires_after(state_.options.controller_delay);
    timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
        if (!error && *alive) {
            scheduled_ = false;
            work();
        }
    });
}

void workloads::work() {
    for (std::size_t done = 0; done < slice && !tasks_.empty(); ++done) {
        const auto one = std::move(tasks_.extract(tasks_.begin()).value());
        const auto& [what, ns, name] = one;
        what == duty::job ? sync_job(ns, name) : sync_pod(ns, name);
    }
    if (!tasks_.empty()) {
        schedule();
    }
}

void workloads::wake_at(const std::string& key, std::chrono::milliseconds after, std::function<void()> then) {
    auto& timer = alarms_[key];
    timer = std::make_unique<boost::asio::steady_timer>(state_.context, after);
    timer->async_wait([alive = alive_, then = std::move(then)](const boost::system::error_code& error) {
        if (!error && *alive) {
            then();
        }
    });
}

void workloads::observe(const kind& which, const change& happened) {
    const auto& now = *happened.current;
    if (&which == &jobs_) {
        queue(duty::job, now.ns, now.name);
        if (happened.removed) {
            for (const auto* what : {"deadline/", "ttl/", "create/"}) {
                alarms_.erase(what + now.uid);
            }
            for (const auto& pod : pods_of(now.ns, now.uid)) {
                queue(duty::pod, pod->ns, pod->name);
            }
        }
    } else if (&which == &pods_) {
        queue(duty::pod, now.ns, now.name);
        const auto job = job_name_of(now.object());
        if (!job.empty()) {
            queue(duty::job, now.ns, job);
        }
        if (happened.removed) {
            state_.logs.erase(now.uid);
            alarms_.erase("run/" + now.uid);
            alarms_.erase("stop/" + now.uid);
            look_again_at_waiting(now.ns);
        }
    } else if (&which == &claims_ || which.is("secrets")) {
        look_again_at_waiting(now.ns);
    }
}

void workloads::look_again_at_waiting(const std::string& ns) {
    for (auto one = waiting_.begin(); one != waiting_.end();) {
        if (ns.empty() || one->first == ns) {
            queue(duty::pod, one->first, one->second);
            one = waiting_.erase(one);
        } else {
            ++one;
        }
    }
}

// As the events recorder does, without joining what repeats.
void workloads::tell(std::string_view kind_name, const stored& about, std::string_view type, std::string_view reason,
                     const std::string& message) {
    const auto home = state_.kept.find(state_.known.core("namespaces"), "", about.ns);
    if (home == nullptr || home->deleting) {
        return;
    }
    json::object event;
    event["apiVersion"] = "v1";
    event["kind"] = "Event";
    auto& metadata = make_object(event, {"metadata"});
    metadata["namespace"] = about.ns;
    metadata["name"] = about.name + "." + std::to_string(++told_);
    auto& subject = make_object(event, {"involvedObject"});
    subject["apiVersion"] = kind_name == "Job" ? "batch/v1" : "v1";
    subject["kind"] = kind_name;
    subject["namespace"] = about.ns;
    subject["name"] = about.name;
    subject["uid"] = about.uid;
    event["type"] = type;
    event["reason"] = reason;
    event["message"] = message;
    event["firstTimestamp"] = now_text();
    event["lastTimestamp"] = now_text();
    event["count"] = 1;
    state_.verbs.apply(std::move(event));
}

bool workloads::meets(const std::string& uid, const std::string& job_name, std::string_view what,
                      const std::string& container, bool last) {
    for (auto& fault : faults_) {
        const bool meant = fault.what == what && job_name.starts_with(fault.job) &&
                           (fault.container.empty() ? last : fault.container == container);
        if (meant && (fault.times == 0 || fault.met.size() < fault.times || fault.met.contains(uid))) {
            fault.met.insert(uid);
            return true;
        }
    }
    return false;
}

bool workloads::meets(const stored& object, const std::string& job_name, std::string_view what) {
    return meets(object.uid, job_name, what, {}, true);
}

bool workloads::meets(const run& of, std::string_view what) {
    return meets(of.uid, of.job, what, text_at(of.containers[of.at], {"name"}), of.at + 1 == of.containers.size());
}

void workloads::add_fault(const json::object& described) {
    workload_fault fault;
    fault.job = text_at(described, {"job"});
    fault.what = text_at(described, {"do"});
    fault.container = text_at(described, {"container"});
    if (const auto* times = described.if_contains("times")) {
        fault.times = times->to_number<std::size_t>();
    }
    if (std::find(words.begin(), words.end(), fault.what) == words.end()) {
        throw std::invalid_argument("the simulated Kubernetes knows no fault \"" + fault.what + "\"");
    }
    faults_.push_back(std::move(fault));
}

void workloads::clear_faults() {
    faults_.clear();
    look_again_at_waiting({});
    for (const auto& [uid, one] : runs_) {
        if (std::exchange(one->stalled, false)) {
            wake_at("run/" + uid, std::chrono::milliseconds(0), [this, uid = uid] {
                if (const auto found = runs_.find(uid); found != runs_.end()) {
                    next_moment(*found->second);
                }
            });
        }
    }
}

std::optional<json::value> workloads::control(const std::string& method, const std::string& path,
                                              const std::string& body) {
    const auto given = body.empty() ? json::value() : json::parse(body);
    if (path == "faults" && method == "POST") {
        add_fault(given.as_object());
        return json::object();
    }
    if (path == "faults" && method == "DELETE") {
        clear_faults();
        return json::object();
    }
    return player_ == nullptr ? std::nullopt : player_->control(method, path, given);
}

} // namespace simulator::api
