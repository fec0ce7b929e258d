// A server on a free loopback port, in a thread of its own, and clients that speak raw bytes to it.
#pragma once

#include "test/unit/web/fake_services.hpp"

#include <soteria/web/server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <functional>
#include <future>
#include <string>
#include <thread>

namespace soteria::web::test {

namespace asio = boost::asio;

// Change `needs` and `settings` first; start() takes them. Destruction stops the server and joins its thread.
class running_server : public fake_services {
public:
    running_server() { settings.listen_address = "127.0.0.1:0"; }

    ~running_server() { stop(); }

    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    std::uint16_t start() {
        routes = std::make_unique<router>(needs);
        serving = std::make_unique<server>(context.get_executor(), settings, *routes);
        const auto port = serving->port();
        serving->start();
        thread = std::thread([this] { context.run(); });
        return port;
    }

    // Begins a graceful stop; the future holds what stop() said.
    std::future<bool> begin_stop(std::chrono::milliseconds patience) {
        return asio::co_spawn(context, serving->stop(async::deadline::after(patience)), asio::use_future);
    }

    void stop() {
        if (!thread.joinable())
            return;
        begin_stop(std::chrono::milliseconds(0)).wait();
        guard.reset();
        thread.join();
    }

    // Runs in the server's thread, where its state may be looked at.
    template <class F>
    auto inside(F look) {
        std::packaged_task<decltype(look())()> task(std::move(look));
        auto result = task.get_future();
        asio::post(context, [&task] { task(); });
        return result.get();
    }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    server_settings settings;
    std::unique_ptr<router> routes;
    std::unique_ptr<server> serving;
    std::thread thread;
};

// Everything ends after ten seconds, so that a server that forgets to answer fails the test instead of hanging it.
class raw_client {
public:
    struct answer {
        std::string head; // status line and headers
        std::string body;

        [[nodiscard]] int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }

        [[nodiscard]] std::string header(const std::string& name) const {
            const auto at = head.find("\r\n" + name + ": ");
            if (at == std::string::npos)
                return "";
            const auto from = at + name.size() + 4;
            return head.substr(from, head.find("\r\n", from) - from);
        }
    };

    explicit raw_client(std::uint16_t port, const char* address = "127.0.0.1") : socket_(context_) {
        socket_.connect({asio::ip::make_address(address), port});
    }

    void send(std::string_view bytes) {
        boost::system::error_code closed;
        asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), closed);
    }

    // One answer with a Content-Length; to a HEAD request, or one of 204, 304 or 100, only its head.
    answer read(bool head_only = false) {
        answer got;
        wait([&](auto done) { asio::async_read_until(socket_, asio::dynamic_buffer(received_), "\r\n\r\n", done); });
        const auto end = received_.find("\r\n\r\n");
        if (end == std::string::npos)
            return got;
        got.head = take(end + 4);
        if (head_only || got.header("Content-Length").empty())
            return got;
        const auto length = std::stoul(got.header("Content-Length"));
        if (received_.size() < length)
            wait([&](auto done) {
                asio::async_read(socket_, asio::dynamic_buffer(received_),
                                 asio::transfer_exactly(length - received_.size()), done);
            });
        got.body = take(std::min(length, received_.size()));
        return got;
    }

    answer get(const std::string& target, const std::string& more_headers = {}) {
        send("GET " + target + " HTTP/1.1\r\nHost: soteria\r\n" + more_headers + "\r\n");
        return read();
    }

    // Whether something (or the end) has come by then.
    bool readable(std::chrono::milliseconds within) {
        bool some = false;
        context_.restart();
        socket_.async_wait(asio::ip::tcp::socket::wait_read, [&some](auto error) { some = !error; });
        context_.run_for(within);
        if (!context_.stopped()) {
            socket_.cancel();
            context_.run();
        }
        return some;
    }

    // True: the server has closed (in order or by reset) with nothing more to say.
    bool closed() {
        boost::system::error_code ended;
        wait([&](auto done) {
            asio::async_read(socket_, asio::dynamic_buffer(received_), [&ended, done](auto error, auto count) {
                ended = error;
                done(error, count);
            });
        });
        return received_.empty() && (ended == asio::error::eof || ended == asio::error::connection_reset);
    }

    // What comes up to this text and with it; all that came, where the connection ends or nothing comes.
    std::string read_until(const std::string& mark) {
        if (received_.find(mark) == std::string::npos)
            wait([&](auto done) { asio::async_read_until(socket_, asio::dynamic_buffer(received_), mark, done); });
        const auto found = received_.find(mark);
        return take(found == std::string::npos ? received_.size() : found + mark.size());
    }

    // All that comes until the server closes.
    std::string read_to_end() {
        wait([&](auto done) { asio::async_read(socket_, asio::dynamic_buffer(received_), done); });
        return take(received_.size());
    }

    void close() { socket_.close(); }

private:
    template <class Start>
    void wait(Start start) {
        context_.restart();
        start([](boost::system::error_code, std::size_t) {});
        context_.run_for(std::chrono::seconds(10));
        if (!context_.stopped()) {
            socket_.cancel();
            context_.run();
        }
    }

    std::string take(std::size_t count) {
        auto taken = received_.substr(0, count);
        received_.erase(0, count);
        return taken;
    }

    asio::io_context context_;
    asio::ip::tcp::socket socket_;
    std::string received_;
};

} // namespace soteria::web::test
