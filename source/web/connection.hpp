// One accepted socket, plain or under TLS: what Beast reads from and writes to, with an end to every wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace soteria::web {

// An AsyncStream. Its limits hold for everything until the next one is set; what they do outlasts the operation that
// they end, so none that begins a moment later waits in vain. Single-threaded; cancellation reaches the socket.
class connection {
public:
    using executor_type = boost::asio::any_io_executor;

    // `tls` null: plain.
    connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    executor_type get_executor() noexcept { return state_->socket.get_executor(); }

    [[nodiscard]] boost::asio::ip::address peer() const { return peer_; }

    [[nodiscard]] bool secure() const { return tls_ != nullptr; }

    // True at once on a plain one.
    boost::asio::awaitable<bool> handshake();

    // When the time is over, reads end as if the client had closed its side (and timed_out() says why): an answer can
    // still be written.
    void limit_reading(std::chrono::milliseconds time);
    // When the time is over, the socket is closed.
    void limit_writing(std::chrono::milliseconds time);
    void no_limit();

    [[nodiscard]] bool timed_out() const { return state_->timed_out; }

    // Reads end from now on.
    void stop_reading();
    // Says goodbye (close_notify, FIN) and takes in what the client still sends, for two seconds at most: closing with
    // unread bytes would reset the connection, and could take the last answer with it.
    boost::asio::awaitable<void> close();

    // For a connection that was handed over. No more is written: close_notify and FIN; `keeps` lives until that is
    // done. Reads go on, and end when the client has closed, too.
    void finish_writing(std::shared_ptr<void> keeps);
    // Everything under way ends. What the client has not taken yet is thrown away (a reset), so that a reader that
    // stopped holds no memory of the kernel's.
    void abort();
    // Everything under way ends; what was written is still delivered.
    void drop();
    // How much the kernel takes from us ahead of the client.
    void limit_sending(int bytes);

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        if (tls_)
            return tls_->async_read_some(buffers, std::forward<Token>(token));
        return state_->socket.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        if (tls_)
            return tls_->async_write_some(buffers, std::forward<Token>(token));
        return state_->socket.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    enum class on_expiry { nothing, end_reads, close };

    // Shared with the timer's handler, which may still be queued when the connection is gone.
    struct state {
        explicit state(boost::asio::ip::tcp::socket given);
        void expired();

        boost::asio::ip::tcp::socket socket;
        boost::asio::basic_waitable_timer<std::chrono::steady_clock> timer;
        std::chrono::steady_clock::time_point due;
        on_expiry then = on_expiry::nothing;
        bool waiting = false;
        bool timed_out = false;
    };

    static void watch(const std::shared_ptr<state>& watched);
    void limit(std::chrono::milliseconds time, on_expiry then);

    std::shared_ptr<state> state_;
    std::shared_ptr<boost::asio::ssl::context> context_; // outlives the stream, also when a newer one is in use
    std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_; // null: plain
    boost::asio::ip::address peer_;
};

} // namespace soteria::web
