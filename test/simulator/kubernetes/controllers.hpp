// What a controller-manager does to volumes, owners and namespaces, in the turns of the loop after a change.
#pragma once

#include "test/simulator/kubernetes/server_state.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <set>
#include <tuple>

namespace simulator::api {

class controllers {
public:
    explicit controllers(server_state& state);

    void observe(const kind& which, const change& happened);
    void stop();

private:
    enum class duty { bind_claim, sync_volume, protect_claim, protect_volume, collect, release_owner, end_namespace };

    // Ordered, so that a duty is queued once.
    using task = std::tuple<duty, const kind*, std::string, std::string>; // kind, namespace, name

    void queue(duty what, const kind& which, const std::string& ns, const std::string& name);
    void schedule();
    void work();
    void perform(const task& one);

    void observe_claim(const change& happened);
    void observe_volume(const change& happened);
    void observe_pod(const change& happened);
    void observe_owners(const kind& which, const change& happened);
    void observe_namespaces(const kind& which, const change& happened);

    void bind_claim(const std::string& ns, const std::string& name);
    void complete_claim(const stored& claim, const json::object& volume, bool by_controller);
    void sync_volume(const std::string& name);
    void reclaim(const std::string& name, const json::object& volume);
    void set_volume_phase(const std::string& name, std::string_view phase, std::string_view message = {});
    void restore_finalizer(const kind& which, const stored& object, std::string_view finalizer);
    void protect_claim(const std::string& ns, const std::string& name);
    void protect_volume(const std::string& name);
    void collect(const kind& which, const std::string& ns, const std::string& name);
    void release_owner(const kind& which, const std::string& ns, const std::string& name);
    void end_namespace(const std::string& name);

    [[nodiscard]] bool owner_exists(const kind& of, const std::string& ns, const json::object& reference);
    void remove(const kind& which, const stored& object);

    server_state& state_;
    const kind& claims_;
    const kind& volumes_;
    boost::asio::steady_timer timer_;
    bool scheduled_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // false for a timer that fires after stop()
    std::set<task> tasks_;
    // Claims (keys) that name a volume, volumes that name a claim.
    std::map<std::string, std::set<std::string>> claims_of_volume_;
    std::map<std::string, std::set<std::string>> volumes_of_claim_;
    // Dependents by their owner's uid; owners that wait for theirs.
    std::map<std::string, std::set<std::pair<const kind*, std::string>>> dependents_;
    std::map<std::string, task> leaving_owners_;
};

} // namespace simulator::api
