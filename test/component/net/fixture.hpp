// A loop, a client on it, and the proof that nothing is left when a test is over.
#pragma once

#include "raw_peer.hpp"

#include <soteria/net/curl_http_client.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace soteria {

inline std::ostream& operator<<(std::ostream& out, errc code) {
    return out << to_string(code);
}

} // namespace soteria

namespace soteria::net {

using namespace std::chrono_literals;

// A coroutine that was started, and how it ended.
template <class T>
struct started {
    std::optional<T> value;
    bool threw = false;
    boost::asio::cancellation_signal cancellation;

    [[nodiscard]] bool done() const { return value.has_value() || threw; }
};

struct fixture {
    boost::asio::io_context context;
    std::vector<std::unique_ptr<curl_http_client>> clients;

    ~fixture() { finish(); }

    // For fixtures with servers of their own: stop those, then call this, while what they refer to is still there.
    void finish() {
        for (const auto& client : clients) {
            client->stop();
            BOOST_TEST(client->running() == 0U);
        }
        context.restart();
        context.run_for(5s);
        BOOST_TEST(context.stopped(), "the loop still has work after everything was stopped");
    }

    curl_http_client& make_client(http_client_settings settings = {}) {
        clients.push_back(std::make_unique<curl_http_client>(context.get_executor(), std::move(settings)));
        return *clients.back();
    }

    template <class T>
    std::shared_ptr<started<T>> start(boost::asio::awaitable<T> operation) {
        auto run = std::make_shared<started<T>>();
        auto end = [run](const std::exception_ptr& error, T value) {
            run->threw = static_cast<bool>(error);
            if (!error)
                run->value.emplace(std::move(value));
        };
        auto slot = run->cancellation.slot();
        boost::asio::co_spawn(context, std::move(operation), boost::asio::bind_cancellation_slot(slot, std::move(end)));
        return run;
    }

    // At the loop's next turn: outside of the loop, Asio would post the emission without owning its signal.
    template <class T>
    void cancel(const std::shared_ptr<started<T>>& run) {
        boost::asio::post(context, [run] {
            if (!run->done())
                run->cancellation.emit(boost::asio::cancellation_type::terminal);
        });
    }

    // Turns the loop until `condition` holds; a test that hangs fails here.
    template <class Condition>
    void run_until(Condition condition) {
        const auto patience = std::chrono::steady_clock::now() + 20s;
        while (!condition() && std::chrono::steady_clock::now() < patience) {
            context.restart();
            context.run_one_for(100ms);
        }
        BOOST_REQUIRE_MESSAGE(condition(), "what the test waits for has not come within 20 s");
    }

    // Turns the loop until nothing more happens in it (both ends of every connection are in it).
    void run_until_idle() {
        context.restart();
        while (context.run_one_for(50ms) != 0) {
        }
    }

    template <class T>
    T run(boost::asio::awaitable<T> operation) {
        const auto running = start(std::move(operation));
        run_until([&] { return running->done(); });
        auto value = std::move(running->value);
        if (!value)
            throw std::runtime_error("an operation that must not throw has thrown");
        return *std::move(value);
    }

    result<http_response> send(curl_http_client& client, http_request request, async::deadline until) {
        return run(client.send(std::move(request), until));
    }

    result<http_response> get(curl_http_client& client, const std::string& url) {
        return send(client, http_request("GET", url), async::deadline::after(10s));
    }
};

inline async::deadline soon() {
    return async::deadline::after(10s);
}

inline http_request post(const std::string& url, bool repeatable) {
    http_request request("POST", url);
    request.body = R"({"name":"x"})";
    request.repeatable = repeatable;
    return request;
}

// Answers every request on a connection, for ever.
inline boost::asio::awaitable<void> serve_politely(raw_connection& connection) {
    while (true) {
        auto reading = connection.read_request();
        const auto request = co_await std::move(reading);
        if (request.empty())
            co_return;
        auto answering = connection.answer("connection " + std::to_string(connection.number()));
        co_await std::move(answering);
    }
}

} // namespace soteria::net
