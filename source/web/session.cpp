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
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>

#include <ctime>
#include <tuple>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

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

} // namespace

session::session(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, const server_limits& limits,
                 router& routes)
    : stream_(std::make_unique<connection>(std::move(socket), std::move(tls))),
      buffer_(limits.header_bytes + limits.body_bytes), limits_(limits), routes_(routes) {}

asio::awaitable<void> session::run() {
    stream_->limit_writing(limits_.read);
    bool again = co_await stream_->handshake();
    if (!again) {
        log::debug("a TLS handshake failed", {{"peer", boost::json::value(stream_->peer().to_string())}});
        co_return;
    }
    while (again)
        again = co_await serve_one();
    if (stream_)
        co_await stream_->close();
}

asio::awaitable<void> session::refuse() {
    if (stream_->secure())
        co_return;
    request about;
    about.path = "/";
    about.request_id = request_id_for("");
    problem busy(503, "too_many_connections", "all connections of this service are in use; try again in a moment");
    busy.headers.emplace_back("Retry-After", "1");
    auto answer = to_response(busy, about);
    answer.with("X-Request-Id", about.request_id);
    constexpr unsigned http_1_1 = 11;
    auto writing = write(std::move(answer), http_1_1, false, false);
    co_await std::move(writing);
    co_await stream_->close();
}

void session::wind_up() {
    winding_up_ = true;
    if (idle_ && stream_)
        stream_->stop_reading();
}

asio::awaitable<bool> session::serve_one() {
    const bool some = co_await wait_for_bytes();
    if (!some)
        co_return false;
    parser incoming;
    // Of the head and of a trailer; the head itself is measured before it gets there.
    incoming.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    incoming.eager(true);
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
    if (answered->receiver) {
        auto handing = hand_over(std::move(*answered), incoming.get().version());
        co_return co_await std::move(handing);
    }
    co_await compress_for(encodings, *answered);
    const bool keep_alive = outcome == reading::complete && incoming.keep_alive() && !winding_up_;
    auto writing = answered->pieces ? write_pieces(std::move(*answered), incoming.get().version(), head, keep_alive)
                                    : write(std::move(*answered), incoming.get().version(), head, keep_alive);
    const bool written = co_await std::move(writing);
    co_return written&& keep_alive && !winding_up_;
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
    made.peer = stream_->peer();
    made.request_id = request_id_for(made.header("X-Request-Id"));
    made.until = async::deadline::after(limits_.handling);
    return made;
}

asio::awaitable<std::optional<response>> session::answer(request asked) {
    stream_->no_limit();
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

asio::awaitable<bool> session::write(response answer, unsigned version, bool head, bool keep_alive) {
    using body = http::span_body<const char>; // of `answer`, which outlives the writing
    auto message = head_of<body>(answer, version);
    message.keep_alive(keep_alive);
    const bool bodiless = answer.status == 204 || answer.status == 304;
    const auto text = answer.text();
    if (!bodiless)
        message.content_length(text.size());
    if (!head && !bodiless)
        message.body() = boost::beast::span<const char>(text.data(), text.size());
    stream_->limit_writing(limits_.write);
    http::response_serializer<body> serializer(message);
    auto writing = http::async_write(*stream_, serializer, no_throw);
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
    stream_->limit_writing(limits_.write); // for all of it
    http::response_serializer<http::empty_body> serializer(message);
    auto writing_head = http::async_write_header(*stream_, serializer, no_throw);
    auto [error, count] = co_await std::move(writing_head);
    std::string piece;
    for (bool more = !head; more && !error;) {
        piece.clear();
        more = answer.pieces(piece);
        if (piece.empty())
            continue;
        const auto bytes = asio::buffer(piece);
        if (chunked) {
            auto writing = asio::async_write(*stream_, http::make_chunk(bytes), no_throw);
            std::tie(error, count) = co_await std::move(writing);
        } else {
            auto writing = asio::async_write(*stream_, bytes, no_throw);
            std::tie(error, count) = co_await std::move(writing);
        }
    }
    if (chunked && !head && !error) {
        auto writing_end = asio::async_write(*stream_, http::make_chunk_last(), no_throw);
        std::tie(error, count) = co_await std::move(writing_end);
    }
    co_return !error && keep_alive;
}

// Where nothing has chunks (HTTP/1.0), the end of the connection is the end of what follows. False: nothing comes after
// it.
asio::awaitable<bool> session::hand_over(response answer, unsigned version) {
    constexpr unsigned http_1_1 = 11;
    const bool chunked = version >= http_1_1;
    auto message = head_of<http::empty_body>(answer, version);
    message.keep_alive(false);
    message.chunked(chunked);
    stream_->limit_writing(limits_.write);
    http::response_serializer<http::empty_body> serializer(message);
    auto writing = http::async_write_header(*stream_, serializer, no_throw);
    const auto [error, count] = co_await std::move(writing);
    stream_->no_limit();
    if (!error)
        answer.receiver(std::move(stream_), chunked);
    co_return false;
}

asio::awaitable<void> session::write_refusal(request about) {
    log::info("a request was refused unread", {{"status", refusal_.status},
                                               {"why", refusal_.code},
                                               {"peer", boost::json::value(stream_->peer().to_string())},
                                               {"request_id", boost::json::value(about.request_id)}});
    auto answer = to_response(problem(refusal_.status, refusal_.code, refusal_.detail), about);
    answer.with("X-Request-Id", about.request_id);
    constexpr unsigned http_1_1 = 11;
    auto writing = write(std::move(answer), http_1_1, false, false);
    co_await std::move(writing);
}

} // namespace soteria::web
