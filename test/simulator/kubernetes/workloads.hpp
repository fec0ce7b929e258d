// The Job controller, the scheduler and the kubelet, as far as Jobs need them. Only Pods that a Job owns are run; all
// others stay as they were made.
#pragma once

#include "test/simulator/kubernetes/container_player.hpp"
#include "test/simulator/kubernetes/server_state.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace simulator::api {

// How a Pod comes to grief without a fault of its program. Words: unschedulable, image_missing, mount_fails, refused
// (Kubernetes refuses to make the Pod), evicted, oom_killed, stalled (its program stands still once it has begun).
struct workload_fault {
    std::string job; // how the Job's name begins; empty: all Jobs
    std::string what;
    std::string container;     // evicted, oom_killed, stalled: while it runs; empty: the last one
    std::size_t times = 0;     // Jobs or Pods that meet it; 0: all, until the faults are taken away
    std::set<std::string> met; // their uids
};

class workloads {
public:
    // `player` may be null: then every container ends well at once and says nothing.
    workloads(server_state& state, container_player* player);
    ~workloads();
    workloads(const workloads&) = delete;
    workloads& operator=(const workloads&) = delete;

    void observe(const kind& which, const change& happened);
    void stop();

    // POST faults, DELETE faults (what stood still because of one goes on), and the player's; nullopt: none of these.
    std::optional<json::value> control(const std::string& method, const std::string& path, const std::string& body);

private:
    enum class duty { job, pod };
    using task = std::tuple<duty, std::string, std::string>; // namespace, name

    struct run; // a Pod whose containers are started

    void queue(duty what, const std::string& ns, const std::string& name);
    void schedule();
    void work();
    void look_again_at_waiting(const std::string& ns); // "": everywhere
    // Calls back once the time has come, unless the key is set anew or let go before.
    void wake_at(const std::string& key, std::chrono::milliseconds after, std::function<void()> then);
    void add_fault(const json::object& described);
    void clear_faults();
    // True if a fault of that word is meant for this Pod or Job; counts it.
    bool meets(const stored& object, const std::string& job_name, std::string_view what);
    bool meets(const run& of, std::string_view what);
    bool meets(const std::string& uid, const std::string& job_name, std::string_view what, const std::string& container,
               bool last);
    void tell(std::string_view kind_name, const stored& about, std::string_view type, std::string_view reason,
              const std::string& message);

    // job_controller.cpp
    void sync_job(const std::string& ns, const std::string& name);
    void advance_job(const stored& job, const json::object& object);
    void begin_job(const stored& job);
    bool past_deadline(const stored& job, const json::object& object);
    void make_pod(const stored& job, const json::object& object);
    void set_job_condition(const stored& job, std::string_view type, bool holds, std::string_view reason,
                           std::string_view message);
    void finish_job(const stored& job, std::string_view early, std::string_view last);
    void count_pods(const stored& job, const std::vector<stored_ptr>& pods);
    void expire_job(const stored& job, const json::object& object);
    void remove_pods(const std::vector<stored_ptr>& pods);
    void release_pod(const stored& pod, const json::object& object);
    [[nodiscard]] std::vector<stored_ptr> pods_of(const std::string& ns, const std::string& job_uid) const;

    // scheduler.cpp
    bool place(const stored& pod, const json::object& object);
    bool refuse_place(const stored& pod, const std::string& why);
    bool claims_ready(const stored& pod, const json::object& object, const std::string& node);
    bool provision(const stored& claim, const json::object& object, const std::string& node);
    [[nodiscard]] std::set<std::string> nodes() const;
    static std::vector<std::string> claims_of(const json::object& pod);
    [[nodiscard]] std::vector<std::pair<std::string, std::string>>
    users_of(const std::string& ns, const std::string& claim, const std::string& but) const;

    // kubelet.cpp
    void sync_pod(const std::string& ns, const std::string& name);
    void start_pod(const stored& pod, const json::object& object);
    [[nodiscard]] std::string attach_trouble(const stored& pod, const json::object& object) const;
    void start_container(run& of);
    void next_moment(run& of);
    void take_moment(run& of, const container_moment& moment);
    void end_container(run& of, int exit_code, const std::string& reason);
    void end_pod(run& of, std::string_view phase, std::string_view reason = {}, std::string_view message = {});
    void terminate_pod(const stored& pod);
    void write_status(const run& of, std::string_view phase, std::string_view reason = {},
                      std::string_view message = {});
    void stay_waiting(const stored& pod, const json::object& object, std::string_view reason,
                      const std::string& message);

    // container_orders.cpp
    container_order order_of(const run& of, const json::object& container) const;
    [[nodiscard]] container_mount mount_of(const run& of, const json::object& mount) const;
    // "" if all Secrets that its environment is made from are there.
    [[nodiscard]] std::string missing_secret(const std::string& ns, const json::object& container) const;

    server_state& state_;
    container_player* player_;
    const kind& jobs_;
    const kind& pods_;
    const kind& claims_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // false for a timer that fires after stop()
    bool scheduled_ = false;
    std::set<task> tasks_;
    std::map<std::string, std::unique_ptr<boost::asio::steady_timer>> alarms_;
    std::map<std::string, std::unique_ptr<run>> runs_;      // by the Pod's uid
    std::set<std::pair<std::string, std::string>> waiting_; // Pods (namespace, name) that cannot start yet
    std::vector<workload_fault> faults_;
    std::uint64_t told_ = 0;
};

struct workloads::run {
    std::string ns;
    std::string name;
    std::string uid;
    std::string job;
    json::object pod;                     // as it was when it started
    std::vector<json::object> containers; // the init containers first
    std::size_t inits = 0;
    std::size_t at = 0;               // the one that runs
    std::vector<json::object> states; // one each, {"waiting"|"running"|"terminated": ...}
    std::unique_ptr<running_container> program;
    bool begun = false; // the program has had its first moment
    bool stalled = false;
};

// The uid of the Job that controls it; empty: none. And its name.
std::string job_of(const json::object& pod);
std::string job_name_of(const json::object& pod);
bool ended(const json::object& pod);
// True if it has the condition with status True.
bool has_condition(const json::object& object, std::string_view type);
void set_condition(json::object& object, std::string_view type, bool holds, std::string_view reason,
                   std::string_view message);

} // namespace simulator::api
