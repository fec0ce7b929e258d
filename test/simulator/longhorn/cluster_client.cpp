#include "cluster_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace simulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

// Reads one whole answer into `body`.
struct whole_answer {
    http::request<http::empty_body> asked;
    std::optional<std::string> body;

    template <class Stream>
    asio::awaitable<void> run(Stream& stream) {
        const auto [unsent, sent] = co_await http::async_write(stream, asked, as_tuple);
        if (unsent) {
            co_return;
        }
        beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(1024ULL * 1024 * 1024);
        const auto [unread, received] = co_await http::async_read(stream, buffer, parser, as_tuple);
        if (!unread && parser.get().result_int() < 300) {
            body = std::move(parser.get().body());
        }
    }
};

struct line_by_line {
    http::request<http::empty_body> asked;
    std::function<bool(std::string_view)> take;

    template <class Stream>
    asio::awaitable<void> run(Stream& stream) {
        const auto [unsent, sent] = co_await http::async_write(stream, asked, as_tuple);
        if (unsent) {
            co_return;
        }
        beast::flat_buffer buffer;
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(boost::none);
        const auto [unread, header_size] = co_await http::async_read_header(stream, buffer, parser, as_tuple);
        if (unread || parser.get().result_int() != 200) {
            co_return;
        }
        beast::get_lowest_layer(stream).expires_never();
        std::string pending;
        std::array<char, 16384> chunk{};
        bool more = true;
        while (more && !parser.is_done()) {
            parser.get().body().data = chunk.data();
            parser.get().body().size = chunk.size();
            const auto [error, size] = co_await http::async_read_some(stream, buffer, parser, as_tuple);
            pending.append(chunk.data(), chunk.size() - parser.get().body().size);
            more = take_lines(pending) && (!error || error == http::error::need_buffer);
        }
    }

    bool take_lines(std::string& pending) const {
        std::size_t start = 0;
        bool more = true;
        for (auto end = pending.find('\n'); more && end != std::string::npos; end = pending.find('\n', start)) {
            more = take(std::string_view(pending).substr(start, end - start));
            start = end + 1;
        }
        pending.erase(0, start);
        return more;
    }
};

http::request<http::empty_body> request_for(http::verb method, const std::string& target, const std::string& host,
                                            const std::string& token) {
    http::request<http::empty_body> asked(method, target, 11);
    asked.set(http::field::host, host);
    asked.set(http::field::user_agent, "longhorn-simulator");
    asked.set(http::field::accept, "application/json");
    if (!token.empty()) {
        asked.set(http::field::authorization, "Bearer " + token);
    }
    return asked;
}

} // namespace

cluster_client::cluster_client(asio::io_context& context, cluster_access access)
    : context_(context), access_(std::move(access)), tls_(asio::ssl::context::tls_client) {
    constexpr std::string_view scheme = "://";
    const auto split = access_.url.find(scheme);
    const std::string kind = access_.url.substr(0, split);
    if (split == std::string::npos || (kind != "http" && kind != "https")) {
        throw std::invalid_argument("The Kubernetes URL " + access_.url +
                                    " is neither http://host:port nor https://host:port.");
    }
    secure_ = kind == "https";
    host_ = access_.url.substr(split + scheme.size());
    host_.resize(std::min(host_.find('/'), host_.size()));
    const auto colon = host_.rfind(':');
    port_ = colon == std::string::npos ? (secure_ ? "443" : "80") : host_.substr(colon + 1);
    name_ = host_.substr(0, colon);
    if (!access_.ca_file.empty()) {
        tls_.load_verify_file(access_.ca_file);
        tls_.set_verify_mode(asio::ssl::verify_peer);
    }
}

void cluster_client::cancel() {
    if (current_ != nullptr) {
        current_->cancel();
    }
}

asio::awaitable<bool> cluster_client::connect(beast::tcp_stream& stream) {
    asio::ip::tcp::resolver resolver(context_);
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(name_, port_, as_tuple);
    if (unresolved) {
        co_return false;
    }
    const auto [unconnected, endpoint] = co_await stream.async_connect(endpoints, as_tuple);
    co_return !unconnected;
}

template <class Exchange>
asio::awaitable<void> cluster_client::converse(Exchange& exchange) {
    asio::ssl::stream<beast::tcp_stream> stream(beast::tcp_stream(context_), tls_);
    beast::tcp_stream& plain = stream.next_layer();
    plain.expires_after(20s);
    current_ = &plain;
    const bool connected = co_await connect(plain);
    if (connected && secure_) {
        const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_tuple);
        if (!error) {
            co_await exchange.run(stream);
        }
    } else if (connected) {
        co_await exchange.run(plain);
    }
    current_ = nullptr;
}

asio::awaitable<std::optional<std::string>> cluster_client::call(http::verb method, std::string target) {
    whole_answer exchange{.asked = request_for(method, target, host_, access_.token), .body = {}};
    co_await converse(exchange);
    co_return std::move(exchange.body);
}

asio::awaitable<void> cluster_client::watch(std::string target, std::function<bool(std::string_view)> take) {
    line_by_line exchange{.asked = request_for(http::verb::get, target, host_, access_.token), .take = std::move(take)};
    co_await converse(exchange);
}

} // namespace simulator
