// The server behind the proxy. HTTP/1.1, plain or TLS (whose certificate is not checked: it is on this machine).
#pragma once

#include "test/simulator/http/server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace simulator::fault {

// One connection; dropped with its object. All of it throws boost::system::system_error.
class channel {
public:
    virtual ~channel() = default;
    virtual boost::asio::awaitable<void> connect() = 0;
    // Sends the request and reads the whole answer.
    virtual boost::asio::awaitable<response> exchange(const request& asked) = 0;
    // Sends the request and reads the answer's head; the body comes from next().
    virtual boost::asio::awaitable<response> begin(const request& asked) = 0;
    // The next bytes of the body; empty at its end.
    virtual boost::asio::awaitable<std::string> next() = 0;
    // False once the server has closed, or must not be used again.
    [[nodiscard]] virtual bool reusable() = 0;
};

class upstream {
public:
    // "http://host:port" or "https://host:port"; the host is an IP address. Throws std::invalid_argument.
    upstream(boost::asio::any_io_executor executor, const std::string& url);
    ~upstream();

    // A connected channel. A write gets a new one, so that a connection that has died meanwhile can never be mistaken
    // for a request that was sent.
    boost::asio::awaitable<std::unique_ptr<channel>> open(bool write);
    void give_back(std::unique_ptr<channel> used);

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace simulator::fault
