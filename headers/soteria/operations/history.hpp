// Finished operations are kept for a while, and then their records go.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/operations/record_store.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace soteria::operations {

struct history_limits {
    std::chrono::hours age{720}; // since they ended
    std::size_t count = 10'000;  // of both kinds together
};

// The records that go: finished, let go of (without finalizer), and too old or too many. The longest finished first.
std::vector<record_store::pointer> expired(const record_store& records, const history_limits& limits, instant now);

// Deletes them, each only as it was seen (uid). What is gone already is no failure; the first other failure ends it:
// the rest is for the next time. The watch takes them out of the cache.
boost::asio::awaitable<result<void>> forget(kube::client& kubernetes, std::vector<record_store::pointer> records,
                                            async::deadline until);

} // namespace soteria::operations
