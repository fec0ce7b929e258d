#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds most_lingering{2};
constexpr std::size_t most_lingering_bytes = 1024UL * 1024;

// ::ffff:10.0.0.1 is 10.0.0.1.
asio::ip::address plain(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

} // namespace

connection::state::state(tcp::socket given) : socket(std::move(given)), timer(socket.get_executor()) {}

void connection::state::expired() {
    boost::system::error_code gone_already;
    timed_out = then != on_expiry::nothing;
    if (then == on_expiry::end_reads)
        socket.shutdown(tcp::socket::shutdown_receive, gone_already);
    if (then == on_expiry::close)
        socket.close(gone_already);
    then = on_expiry::nothing;
}

connection::connection(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : state_(std::make_shared<state>(std::move(socket))), context_(std::move(tls)) {
    boost::system::error_code gone_already;
    peer_ = plain(state_->socket.remote_endpoint(gone_already).address());
    state_->socket.set_option(tcp::no_delay(true), gone_already);
    if (context_)
        tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(state_->socket, *context_);
}

connection::~connection() {
    boost::system::error_code ignored;
    state_->then = on_expiry::nothing;
    state_->timer.cancel();
    state_->socket.close(ignored);
}

asio::awaitable<bool> connection::handshake() {
    if (!tls_)
        co_return true;
    auto shaking = tls_->async_handshake(asio::ssl::stream_base::server, no_throw);
    const auto [error] = co_await std::move(shaking);
    co_return !error;
}

void connection::limit_reading(std::chrono::milliseconds time) {
    limit(time, on_expiry::end_reads);
}

void connection::limit_writing(std::chrono::milliseconds time) {
    limit(time, on_expiry::close);
}

void connection::no_limit() {
    state_->then = on_expiry::nothing;
    state_->timed_out = false;
}

// The timer is only touched when it would come too late: one that comes too early looks and waits on. So a connection
// that serves request after request seldom re-arms it.
void connection::limit(std::chrono::milliseconds time, on_expiry then) {
    state_->due = std::chrono::steady_clock::now() + time;
    state_->then = then;
    state_->timed_out = false;
    if (!state_->waiting || state_->timer.expiry() > state_->due)
        watch(state_);
}

void connection::watch(const std::shared_ptr<state>& watched) {
    watched->waiting = true;
    watched->timer.expires_at(watched->due);
    watched->timer.async_wait([watched](const boost::system::error_code& error) {
        if (error)
            return; // armed anew, or the connection is gone
        watched->waiting = false;
        if (watched->then == on_expiry::nothing)
            return;
        if (std::chrono::steady_clock::now() < watched->due)
            watch(watched);
        else
            watched->expired();
    });
}

void connection::stop_reading() {
    boost::system::error_code gone_already;
    state_->socket.shutdown(tcp::socket::shutdown_receive, gone_already);
}

asio::awaitable<void> connection::close() {
    auto& socket = state_->socket;
    limit_writing(most_lingering);
    if (tls_) {
        auto goodbye = tls_->async_shutdown(no_throw);
        co_await std::move(goodbye);
    }
    boost::system::error_code ended;
    socket.shutdown(tcp::socket::shutdown_send, ended);
    std::array<char, 4096> unread{};
    for (std::size_t received = 0; !ended && received < most_lingering_bytes;) {
        auto reading = socket.async_read_some(asio::buffer(unread), no_throw);
        const auto [error, count] = co_await std::move(reading);
        ended = error;
        received += count;
    }
    boost::system::error_code ignored;
    socket.close(ignored);
}

void connection::finish_writing(std::shared_ptr<void> keeps) {
    boost::system::error_code gone_already;
    if (tls_)
        tls_->async_shutdown([keeps = std::move(keeps)](const boost::system::error_code&) {});
    else
        state_->socket.shutdown(tcp::socket::shutdown_send, gone_already);
}

void connection::abort() {
    boost::system::error_code gone_already;
    state_->socket.set_option(tcp::socket::linger(true, 0), gone_already);
    state_->socket.close(gone_already);
}

void connection::drop() {
    boost::system::error_code gone_already;
    state_->socket.close(gone_already);
}

void connection::limit_sending(int bytes) {
    boost::system::error_code gone_already;
    state_->socket.set_option(tcp::socket::send_buffer_size(bytes), gone_already);
}

} // namespace soteria::web
