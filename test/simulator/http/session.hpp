// One client's connection: requests in, answers out, one after the other.
#pragma once

#include "test/simulator/http/server.hpp"
#include "test/simulator/http/target.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace simulator::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

inline constexpr std::size_t body_limit = std::size_t{64} * 1024 * 1024; // as large as any list a test makes
inline constexpr std::uint32_t header_limit = 64U * 1024;

inline constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

request to_request(http::request<http::string_body> message);
http::response<http::string_body> to_message(response answer, unsigned version, bool keep_alive, bool head);
http::response<http::empty_body> stream_header(const response& answer, bool keep_alive);
// Runs the handler; what it throws becomes a 500 with its text.
asio::awaitable<response> answer_to(const handler& handle, request asked);

template <class Stream>
class chunk_writer final : public stream_writer {
public:
    chunk_writer(Stream& stream, tcp::socket& socket) : stream_(stream), socket_(socket) {}

    asio::awaitable<bool> write(std::string bytes) override {
        if (broken_ || bytes.empty()) {
            co_return !broken_;
        }
        const auto buffers = http::make_chunk(asio::buffer(bytes));
        const auto [error, size] = co_await asio::async_write(stream_, buffers, as_tuple);
        broken_ = broken_ || error;
        co_return !broken_;
    }

    void cut() override {
        broken_ = true;
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] bool broken() const { return broken_; }

private:
    Stream& stream_;
    tcp::socket& socket_;
    bool broken_ = false;
};

template <class Stream>
class session {
public:
    session(Stream& stream, tcp::socket& socket, const handler& handle)
        : stream_(stream), socket_(socket), handle_(handle) {}

    asio::awaitable<void> run() {
        bool more = true;
        while (more) {
            more = co_await exchange();
        }
    }

private:
    // One request and its answer; false: the connection is over.
    asio::awaitable<bool> exchange() {
        http::request_parser<http::string_body> parser;
        parser.body_limit(body_limit);
        parser.header_limit(header_limit);
        const bool received = co_await receive(parser);
        if (!received) {
            co_return false;
        }
        const bool keep_alive = parser.get().keep_alive();
        const unsigned version = parser.get().version();
        const bool head = parser.get().method() == http::verb::head;
        request asked = to_request(parser.release());
        using namespace asio::experimental::awaitable_operators;
        auto outcome = co_await (answer_to(handle_, std::move(asked)) || client_gone());
        if (outcome.index() == 1) {
            co_return false;
        }
        response answer = std::get<0>(std::move(outcome));
        if (answer.raw) {
            co_await send_raw(std::move(*answer.raw));
            co_return false;
        }
        if (answer.stream) {
            const bool whole = co_await send_stream(std::move(answer), keep_alive);
            co_return whole&& keep_alive;
        }
        auto message = to_message(std::move(answer), version, keep_alive, head);
        const auto [error, size] = co_await http::async_write(stream_, message, as_tuple);
        co_return !error && keep_alive;
    }

    asio::awaitable<bool> receive(http::request_parser<http::string_body>& parser) {
        auto [header_error, header_size] = co_await http::async_read_header(stream_, buffer_, parser, as_tuple);
        if (!header_error && parser.get()[http::field::expect] == "100-continue") {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(go_on), as_tuple);
            header_error = error;
        }
        auto failed = header_error;
        if (!failed) {
            const auto [error, size] = co_await http::async_read(stream_, buffer_, parser, as_tuple);
            failed = error;
        }
        if (failed && failed.category() == http::make_error_code(http::error::body_limit).category() &&
            failed != http::error::end_of_stream && failed != http::error::partial_message) {
            response refusal;
            refusal.status = failed == http::error::body_limit ? 413 : 400;
            refusal.content_type = "text/plain";
            refusal.body = failed.message();
            auto message = to_message(std::move(refusal), 11, false, false);
            co_await http::async_write(stream_, message, as_tuple);
        }
        co_return !failed;
    }

    asio::awaitable<void> send_raw(raw_answer answer) {
        if (!answer.bytes.empty()) {
            co_await asio::async_write(stream_, asio::buffer(answer.bytes), as_tuple);
        }
        boost::system::error_code ignored;
        if (answer.reset) {
            socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        }
        socket_.close(ignored);
    }

    asio::awaitable<bool> send_stream(response answer, bool keep_alive) {
        auto header = stream_header(answer, keep_alive);
        http::response_serializer<http::empty_body> serializer(header);
        const auto [error, size] = co_await http::async_write_header(stream_, serializer, as_tuple);
        if (error) {
            co_return false;
        }
        chunk_writer<Stream> writer(stream_, socket_);
        using namespace asio::experimental::awaitable_operators;
        const auto ended = co_await (produce(answer, writer) || client_gone());
        if (ended.index() == 1 || writer.broken()) {
            co_return false;
        }
        const auto [last_error, last_size] = co_await asio::async_write(stream_, http::make_chunk_last(), as_tuple);
        co_return !last_error;
    }

    // A stream that throws is cut, as a server that falls over would.
    static asio::awaitable<void> produce(const response& answer, chunk_writer<Stream>& writer) {
        try {
            co_await answer.stream(writer);
        } catch (const std::exception&) {
            writer.cut();
        }
    }

    // Returns when the client closes. Bytes of a next request are kept for it; then only a cancellation ends this.
    asio::awaitable<void> client_gone() {
        bool open = true;
        while (open && buffer_.size() == 0) {
            const auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(4096), as_tuple);
            buffer_.commit(size);
            open = !error;
        }
        if (open) {
            asio::steady_timer never(socket_.get_executor(), asio::steady_timer::time_point::max());
            co_await never.async_wait(as_tuple);
        }
    }

    Stream& stream_;
    tcp::socket& socket_;
    const handler& handle_;
    beast::flat_buffer buffer_;
};

} // namespace simulator::detail
