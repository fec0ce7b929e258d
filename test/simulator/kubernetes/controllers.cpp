#include "test/simulator/kubernetes/controllers.hpp"

#include <algorithm>

namespace simulator::api {

namespace {

constexpr std::size_t slice = 500; // duties done in one turn of the loop, so that requests are answered between

std::pair<std::string, std::string> split_key(const std::string& key) {
    const auto slash = key.find('/');
    return slash == std::string::npos ? std::pair<std::string, std::string>(std::string(), key)
                                      : std::pair(key.substr(0, slash), key.substr(slash + 1));
}

void forget(std::map<std::string, std::set<std::string>>& index, const std::string& from, const std::string& what) {
    const auto found = index.find(from);
    if (found != index.end()) {
        found->second.erase(what);
        if (found->second.empty()) {
            index.erase(found);
        }
    }
}

std::string claim_of(const json::object& volume) {
    const auto name = text_at(volume, {"spec", "claimRef", "name"});
    return name.empty() ? std::string() : key_of(text_at(volume, {"spec", "claimRef", "namespace"}), name);
}

} // namespace

controllers::controllers(server_state& state)
    : state_(state), claims_(state.known.core("persistentvolumeclaims")),
      volumes_(state.known.core("persistentvolumes")), timer_(state.context) {}

void controllers::stop() {
    timer_.cancel();
}

void controllers::queue(duty what, const kind& which, const std::string& ns, const std::string& name) {
    tasks_.emplace(what, &which, ns, name);
    schedule();
}

void controllers::schedule() {
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

void controllers::work() {
    for (std::size_t done = 0; done < slice && !tasks_.empty(); ++done) {
        const auto one = std::move(tasks_.extract(tasks_.begin()).value());
        perform(one);
    }
    if (!tasks_.empty()) {
        schedule();
    }
}

void controllers::perform(const task& one) {
    const auto& [what, which, ns, name] = one;
    switch (what) {
    case duty::bind_claim:
        return bind_claim(ns, name);
    case duty::sync_volume:
        return sync_volume(name);
    case duty::protect_claim:
        return protect_claim(ns, name);
    case duty::protect_volume:
        return protect_volume(name);
    case duty::collect:
        return collect(*which, ns, name);
    case duty::release_owner:
        return release_owner(*which, ns, name);
    case duty::end_namespace:
        return end_namespace(name);
    }
}

void controllers::observe(const kind& which, const change& happened) {
    if (&which == &claims_) {
        observe_claim(happened);
    } else if (&which == &volumes_) {
        observe_volume(happened);
    } else if (which.is("pods")) {
        observe_pod(happened);
    } else if (which.plural == "customresourcedefinitions" && !happened.removed) {
        state_.known.add_definition(happened.current->object());
    }
    observe_owners(which, happened);
    observe_namespaces(which, happened);
}

void controllers::observe_claim(const change& happened) {
    const auto& now = *happened.current;
    if (happened.previous) {
        forget(claims_of_volume_, text_at(happened.previous->object(), {"spec", "volumeName"}), now.key());
    }
    const auto volume = text_at(now.object(), {"spec", "volumeName"});
    if (!happened.removed) {
        if (!volume.empty()) {
            claims_of_volume_[volume].insert(now.key());
        }
        queue(duty::bind_claim, claims_, now.ns, now.name);
        queue(duty::protect_claim, claims_, now.ns, now.name);
    }
    if (!volume.empty()) {
        queue(duty::sync_volume, volumes_, "", volume);
    }
    if (const auto found = volumes_of_claim_.find(now.key()); found != volumes_of_claim_.end()) {
        for (const auto& name : found->second) {
            queue(duty::sync_volume, volumes_, "", name);
        }
    }
}

void controllers::observe_volume(const change& happened) {
    const auto& now = *happened.current;
    std::set<std::string> concerned;
    if (happened.previous) {
        const auto claim = claim_of(happened.previous->object());
        forget(volumes_of_claim_, claim, now.name);
        concerned.insert(claim);
    }
    if (!happened.removed) {
        const auto claim = claim_of(now.object());
        if (!claim.empty()) {
            volumes_of_claim_[claim].insert(now.name);
        }
        concerned.insert(claim);
        queue(duty::sync_volume, volumes_, "", now.name);
        queue(duty::protect_volume, volumes_, "", now.name);
    }
    if (const auto found = claims_of_volume_.find(now.name); found != claims_of_volume_.end()) {
        concerned.insert(found->second.begin(), found->second.end());
    }
    concerned.erase(std::string());
    for (const auto& key : concerned) {
        const auto [ns, name] = split_key(key);
        queue(duty::bind_claim, claims_, ns, name);
    }
}

void controllers::observe_pod(const change& happened) {
    const auto& claims = state_.kept.of(claims_).objects();
    const auto prefix = happened.current->ns + "/";
    for (auto one = claims.lower_bound(prefix); one != claims.end() && one->first.starts_with(prefix); ++one) {
        if (one->second->deleting) {
            queue(duty::protect_claim, claims_, one->second->ns, one->second->name);
        }
    }
}

void controllers::observe_owners(const kind& which, const change& happened) {
    const auto& now = *happened.current;
    const auto entry = std::pair(&which, now.key());
    for (const auto& owner : happened.previous ? happened.previous->owners : std::vector<std::string>()) {
        const auto found = dependents_.find(owner);
        if (found != dependents_.end()) {
            found->second.erase(entry);
            if (found->second.empty()) {
                dependents_.erase(found);
            }
        }
        if (const auto waiting = leaving_owners_.find(owner); waiting != leaving_owners_.end()) {
            tasks_.insert(waiting->second);
            schedule();
        }
    }
    if (happened.removed) {
        leaving_owners_.erase(now.uid);
        if (const auto found = dependents_.find(now.uid); found != dependents_.end()) {
            for (const auto& [dependent, key] : found->second) {
                const auto [ns, name] = split_key(key);
                queue(duty::collect, *dependent, ns, name);
            }
        }
        return;
    }
    for (const auto& owner : now.owners) {
        dependents_[owner].insert(entry);
    }
    if (!now.owners.empty() && (!happened.previous || happened.previous->owners != now.owners)) {
        queue(duty::collect, which, now.ns, now.name);
    }
    if (now.deleting && (!happened.previous || !happened.previous->deleting)) {
        queue(duty::release_owner, which, now.ns, now.name);
    }
}

void controllers::observe_namespaces(const kind& which, const change& happened) {
    const auto& namespaces = state_.known.core("namespaces");
    if (&which == &namespaces && !happened.removed && happened.current->deleting) {
        queue(duty::end_namespace, namespaces, "", happened.current->name);
    }
    if (!happened.removed || happened.current->ns.empty()) {
        return;
    }
    const auto home = state_.kept.find(namespaces, "", happened.current->ns);
    if (home && home->deleting) {
        queue(duty::end_namespace, namespaces, "", home->name);
    }
}

} // namespace simulator::api
