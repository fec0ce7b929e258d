// Outbound HTTP as an interface: one request, one answer or one stream of chunks.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::net {

using header_list = std::vector<std::pair<std::string, std::string>>;

// The first value of a header, compared without case; empty if absent.
std::string_view find_header(const header_list& headers, std::string_view name);

struct http_request {
    std::string method = "GET";
    std::string url;     // absolute, already encoded
    header_list headers; // "Authorization" is never logged
    std::string body;
    // What this call is for: "restore/create_volume". Sent at the end of the User-Agent, so that the upstream's own
    // audit log tells it.
    std::string purpose;
    // A repeat of this request by the transport itself, on a connection that died without an answer, does no harm.
    // Otherwise a fresh connection is used (libcurl resends on a dead reused one, POST included).
    bool repeatable = true;
    // A longer body fails the call with bad_answer. 64 MiB holds a Longhorn with 10,000 volumes.
    std::size_t max_body_bytes = 64UL * 1024 * 1024;

    http_request() = default;

    http_request(std::string method_, std::string url_) : method(std::move(method_)), url(std::move(url_)) {}
};

struct http_response {
    int status = 0;
    header_list headers;
    std::string body;
};

// The body of one answer as it arrives. Destroying it ends the transfer.
class http_stream {
public:
    virtual ~http_stream() = default;
    [[nodiscard]] virtual int status() const = 0;
    [[nodiscard]] virtual const header_list& headers() const = 0;
    // The next bytes; an empty string: the body ended properly. timed_out: nothing came by `until` (the stream may be
    // read again). outcome_unknown / unavailable: the connection broke. bad_answer: the reader fell more than the
    // buffer bound behind.
    virtual boost::asio::awaitable<result<std::string>> next(async::deadline until) = 0;
};

// A status >= 400 is an answer, not an error. Errors:
//   unavailable       nothing was sent (refused, unknown host, TLS refused)
//   outcome_unknown   sent, and no (whole) answer came, for whatever reason, the deadline included
//   timed_out         the deadline passed before anything was sent
//   bad_answer        not HTTP, or larger than max_body_bytes
//   cancelled         the calling coroutine was cancelled
// A request that changes nothing (GET, HEAD) never ends in outcome_unknown: unavailable or timed_out instead.
// Cancellation (terminal) at any moment ends the transfer; nothing of it is left behind.
class http_client {
public:
    virtual ~http_client() = default;
    virtual boost::asio::awaitable<result<http_response>> send(http_request request, async::deadline until) = 0;
    // Returns once the head of the answer is there (by `until`).
    virtual boost::asio::awaitable<result<std::unique_ptr<http_stream>>> open_stream(http_request request,
                                                                                     async::deadline until) = 0;
};

} // namespace soteria::net
