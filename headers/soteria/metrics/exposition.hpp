// What /metrics shows: everything is evaluated when it is asked for.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/inventory/inventory.hpp>
#include <soteria/telemetry/service_counters.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soteria::metrics {

// How reading the drivers' stores went.
struct refresh_state {
    std::uint64_t failures = 0;
    std::optional<instant> last_complete; // in which every configured driver answered
};

// How one kind of object is watched in Kubernetes.
struct watch_state {
    std::string resource; // "persistentvolumeclaims"
    bool complete = false;
    std::optional<instant> last_contact; // when the API server last said anything about it
    std::uint64_t lists = 0;             // whole lists so far: each is a lot of work for the API server
    std::size_t objects = 0;
};

// One row of /readyz.
struct check_state {
    std::string name; // "kubernetes", "longhorn", "backup_target"
    bool ok = false;
};

struct server_state {
    std::size_t connections = 0;
    std::uint64_t refused = 0; // connections that were one too many
};

// What was published to the event stream, for all readers together; and the readers.
struct event_state {
    std::uint64_t operations = 0;
    std::uint64_t rows = 0;    // of the inventory
    std::uint64_t resets = 0;  // for everybody
    std::size_t streams = 0;   // open now
    std::uint64_t cut_off = 0; // streams whose clients did not read
};

// The rest of what is true or not at this moment.
struct service_state {
    bool leads = false;                         // holds the Lease: this replica acts
    std::map<std::string, std::size_t> orphans; // by kind; 0 on a replica that does not lead
    std::vector<watch_state> watches;
    std::vector<check_state> checks;
    server_state server;
    event_state events;
    std::map<std::string, std::size_t> upstream_in_flight; // requests and streams, by upstream
};

using operation_visitor = std::function<void(const domain::operation&)>;

// What is behind the references outlives every scrape; the functions are called at each.
struct sources {
    std::function<std::shared_ptr<const inventory::report>()> inventory; // never null
    std::function<refresh_state()> refresh;
    std::function<service_state()> service;
    // Shows every record there is.
    std::function<void(const operation_visitor&)> each_operation;
    const telemetry::service_counters& counters;
    const clock& time;
    std::chrono::duration<double> max_age{0};
};

// One scrape in Prometheus' text format, version 0.0.4, made piece by piece: at 50,000 PVCs it is 30 MB of text, which
// is never there as a whole. All pieces are of one inventory and one moment. Several may be under way at once.
class scrape {
public:
    explicit scrape(sources from);
    ~scrape();
    scrape(scrape&&) noexcept;
    scrape& operator=(scrape&&) noexcept;

    // Appends the next piece: whole lines, about 64 KiB, a fraction of a millisecond. False: that was the last one.
    bool next(std::string& to);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace soteria::metrics
