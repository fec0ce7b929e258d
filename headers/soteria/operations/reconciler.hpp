// Carries operations out: one coroutine an operation, on the replica that holds the Lease.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/backup/driver.hpp>
#include <soteria/kube/leader_lease.hpp>
#include <soteria/operations/announcer.hpp>
#include <soteria/operations/cluster_requests.hpp>
#include <soteria/operations/decide.hpp>
#include <soteria/operations/queue.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/operations/slots.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace soteria::operations {

struct reconciler_settings {
    limits limit;
    // One attempt at one step, and how long a call whose answer was lost may still take effect. Must be at most half
    // of the leader lease: an effect is sent only if it ends before the lease does.
    std::chrono::milliseconds effect_timeout{7500};
    std::string ns; // the service's own: leftovers are kept there
    // Each operation that has ended, before it is let go: once, but after a crash at that moment the next leader tells
    // it again.
    std::function<void(const domain::operation&)> on_finished = [](const domain::operation&) {};
    // For each turn of an operation that this process has recorded; an end may be told again after a crash.
    std::function<void(news, const domain::operation&)> on_news = [](news, const domain::operation&) {};
};

// What it works with; all of it outlives run().
struct reconciler_world {
    kube::client& kubernetes;
    record_store& records;
    slots& places;
    queue& line;
    kube::store<kube::persistent_volume_claim>& claims;
    kube::leader_lease& lease;
    driver_lookup find_driver;
    const clock& time;
};

// Reads what to do from the records alone, so it goes on after a crash where the last one stopped: intents are recorded
// before effects, outcomes after. Before it trusts "absent" of an effect that another process may have under way, it
// waits for one effect timeout, and then reads the record itself, as its cache may be behind. At the end of run()
// (cancelled, or the lease is lost) every operation stands at a recorded point or has an effect whose outcome the next
// leader looks up.
class reconciler {
public:
    reconciler(boost::asio::any_io_executor executor, reconciler_world world, reconciler_settings settings);
    ~reconciler();
    reconciler(const reconciler&) = delete;
    reconciler& operator=(const reconciler&) = delete;

    // Until cancelled. Owned by a task group that is stopped before this object is destroyed.
    boost::asio::awaitable<void> run();

    // No new effect is begun any more; those under way may end. For the stop, before run() is cancelled.
    boost::asio::awaitable<void> drain(async::deadline until);

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::operations
