// One conversation after the other with an API server: a call with its whole answer, or a watch line by line.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/verb.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace simulator {

struct cluster_access {
    std::string url;     // http://host:port or https://host:port
    std::string token;   // "": none is sent
    std::string ca_file; // "": a server's certificate is not checked
};

class cluster_client {
public:
    // Throws std::invalid_argument for another kind of URL, boost::system::system_error for an unreadable CA file.
    cluster_client(boost::asio::io_context& context, cluster_access access);

    // The body of a 2xx; nullopt: anything else. Twenty seconds at most.
    boost::asio::awaitable<std::optional<std::string>> call(boost::beast::http::verb method, std::string target);
    // Gives each line to `take` until that returns false, the stream ends or cancel() is called.
    boost::asio::awaitable<void> watch(std::string target, std::function<bool(std::string_view)> take);
    // Ends what goes on now.
    void cancel();

private:
    boost::asio::awaitable<bool> connect(boost::beast::tcp_stream& stream);
    template <class Exchange>
    boost::asio::awaitable<void> converse(Exchange& exchange);

    boost::asio::io_context& context_;
    cluster_access access_;
    boost::asio::ssl::context tls_;
    bool secure_ = false;
    std::string host_; // with the port, for the Host header
    std::string name_;
    std::string port_;
    boost::beast::tcp_stream* current_ = nullptr;
};

} // namespace simulator
