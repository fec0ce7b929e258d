// HTTP/1.1 over TCP or TLS for a router: keep-alive, pipelining in order, limits, a graceful stop. Single-threaded.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/web/router.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace soteria::web {

struct server_limits {
    // Request line and headers: the largest cookie and token that ingresses forward fit twice. Beyond: 414 or 431.
    std::size_t header_bytes = 16UL * 1024;
    // A restore with every field and 32 tags of 256 bytes fits seven times. Beyond: 413.
    std::size_t body_bytes = 64UL * 1024;
    // Half of a Pod's usual 4,096 file descriptors; the other half is for upstreams. Beyond: 503 with Retry-After,
    // under TLS nothing but a close.
    std::size_t connections = 2000;
    // From the first byte of a request to the end of its head, and again to the end of its body (beyond: 408); also a
    // TLS handshake.
    std::chrono::milliseconds read{10'000};
    // Between two requests. Longer than the 60 s of common proxies, so that they close first.
    std::chrono::milliseconds idle{75'000};
    // From the end of a request to its answer; handed down to everything it waits for.
    std::chrono::milliseconds handling{30'000};
    // Writing one answer; a reader slower than this is cut off.
    std::chrono::milliseconds write{30'000};
};

struct server_settings {
    // ":8080" (v4 and v6), "127.0.0.1:0" (port 0: a free one is chosen and logged), "[::1]:8080"
    std::string listen_address = ":8080";
    server_limits limits;
    // Both or neither: PEM files for TLS, read anew when they change. Empty: plain HTTP.
    std::string certificate_file;
    std::string key_file;
};

class server {
public:
    // Binds and listens at once; throws std::runtime_error with a sentence if it cannot. The router outlives the
    // server.
    server(const boost::asio::any_io_executor& executor, server_settings settings, router& routes);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    // Begins to accept.
    void start();
    // No new connections; idle ones are closed; requests in flight are answered, with "Connection: close". What has not
    // ended when `until` passes is cancelled (and still awaited). True: all ended by themselves.
    boost::asio::awaitable<bool> stop(async::deadline until);
    [[nodiscard]] std::size_t connection_count() const;
    // Connections that were one too many, since the start.
    [[nodiscard]] std::uint64_t refused_count() const;

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace soteria::web
