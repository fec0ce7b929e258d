// The whole service as one object: everything that main() starts, and what the demo and tests start in their process.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/time.hpp>
#include <soteria/config/settings.hpp>
#include <soteria/kube/access.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace soteria::app {

// Paces that no variable sets.
struct pace {
    std::chrono::milliseconds longhorn_timeout{30000}; // of one request of a refresh, tried again meanwhile
    std::chrono::milliseconds report_interval{1000};   // the least time between two inventory reports
    std::chrono::milliseconds follow_longhorn{2000};   // how often what an operation waits for is read
    std::chrono::milliseconds retry_longhorn{5000};    // after a refresh that failed, at first
    std::chrono::milliseconds lease_retry{2000};       // after a Lease could not be read, written or watched
    std::chrono::milliseconds history{600000};         // between two looks for records that are too old
    std::chrono::milliseconds list_repository{5000};   // the least time between two listings of restic's repository
    std::chrono::milliseconds handling{30000};         // from the end of a request to its answer
    std::chrono::milliseconds list_page{60000};        // of one page of a cache's list
    std::chrono::milliseconds open_watch{30000};       // until the head of a cache's watch is there
};

// Single-threaded: constructed, used and destroyed on the loop's thread. SIGPIPE must be ignored.
class service {
public:
    // Binds the address and connects to nothing yet. Throws std::runtime_error with a sentence: the address cannot be
    // bound, or libcurl cannot be used. `time` outlives the service.
    service(const boost::asio::any_io_executor& executor, config::settings settings, kube::cluster_access access,
            pace paces = {}, const clock& time = system_clock());
    ~service(); // after stop()
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    // Serves from now on, waits for nothing: /readyz tells when the caches are full.
    void start();
    // In order: not ready; no new connections, and beside that operations at a recorded point, then the Lease given
    // back; no reflectors and pollers; no calls. True: all that within the time; otherwise what was still under way is
    // cut off (and taken up by the next start).
    boost::asio::awaitable<bool> stop(async::deadline until);

    [[nodiscard]] std::uint16_t port() const;
    // What /readyz says.
    [[nodiscard]] bool ready() const;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace soteria::app
