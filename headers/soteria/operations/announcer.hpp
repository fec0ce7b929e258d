// Kubernetes Events about operations, for `kubectl describe` and `kubectl get events`: on the record, and on the PVC
// that it is about (a backup's source; a restore's target once it is there).
//
// One for each turn of an operation: accepted, stalled, rolling back, and how it ended. Its name is made of the
// record's uid and that turn, so that a repeat, also by the next leader, makes no second one. An Event that cannot be
// written changes nothing for the operation: it is counted.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/async/signal.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/telemetry/service_counters.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace soteria::operations {

enum class news { accepted, stalled, rolling_back, ended };

// What an Event is about.
struct event_subject {
    std::string api_version;
    std::string kind;
    std::string ns;
    std::string name;
    std::string uid;
};

event_subject record_of(const domain::operation& operation);
// The manifest of that Event (core/v1). Pure.
boost::json::object event_about(const event_subject& subject, news what, const domain::operation& operation,
                                instant now);

class announcer {
public:
    // They wait here for their turn: an outage of the API server must not fill the memory.
    static constexpr std::size_t most_waiting = 4096;
    // 20 a second: a thousand restores that end together are told within two minutes, and the API server hardly
    // notices.
    static constexpr std::chrono::milliseconds spacing{50};

    // All that is referred to outlives it. `counts`: soteria_kubernetes_events_total.
    announcer(const boost::asio::any_io_executor& executor, kube::client& kubernetes,
              const kube::store<kube::persistent_volume_claim>& claims, const clock& time,
              telemetry::counter_family& counts);

    // Never waits. Beyond `most_waiting` it is dropped, and counted.
    void tell(news what, const domain::operation& about);

    // Writes them, one after the other, until it is cancelled; what waits then is not told.
    boost::asio::awaitable<void> run();

private:
    void enqueue(boost::json::object event);
    boost::asio::awaitable<void> write(boost::json::object event);

    kube::client& kubernetes_;
    const kube::store<kube::persistent_volume_claim>& claims_;
    const clock& time_;
    telemetry::counter_family& counts_;
    std::deque<boost::json::object> waiting_;
    async::signal changed_;
    bool failing_ = false;
};

} // namespace soteria::operations
