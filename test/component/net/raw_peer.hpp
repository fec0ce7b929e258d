// A server that says exactly what a test wants, broken bytes included, and counts who came.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace soteria::net {

// One accepted connection, as a script sees it.
class raw_connection {
public:
    raw_connection(boost::asio::ip::tcp::socket socket, std::size_t number, std::vector<std::string>& requests)
        : socket_(std::move(socket)), number_(number), requests_(requests) {}

    // 1 for the first connection to this peer.
    [[nodiscard]] std::size_t number() const { return number_; }

    // The next request, head and body, also kept in raw_peer::requests(); empty: the client has closed.
    boost::asio::awaitable<std::string> read_request() {
        auto reading = boost::asio::async_read_until(socket_, boost::asio::dynamic_buffer(buffer_), "\r\n\r\n", token);
        const auto [failed, head] = co_await std::move(reading);
        if (failed)
            co_return std::string();
        const std::size_t whole = head + body_length(buffer_.substr(0, head));
        while (buffer_.size() < whole) {
            std::string more(whole - buffer_.size(), '\0');
            auto rest = socket_.async_read_some(boost::asio::buffer(more), token);
            const auto [broken, count] = co_await std::move(rest);
            if (broken)
                co_return std::string();
            buffer_.append(more, 0, count);
        }
        requests_.push_back(buffer_.substr(0, whole));
        buffer_.erase(0, whole);
        co_return requests_.back();
    }

    // False: the client is gone.
    boost::asio::awaitable<bool> say(std::string bytes) {
        auto writing = boost::asio::async_write(socket_, boost::asio::buffer(bytes), token);
        const auto [failed, count] = co_await std::move(writing);
        co_return !failed;
    }

    boost::asio::awaitable<void> answer(std::string body) {
        auto saying = say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        co_await std::move(saying);
    }

    // Says nothing more; returns when the client has closed.
    boost::asio::awaitable<void> stay_silent() {
        std::string ignored(4096, ' ');
        while (true) {
            auto reading = socket_.async_read_some(boost::asio::buffer(ignored), token);
            const auto [failed, count] = co_await std::move(reading);
            if (failed)
                co_return;
        }
    }

    // Closes with a reset in place of an orderly end.
    void reset() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        close();
    }

    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);

    static std::size_t body_length(const std::string& head) {
        const std::string name = "Content-Length: ";
        const auto at = head.find(name);
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
    }

    boost::asio::ip::tcp::socket socket_;
    std::size_t number_;
    std::vector<std::string>& requests_;
    std::string buffer_;
};

// The script runs once per connection, which closes when it returns.
class raw_peer {
public:
    using script = std::function<boost::asio::awaitable<void>(raw_connection&)>;

    raw_peer(boost::asio::io_context& context, script behaviour) : state_(std::make_shared<state>(context)) {
        state_->behaviour = std::move(behaviour);
        boost::asio::co_spawn(context, accept(state_), boost::asio::detached);
    }

    ~raw_peer() { stop(); }

    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;

    void stop() {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        for (auto& connection : state_->connections)
            connection->close();
    }

    [[nodiscard]] std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port()) + path;
    }

    [[nodiscard]] std::size_t connections() const { return state_->accepted; }

    [[nodiscard]] std::size_t open_connections() const { return state_->connections.size(); }

    [[nodiscard]] const std::vector<std::string>& requests() const { return state_->requests; }

private:
    struct state {
        explicit state(boost::asio::io_context& context)
            : acceptor(context, {boost::asio::ip::address_v4::loopback(), 0}) {}

        boost::asio::ip::tcp::acceptor acceptor;
        script behaviour;
        std::size_t accepted = 0;
        std::list<std::shared_ptr<raw_connection>> connections;
        std::vector<std::string> requests;
    };

    static boost::asio::awaitable<void> accept(std::shared_ptr<state> self) {
        while (true) {
            auto accepting = self->acceptor.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
            auto [failed, socket] = co_await std::move(accepting);
            if (failed)
                co_return;
            auto connection = std::make_shared<raw_connection>(std::move(socket), ++self->accepted, self->requests);
            self->connections.push_back(connection);
            boost::asio::co_spawn(self->acceptor.get_executor(), serve(self, connection), boost::asio::detached);
        }
    }

    static boost::asio::awaitable<void> serve(std::shared_ptr<state> self, std::shared_ptr<raw_connection> connection) {
        auto serving = self->behaviour(*connection);
        co_await std::move(serving);
        connection->close();
        self->connections.remove(connection);
    }

    std::shared_ptr<state> state_;
};

} // namespace soteria::net
