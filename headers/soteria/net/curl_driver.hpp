// libcurl's multi interface on an io_context: its sockets are watched and its one timer is kept by Asio, so that
// transfers run beside everything else on the one thread. Knows nothing of HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <curl/curl.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace soteria::net {

// Single-threaded. Nothing of the caller is ever run from inside libcurl: `ended` is called from the loop, after the
// easy handle has left the multi handle. The callbacks set on an easy handle (write, header) do run inside libcurl:
// they must not call this class, nor throw.
class curl_driver {
public:
    // Called once with the transfer's result. May call start() and abandon().
    using on_end = std::function<void(CURLcode)>;

    explicit curl_driver(boost::asio::any_io_executor executor);
    // As stop().
    ~curl_driver();
    curl_driver(const curl_driver&) = delete;
    curl_driver& operator=(const curl_driver&) = delete;

    // Begins the transfer. The handle stays the caller's, who keeps it alive until `ended` was called or abandon()
    // has returned. Anything but CURLE_OK: it did not begin and `ended` will not be called.
    CURLcode start(CURL* easy, on_end ended);
    // Ends a transfer without calling its `ended`; one that has ended already is left alone. Closes its connection if
    // that is in the middle of an answer.
    void abandon(CURL* easy);
    // Ends every transfer with CURLE_ABORTED_BY_CALLBACK, closes all connections and refuses new ones. The handlers
    // that the loop still holds are over at its next turn.
    void stop();

    [[nodiscard]] std::size_t running() const;

private:
    class implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace soteria::net
