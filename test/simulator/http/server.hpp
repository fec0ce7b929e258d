// A small HTTP/1.1 server for the simulators: plain or TLS, whole or streamed answers, any port.
// It shares no code with the product, so that a mistake in the product's own HTTP cannot hide here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace simulator {

struct request {
    std::string method;
    std::string target;                         // as it came: path and query
    std::string path;                           // decoded, without the query
    std::map<std::string, std::string> query;   // decoded; a key without "=" has an empty value
    std::map<std::string, std::string> headers; // names in lower case
    std::string body;
};

// Where a streamed answer is written to. write() returns false once the client is gone; then return.
class stream_writer {
public:
    virtual ~stream_writer() = default;
    virtual boost::asio::awaitable<bool> write(std::string bytes) = 0;
    // Ends the connection in the middle of the body (no last chunk): a watch that is cut.
    virtual void cut() = 0;
};

// Bytes instead of an answer; then the connection is closed, with a reset if asked for.
struct raw_answer {
    std::string bytes;
    bool reset = false;
};

struct response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    // If set, `body` is ignored and this produces the (chunked) body.
    std::function<boost::asio::awaitable<void>(stream_writer&)> stream;
    // If set, nothing else counts.
    std::optional<raw_answer> raw;
};

using handler = std::function<boost::asio::awaitable<response>(request)>;

struct tls_files {
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file; // empty: client certificates are not asked for
};

// Serves until stop(). The handler may suspend as long as it likes; when its client leaves meanwhile, the handler (or
// the stream) is cancelled: what it waits for ends with operation_aborted. What must be done regardless of the client
// comes before the first wait. A handler that throws answers 500. Runs on the given io_context, single-threaded; after
// stop() the loop must turn once more before what the handler refers to may go.
class http_server {
public:
    // Binds at once; port 0 picks a free one. Throws boost::system::system_error if it cannot.
    http_server(boost::asio::io_context& context, const std::string& address, std::uint16_t port, handler handle,
                const std::optional<tls_files>& tls = std::nullopt);
    ~http_server(); // closes everything
    [[nodiscard]] std::uint16_t port() const;
    void start();
    void stop();

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace simulator
