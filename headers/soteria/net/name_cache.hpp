// Host names to addresses, without ever waiting longer than the caller's deadline. libcurl's own resolver would hold
// the whole loop when a transfer is cancelled while getaddrinfo hangs.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace soteria::net {

using address_list = std::vector<std::string>; // "10.1.2.3", "fd00::1"

// Calls `done` once, from the loop, at any later time or never.
using name_lookup =
    std::function<void(const std::string& host, std::function<void(boost::system::error_code, address_list)> done)>;

// getaddrinfo in Asio's background thread. A call that hangs there delays later lookups, and the end of
// io_context::run(), but no caller.
name_lookup system_name_lookup(const boost::asio::any_io_executor& executor);

// Answers are kept for 30 s, failures not at all. Lookups of one host at the same time share one call. Single-threaded.
class name_cache {
public:
    name_cache(boost::asio::any_io_executor executor, name_lookup lookup);
    ~name_cache();
    name_cache(const name_cache&) = delete;
    name_cache& operator=(const name_cache&) = delete;

    // At least one address. unavailable: unknown host or the name service is down; timed_out; cancelled (also by
    // close()). Does not throw.
    boost::asio::awaitable<result<address_list>> find(std::string host, async::deadline until);

    // Ends all waits with `cancelled`, and refuses further ones.
    void close();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::net
