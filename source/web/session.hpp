// One connection: its requests one after the other, in order.
#pragma once

#include "connection.hpp"
#include "head.hpp"

#include <soteria/web/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>

namespace soteria::web {

class session {
public:
    // `tls` null: plain HTTP.
    session(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls,
            const server_limits& limits, router& routes);

    // Until the client or wind_up() ends it. Does not throw, except when it is cancelled.
    boost::asio::awaitable<void> run();
    // One connection too many: says so and closes. Under TLS it only closes: a handshake is what costs most.
    boost::asio::awaitable<void> refuse();
    // Answers what is being handled, then closes; an idle connection is closed at once.
    void wind_up();

private:
    using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    // What became of reading one request. hopeless: refusal_ says why, and nothing more can be read here.
    enum class reading { complete, too_large, hopeless, gone };

    // False: the connection ends.
    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<bool> wait_for_bytes();
    boost::asio::awaitable<reading> read(parser& incoming);
    boost::asio::awaitable<reading> read_head(parser& incoming);
    boost::asio::awaitable<reading> read_body(parser& incoming);
    boost::asio::awaitable<bool> continue_if_asked(parser& incoming);
    reading hopeless(refusal why);
    reading broken_off(const char* detail);
    // What was received and not taken yet.
    [[nodiscard]] std::string_view received() const;

    request to_request(parser& incoming, bool too_large) const;
    // nullopt: the client went away while a read was waited for.
    boost::asio::awaitable<std::optional<response>> answer(request asked);
    boost::asio::awaitable<void> client_gone();
    boost::asio::awaitable<bool> write(response answer, unsigned version, bool head, bool keep_alive);
    boost::asio::awaitable<bool> write_pieces(response answer, unsigned version, bool head, bool keep_alive);
    boost::asio::awaitable<void> write_refusal(request about);

    boost::asio::awaitable<bool> hand_over(response answer, unsigned version);

    std::unique_ptr<connection> stream_; // null: handed over
    boost::beast::flat_buffer buffer_;
    const server_limits& limits_;
    router& routes_;
    refusal refusal_;
    bool idle_ = false;
    bool winding_up_ = false;
};

} // namespace soteria::web
