// The http_client that talks to real servers: libcurl on the io_context.
#pragma once

#include <soteria/net/http_client.hpp>
#include <soteria/net/http_client_settings.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace soteria::net {

// HTTP/1.1. Connections are kept and reused, except for requests that are not repeatable. No redirects, no proxy, no
// cookies. Make one per upstream. Single-threaded. The process must ignore SIGPIPE (libcurl is told to leave signals
// alone).
//
// The order of the end: stop(), join the coroutines that call it, destroy it, destroy the io_context. Streams must not
// outlive the io_context.
class curl_http_client : public http_client {
public:
    // Throws std::runtime_error if libcurl cannot be used at all.
    curl_http_client(boost::asio::any_io_executor executor, http_client_settings settings);
    ~curl_http_client() override; // as stop()
    curl_http_client(const curl_http_client&) = delete;
    curl_http_client& operator=(const curl_http_client&) = delete;

    // Also invalid: not an http(s) URL, or a header that no header may hold.
    boost::asio::awaitable<result<http_response>> send(http_request request, async::deadline until) override;
    boost::asio::awaitable<result<std::unique_ptr<http_stream>>> open_stream(http_request request,
                                                                             async::deadline until) override;

    // Every call and stream ends with `cancelled`, now and from now on; connections close.
    void stop();

    // Requests and streams that have a connection now or are about to get one.
    [[nodiscard]] std::size_t running() const;

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace soteria::net
