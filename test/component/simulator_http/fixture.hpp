// A server with a handler of the test's, and a client that is not the product's.
#pragma once

#include "test/simulator/fault/proxy.hpp"
#include "test/simulator/fault/upstream.hpp"
#include "test/simulator/http/server.hpp"
#include "test/support/running.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <string>
#include <vector>

namespace simulator {

namespace asio = boost::asio;

inline request make_request(std::string method, std::string target, std::string body = {}) {
    request asked;
    asked.method = std::move(method);
    asked.target = std::move(target);
    asked.body = std::move(body);
    asked.headers["content-type"] = "application/json";
    return asked;
}

// What a request came to: an answer, or the error that the client saw.
struct outcome {
    response answer;
    boost::system::error_code error;
};

struct server_fixture {
    asio::io_context context;
    std::vector<std::unique_ptr<http_server>> servers;

    ~server_fixture() { finish(); }

    // Stops the servers while what their handlers refer to is still there.
    void finish() {
        for (const auto& server : servers) {
            server->stop();
        }
        context.restart();
        context.run_for(soteria::test::patience);
        BOOST_TEST(context.stopped(), "the loop still has work after everything was stopped");
        servers.clear();
    }

    std::string serve(handler handle, const std::optional<tls_files>& tls = std::nullopt) {
        const std::string scheme = tls ? "https" : "http";
        servers.push_back(std::make_unique<http_server>(context, "127.0.0.1", 0, std::move(handle), tls));
        servers.back()->start();
        return scheme + "://127.0.0.1:" + std::to_string(servers.back()->port());
    }

    // Over a connection of its own.
    asio::awaitable<outcome> send(std::string url, request asked) {
        outcome seen;
        try {
            fault::upstream server(context.get_executor(), url);
            const auto connection = co_await server.open(true);
            seen.answer = co_await connection->exchange(asked);
        } catch (const boost::system::system_error& problem) {
            seen.error = problem.code();
        }
        co_return seen;
    }

    outcome exchange(const std::string& url, request asked) {
        return soteria::test::run(context, send(url, std::move(asked)));
    }

    std::unique_ptr<fault::channel> connect(const std::string& url) {
        fault::upstream server(context.get_executor(), url);
        return soteria::test::run(context, server.open(true));
    }
};

} // namespace simulator
