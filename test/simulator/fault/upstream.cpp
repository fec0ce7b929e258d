#include "test/simulator/fault/upstream.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url.hpp>

#include <charconv>
#include <set>
#include <stdexcept>

namespace simulator::fault {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::size_t most_idle = 64;                 // connections kept for reuse
constexpr std::size_t piece = std::size_t{64} * 1024; // of a stream
const std::set<std::string_view> hop_by_hop{"connection", "transfer-encoding", "content-length", "expect",
                                            "host",       "keep-alive",        "accept-encoding"};

struct place {
    tcp::endpoint endpoint;
    std::string authority;
    bool tls = false;
};

http::request<http::string_body> to_message(const request& asked, const std::string& authority) {
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(asked.method);
    message.target(asked.target);
    message.set(http::field::host, authority);
    for (const auto& [name, value] : asked.headers) {
        if (hop_by_hop.count(name) == 0) {
            message.set(name, value);
        }
    }
    message.body() = asked.body;
    if (!asked.body.empty() || asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH") {
        message.content_length(asked.body.size());
    }
    return message;
}

template <class Message>
response from_message(const Message& message) {
    response answer;
    answer.status = static_cast<int>(message.result_int());
    answer.content_type.clear();
    for (const auto& field : message) {
        const std::string name(field.name_string());
        if (beast::iequals(name, "content-type")) {
            answer.content_type = std::string(field.value());
        } else if (!beast::iequals(name, "connection") && !beast::iequals(name, "content-length") &&
                   !beast::iequals(name, "transfer-encoding")) {
            answer.headers.emplace_back(name, std::string(field.value()));
        }
    }
    return answer;
}

tcp::socket& lowest(tcp::socket& stream) {
    return stream;
}

tcp::socket& lowest(asio::ssl::stream<tcp::socket>& stream) {
    return stream.next_layer();
}

template <class Stream>
class stream_channel final : public channel {
public:
    template <class... Arguments>
    explicit stream_channel(place where, Arguments&&... arguments)
        : where_(std::move(where)), stream_(std::forward<Arguments>(arguments)...) {}

    asio::awaitable<void> connect() override {
        co_await lowest(stream_).async_connect(where_.endpoint, asio::use_awaitable);
        lowest(stream_).set_option(tcp::no_delay(true));
        if constexpr (!std::is_same_v<Stream, tcp::socket>) {
            co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        }
    }

    asio::awaitable<response> exchange(const request& asked) override {
        clean_ = false;
        co_await send(asked);
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        parser.skip(asked.method == "HEAD");
        co_await http::async_read(stream_, buffer_, parser, asio::use_awaitable);
        clean_ = parser.get().keep_alive();
        auto answer = from_message(parser.get());
        answer.body = std::move(parser.get().body());
        co_return answer;
    }

    asio::awaitable<response> begin(const request& asked) override {
        clean_ = false;
        co_await send(asked);
        body_.emplace();
        body_->body_limit(boost::none);
        co_await http::async_read_header(stream_, buffer_, *body_, asio::use_awaitable);
        co_return from_message(body_->get());
    }

    asio::awaitable<std::string> next() override {
        std::string bytes(piece, '\0');
        std::size_t size = 0;
        if (!body_) {
            throw std::logic_error("no answer has begun");
        }
        auto& parser = *body_;
        while (!parser.is_done() && size == 0) {
            auto& body = parser.get().body();
            body.data = bytes.data();
            body.size = bytes.size();
            boost::system::error_code error;
            co_await http::async_read_some(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
            if (error && error != http::error::need_buffer) {
                throw boost::system::system_error(error);
            }
            size = bytes.size() - parser.get().body().size;
        }
        bytes.resize(size);
        co_return bytes;
    }

    [[nodiscard]] bool reusable() override {
        auto& socket = lowest(stream_);
        boost::system::error_code error;
        if (!clean_ || !socket.is_open() || buffer_.size() != 0) {
            return false;
        }
        socket.non_blocking(true, error);
        char byte = 0;
        socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
        return error == asio::error::would_block;
    }

private:
    asio::awaitable<void> send(const request& asked) {
        auto message = to_message(asked, where_.authority);
        boost::system::error_code error;
        co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            throw boost::system::system_error(error);
        }
    }

    place where_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::response_parser<http::buffer_body>> body_;
    bool clean_ = true;
};

place parse_place(const std::string& url) {
    const auto parsed = boost::urls::parse_uri(url);
    const bool known = parsed && (parsed->scheme() == "http" || parsed->scheme() == "https") && parsed->has_port();
    boost::system::error_code error;
    const auto address =
        known ? asio::ip::make_address(std::string(parsed->host_address()), error) : asio::ip::address();
    if (!known || error) {
        throw std::invalid_argument("the upstream is http://ADDRESS:PORT or https://ADDRESS:PORT, not " + url);
    }
    place found;
    found.endpoint = tcp::endpoint(address, parsed->port_number());
    found.authority = std::string(parsed->encoded_host_and_port());
    found.tls = parsed->scheme() == "https";
    return found;
}

} // namespace

struct upstream::implementation {
    implementation(asio::any_io_executor executor_, const std::string& url)
        : executor(std::move(executor_)), where(parse_place(url)), tls(asio::ssl::context::tls_client) {
        tls.set_verify_mode(asio::ssl::verify_none);
    }

    std::unique_ptr<channel> make() {
        if (where.tls) {
            return std::make_unique<stream_channel<asio::ssl::stream<tcp::socket>>>(where, executor, tls);
        }
        return std::make_unique<stream_channel<tcp::socket>>(where, executor);
    }

    asio::any_io_executor executor;
    place where;
    asio::ssl::context tls;
    std::vector<std::unique_ptr<channel>> idle;
};

upstream::upstream(asio::any_io_executor executor, const std::string& url)
    : implementation_(std::make_unique<implementation>(std::move(executor), url)) {}

upstream::~upstream() = default;

asio::awaitable<std::unique_ptr<channel>> upstream::open(bool write) {
    auto& idle = implementation_->idle;
    while (!write && !idle.empty()) {
        auto used = std::move(idle.back());
        idle.pop_back();
        if (used->reusable()) {
            co_return used;
        }
    }
    auto made = implementation_->make();
    co_await made->connect();
    co_return made;
}

void upstream::give_back(std::unique_ptr<channel> used) {
    if (implementation_->idle.size() < most_idle && used->reusable()) {
        implementation_->idle.push_back(std::move(used));
    }
}

} // namespace simulator::fault
