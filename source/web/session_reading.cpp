// Reading one request, within its limits.
#include "session.hpp"

#include <soteria/async/within.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 4096;

bool is_http_error(const beast::error_code& error) {
    return error.category() == make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

} // namespace

std::string_view session::received() const {
    const auto bytes = buffer_.data();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
}

session::reading session::hopeless(refusal why) {
    refusal_ = why;
    return reading::hopeless;
}

// The reads ended before the request did: by our limit, or by the client, who hears no answer then.
session::reading session::broken_off(const char* detail) {
    return stream_->timed_out() ? hopeless({408, "request_timeout", detail}) : reading::gone;
}

asio::awaitable<bool> session::wait_for_bytes() {
    if (winding_up_)
        co_return false;
    if (buffer_.size() > 0)
        co_return true; // pipelined behind the last request
    idle_ = true;
    stream_->limit_reading(limits_.idle);
    auto reading_some = stream_->async_read_some(buffer_.prepare(read_bytes), no_throw);
    const auto [error, count] = co_await std::move(reading_some);
    idle_ = false;
    buffer_.commit(count);
    co_return count > 0;
}

asio::awaitable<session::reading> session::read(parser& incoming) {
    const auto head = co_await read_head(incoming);
    if (head != reading::complete)
        co_return head;
    const bool go_on = co_await continue_if_asked(incoming);
    if (!go_on)
        co_return reading::gone;
    co_return co_await read_body(incoming);
}

asio::awaitable<session::reading> session::read_head(parser& incoming) {
    stream_->limit_reading(limits_.read);
    head_scanner scanner;
    auto found = scanner.look(received());
    while (found == head_scanner::outcome::incomplete && buffer_.size() < limits_.header_bytes) {
        auto reading_some = stream_->async_read_some(buffer_.prepare(read_bytes), no_throw);
        const auto [error, count] = co_await std::move(reading_some);
        if (count == 0)
            co_return broken_off("the head of the request did not arrive in time");
        buffer_.commit(count);
        found = scanner.look(received());
    }
    if (found == head_scanner::outcome::bad)
        co_return hopeless(scanner.why());
    if (found == head_scanner::outcome::incomplete || scanner.size() > limits_.header_bytes)
        co_return hopeless(scanner.has_request_line()
                               ? refusal{431, "headers_too_large", "the headers are larger than 16 KiB together"}
                               : refusal{414, "target_too_long", "the request line is longer than 16 KiB"});
    buffer_.consume(scanner.skipped());
    beast::error_code error;
    const auto taken = incoming.put(beast::buffers_prefix(scanner.size() - scanner.skipped(), buffer_.data()), error);
    buffer_.consume(taken);
    if (error == http::error::bad_version)
        co_return hopeless({505, "http_version_not_supported", "this service speaks HTTP/1.1"});
    if (error && error != http::error::body_limit)
        co_return hopeless({400, "bad_request", "the request is not HTTP as it should be"});
    const auto framing = check_framing(incoming.get());
    if (framing.status != 0)
        co_return hopeless(framing);
    co_return error ? reading::too_large : reading::complete;
}

asio::awaitable<session::reading> session::read_body(parser& incoming) {
    if (incoming.is_done())
        co_return reading::complete;
    stream_->limit_reading(limits_.read);
    auto reading_rest = http::async_read(*stream_, buffer_, incoming, no_throw);
    const auto [error, bytes] = co_await std::move(reading_rest);
    if (!error)
        co_return reading::complete;
    if (error == http::error::body_limit)
        co_return reading::too_large;
    if (is_http_error(error))
        co_return hopeless({400, "bad_request", "the body's chunks are not as they should be"});
    co_return broken_off("the body of the request did not arrive in time");
}

// curl asks before it sends a larger body.
asio::awaitable<bool> session::continue_if_asked(parser& incoming) {
    const auto& head = incoming.get();
    if (incoming.is_done() || head.version() < 11 || head.count(http::field::expect) == 0)
        co_return true;
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_->limit_writing(limits_.write);
    auto writing = asio::async_write(*stream_, asio::buffer(go_on.data(), go_on.size()), no_throw);
    const auto [error, count] = co_await std::move(writing);
    co_return !error;
}

// Ends when the client has closed its side. What it sends instead (pipelining) is kept for the next request, and then
// it never ends by itself.
asio::awaitable<void> session::client_gone() {
    stream_->no_limit();
    if (buffer_.size() + read_bytes <= buffer_.max_size()) {
        auto reading_some = stream_->async_read_some(buffer_.prepare(read_bytes), no_throw);
        const auto [error, count] = co_await std::move(reading_some);
        buffer_.commit(count);
        if (count == 0)
            co_return;
    }
    co_await async::sleep_until(async::deadline::never());
}

} // namespace soteria::web
