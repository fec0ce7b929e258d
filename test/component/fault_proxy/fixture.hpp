// A counting server, the proxy in front of it, and clients of the proxy.
#pragma once

#include "test/simulator/fault/proxy.hpp"
#include "test/simulator/fault/upstream.hpp"
#include "test/simulator/http/server.hpp"
#include "test/support/running.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace simulator {

namespace asio = boost::asio;
namespace json = boost::json;

struct outcome {
    response answer;
    std::string error; // empty: answered
};

struct proxy_fixture {
    asio::io_context context;
    std::vector<std::string> arrived; // at the server: "GET /x?y"
    std::map<std::string, std::string> last_headers;
    std::unique_ptr<http_server> origin;
    std::unique_ptr<fault_proxy> proxy;
    std::unique_ptr<http_server> front;
    std::string url;

    explicit proxy_fixture(const std::optional<tls_files>& origin_tls = std::nullopt) {
        const std::string scheme = origin_tls ? "https" : "http";
        origin = std::make_unique<http_server>(
            context, "127.0.0.1", 0, [this](request asked) { return serve(std::move(asked)); }, origin_tls);
        origin->start();
        proxy = std::make_unique<fault_proxy>(context, scheme + "://127.0.0.1:" + std::to_string(origin->port()));
        front = std::make_unique<http_server>(context, "127.0.0.1", 0, proxy->handle());
        front->start();
        url = "http://127.0.0.1:" + std::to_string(front->port());
    }

    ~proxy_fixture() {
        front->stop();
        origin->stop();
        context.restart();
        context.run_for(soteria::test::patience);
        BOOST_TEST(context.stopped(), "the loop still has work after everything was stopped");
    }

    // Echoes; a watch is a stream of two lines that stays open.
    asio::awaitable<response> serve(request asked) {
        arrived.push_back(asked.method + " " + asked.target);
        last_headers = asked.headers;
        response answer;
        answer.status = asked.method == "POST" ? 201 : 200;
        answer.headers.emplace_back("X-Origin", "yes");
        answer.body = "echo of " + asked.body;
        if (asked.query.contains("watch")) {
            answer.stream = [](stream_writer& writer) -> asio::awaitable<void> {
                co_await writer.write("first line\n");
                co_await writer.write("second line\n");
                asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
                co_await never.async_wait(asio::use_awaitable);
            };
        }
        co_return answer;
    }

    static request make(std::string method, std::string target, std::string body = {}) {
        request asked;
        asked.method = std::move(method);
        asked.target = std::move(target);
        asked.body = std::move(body);
        asked.headers["user-agent"] = "client restore/create_volume";
        return asked;
    }

    asio::awaitable<outcome> send(request asked) {
        outcome seen;
        try {
            fault::upstream here(context.get_executor(), url);
            const auto connection = co_await here.open(true);
            seen.answer = co_await connection->exchange(asked);
        } catch (const boost::system::system_error& problem) {
            seen.error = problem.code().message();
        }
        co_return seen;
    }

    outcome ask(const std::string& method, const std::string& target, const std::string& body = {}) {
        return soteria::test::run(context, send(make(method, target, body)));
    }

    json::value control(const std::string& method, const std::string& what, const std::string& body = {}) {
        return json::parse(ask(method, "/_fault/" + what, body).answer.body);
    }

    // A request that goes on in the background.
    struct pending {
        std::optional<outcome> seen;
        asio::cancellation_signal leave;
    };

    std::shared_ptr<pending> begin(request asked) {
        auto made = std::make_shared<pending>();
        auto ended = [made](const std::exception_ptr& error, outcome seen) {
            seen.error = error ? "left" : seen.error;
            made->seen = std::move(seen);
        };
        asio::co_spawn(context, send(std::move(asked)),
                       asio::bind_cancellation_slot(made->leave.slot(), std::move(ended)));
        return made;
    }

    void wait_for(const std::shared_ptr<pending>& one) {
        soteria::test::run_until(context, [&one] { return one->seen.has_value(); });
    }

    // The client of that request goes away.
    void leave(const std::shared_ptr<pending>& one) {
        asio::post(context, [one] { one->leave.emit(asio::cancellation_type::terminal); });
        wait_for(one);
    }

    std::string outcome_of_last() { return std::string(proxy->log().back().at("outcome").as_string()); }

    void until_outcome(const std::string& wanted) {
        soteria::test::run_until(context, [&] { return outcome_of_last() == wanted; });
    }
};

} // namespace simulator
