#include "session.hpp"

#include "compress.hpp"
#include "request_id.hpp"

#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/web/problem.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <ctime>
#include <tuple>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 4096;
// After a last answer the client gets this long, and may send this much more, before the socket goes: closing with
// unread bytes would reset the connection and could take the answer with it.
constexpr std::chrono::seconds most_lingering{2};
constexpr std::size_t most_lingering_bytes = 1024UL * 1024;

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text.data();
}

// Everything but what depends on how long the body is.
template <class Body>
http::response<Body> head_of(const response& answer, unsigned version) {
    http::response<Body> message(http::int_to_status(static_cast<unsigned>(answer.status)), version);
    const auto title = status_title(answer.status);
    message.reason(beast::string_view(title.data(), title.size()));
    message.set(http::field::date, http_date());
    if (!answer.content_type.empty())
        message.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers)
        message.insert(name, value);
    return message;
}

asio::ip::address plain(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

} // namespace

session::session(asio::ip::tcp::socket socket, const server_limits& limits, router& routes)
    : stream_(std::move(socket)), buffer_(limits.header_bytes + limits.body_bytes), limits_(limits), routes_(routes) {
    beast::error_code gone_already;
    peer_ = plain(stream_.socket().remote_endpoint(gone_already).address());
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), gone_already);
}

asio::awaitable<void> session::run() {
    while (true) {
        const bool again = co_await serve_one();
        if (!again)
            break;
    }
    co_await close();
}

asio::awaitable<void> session::refuse() {
    request about;
    about.path = "/";
    about.request_id = request_id_for("");
    problem busy(503, "too_many_connections", "all connections of this service are in use; try again in a moment");
    busy.headers.emplace_back("Retry-After", "1");
    constexpr unsigned http_1_1 = 11;
    auto writing = write(to_response(busy, about), http_1_1, false, false);
    co_await std::move(writing);
    co_await close();
}

void session::wind_up() {
    winding_up_ = true;
    if (idle_)
        stream_.cancel();
}

asio::awaitable<bool> session::serve_one() {
    const bool some = co_await wait_for_bytes();
    if (!some)
        co_return false;
    parser incoming;
    incoming.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    incoming.body_limit(limits_.body_bytes);
    const auto outcome = co_await read(incoming);
    if (outcome == reading::gone)
        co_return false;
    auto asked = to_request(incoming, outcome == reading::too_large);
    if (outcome == reading::hopeless) {
        auto refusing = write_refusal(std::move(asked));
        co_await std::move(refusing);
        co_return false;
    }
    const bool head = asked.method == "HEAD";
    const std::string encodings(asked.header("Accept-Encoding"));
    auto answering = answer(std::move(asked));
    auto answered = co_await std::move(answering);
    if (!answered)
        co_return false;
    co_await compress_for(encodings, *answered);
    const bool keep_alive = outcome == reading::complete && incoming.keep_alive() && !winding_up_;
    auto writing = answered->pieces ? write_pieces(std::move(*answered), incoming.get().version(), head, keep_alive)
                                    : write(std::move(*answered), incoming.get().version(), head, keep_alive);
    const bool written = co_await std::move(writing);
    co_return written&& keep_alive && !winding_up_;
}

asio::awaitable<bool> session::wait_for_bytes() {
    if (winding_up_)
        co_return false;
    if (buffer_.size() > 0)
        co_return true; // pipelined behind the last request
    idle_ = true;
    stream_.expires_after(limits_.idle);
    auto reading_some = stream_.async_read_some(buffer_.prepare(read_bytes), no_throw);
    const auto [error, count] = co_await std::move(reading_some);
    idle_ = false;
    buffer_.commit(count);
    co_return !error;
}

asio::awaitable<session::reading> session::read(parser& incoming) {
    stream_.expires_after(limits_.read);
    auto reading_head = http::async_read_header(stream_, buffer_, incoming, no_throw);
    auto [error, head_bytes] = co_await std::move(reading_head);
    if (!error) {
        const auto& head = incoming.get();
        if (head.version() == 11 && head.count(http::field::host) != 1) {
            refusal_ = {400, "bad_request", "a request needs exactly one Host header"};
            co_return reading::hopeless;
        }
        const bool go_on = co_await continue_if_asked(incoming);
        if (!go_on)
            co_return reading::gone;
        stream_.expires_after(limits_.read);
        auto reading_body = http::async_read(stream_, buffer_, incoming, no_throw);
        const auto [body_error, body_bytes] = co_await std::move(reading_body);
        error = body_error;
    }
    if (!error)
        co_return reading::complete;
    if (error == http::error::body_limit)
        co_return reading::too_large;
    refusal_ = why_hopeless(incoming, error);
    co_return refusal_.status == 0 ? reading::gone : reading::hopeless;
}

// curl asks before it sends a larger body.
asio::awaitable<bool> session::continue_if_asked(parser& incoming) {
    const auto expected = incoming.get()[http::field::expect];
    if (incoming.is_done() || !beast::iequals(expected, "100-continue"))
        co_return true;
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto writing = asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), no_throw);
    const auto [error, count] = co_await std::move(writing);
    co_return !error;
}

// Status 0: nobody is there to hear it.
session::refusal session::why_hopeless(const parser& incoming, beast::error_code error) {
    if (error == http::error::header_limit && incoming.get().target().empty())
        return {414, "target_too_long", "the request line is longer than 16 KiB"};
    if (error == http::error::header_limit)
        return {431, "headers_too_large", "the headers are larger than 16 KiB together"};
    if (error == http::error::bad_version)
        return {505, "http_version_not_supported", "this service speaks HTTP/1.1"};
    if (error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
        return {400, "bad_request", "the request is not HTTP as it should be"};
    return {};
}

request session::to_request(parser& incoming, bool too_large) const {
    auto& message = incoming.get();
    request made;
    made.method = std::string(message.method_string());
    read_target({message.target().data(), message.target().size()}, made);
    for (const auto& field : message)
        made.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    made.body_too_large = too_large;
    if (!too_large)
        made.body = std::move(message.body());
    made.peer = peer_;
    made.request_id = request_id_for(made.header("X-Request-Id"));
    made.until = async::deadline::after(limits_.handling);
    return made;
}

asio::awaitable<std::optional<response>> session::answer(request asked) {
    stream_.expires_never();
    const bool only_reads = asked.method == "GET" || asked.method == "HEAD";
    auto handling = routes_.handle(std::move(asked));
    if (!only_reads) {
        // Once accepted, work goes on whoever listens.
        auto answered = co_await std::move(handling);
        co_return std::optional<response>(std::move(answered));
    }
    using namespace asio::experimental::awaitable_operators;
    auto leaving = client_gone();
    auto race = std::move(handling) || std::move(leaving);
    auto outcome = co_await std::move(race);
    if (outcome.index() == 1)
        co_return std::nullopt;
    co_return std::optional<response>(std::get<0>(std::move(outcome)));
}

// Ends when the client has closed its side. Where it has sent more instead (pipelining), never by itself.
asio::awaitable<void> session::client_gone() {
    auto readable = stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, no_throw);
    const auto [error] = co_await std::move(readable);
    beast::error_code unknown;
    if (error || stream_.socket().available(unknown) == 0)
        co_return;
    co_await async::sleep_until(async::deadline::never());
}

asio::awaitable<bool> session::write(response answer, unsigned version, bool head, bool keep_alive) {
    auto message = head_of<http::string_body>(answer, version);
    message.keep_alive(keep_alive);
    const bool bodiless = answer.status == 204 || answer.status == 304;
    if (!bodiless)
        message.content_length(answer.body.size());
    if (!head && !bodiless)
        message.body() = std::move(answer.body);
    stream_.expires_after(limits_.write);
    http::response_serializer<http::string_body> serializer(message);
    auto writing = http::async_write(stream_, serializer, no_throw);
    const auto [error, count] = co_await std::move(writing);
    co_return !error;
}

// A client of HTTP/1.0 knows no chunks: to it the end of the connection is the end of the body.
asio::awaitable<bool> session::write_pieces(response answer, unsigned version, bool head, bool keep_alive) {
    constexpr unsigned http_1_1 = 11;
    const bool chunked = version >= http_1_1;
    keep_alive = keep_alive && chunked;
    auto message = head_of<http::empty_body>(answer, version);
    message.keep_alive(keep_alive);
    message.chunked(chunked);
    stream_.expires_after(limits_.write); // for all of it
    http::response_serializer<http::empty_body> serializer(message);
    auto writing_head = http::async_write_header(stream_, serializer, no_throw);
    auto [error, count] = co_await std::move(writing_head);
    std::string piece;
    for (bool more = !head; more && !error;) {
        piece.clear();
        more = answer.pieces(piece);
        if (piece.empty())
            continue;
        const auto bytes = asio::buffer(piece);
        if (chunked) {
            auto writing = asio::async_write(stream_, http::make_chunk(bytes), no_throw);
            std::tie(error, count) = co_await std::move(writing);
        } else {
            auto writing = asio::async_write(stream_, bytes, no_throw);
            std::tie(error, count) = co_await std::move(writing);
        }
    }
    if (chunked && !head && !error) {
        auto writing_end = asio::async_write(stream_, http::make_chunk_last(), no_throw);
        std::tie(error, count) = co_await std::move(writing_end);
    }
    co_return !error && keep_alive;
}

asio::awaitable<void> session::write_refusal(request about) {
    log::info("a request was refused unread", {{"status", refusal_.status},
                                               {"why", refusal_.code},
                                               {"peer", boost::json::value(peer_.to_string())},
                                               {"request_id", boost::json::value(about.request_id)}});
    auto answer = to_response(problem(refusal_.status, refusal_.code, refusal_.detail), about);
    answer.with("X-Request-Id", about.request_id);
    constexpr unsigned http_1_1 = 11;
    auto writing = write(std::move(answer), http_1_1, false, false);
    co_await std::move(writing);
}

asio::awaitable<void> session::close() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(most_lingering);
    for (std::size_t received = 0; !ignored && received < most_lingering_bytes;) {
        buffer_.clear();
        auto reading_some = stream_.async_read_some(buffer_.prepare(read_bytes), no_throw);
        const auto [error, count] = co_await std::move(reading_some);
        ignored = error;
        received += count;
    }
    stream_.socket().close(ignored);
}

} // namespace soteria::web
