// The Longhorn client over real sockets, against the simulated manager of a chosen version, whose time the test moves.
#pragma once

#include "test/simulator/http/server.hpp"
#include "test/simulator/longhorn/longhorn.hpp"

#include <soteria/longhorn/http_longhorn_client.hpp>
#include <soteria/net/curl_http_client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace soteria::longhorn {

using namespace std::chrono_literals;

inline simulator::longhorn_options of_version(int minor) {
    simulator::longhorn_options options;
    options.version = minor;
    return options;
}

struct cluster {
    explicit cluster(int version = 10) : manager(of_version(version)) {
        server.start();
        manager.seed(
            boost::json::parse(R"({"volumes":[{"name":"pvc-1","size":"1Gi","replicas":1,"state":"attached"}]})"));
    }

    ~cluster() {
        http.stop();
        server.stop();
        context.restart();
        context.run_for(5s);
        BOOST_TEST(context.stopped(), "the loop still has work after everything was stopped");
    }

    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> value;
        boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& error, T outcome) {
            if (!error)
                value.emplace(std::move(outcome));
        });
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!value && std::chrono::steady_clock::now() < end) {
            context.restart();
            context.run_one_for(100ms);
        }
        if (!value)
            throw std::logic_error("the call did not end");
        return *std::move(value);
    }

    // Steps of Longhorn's time until `done` holds.
    template <class Condition>
    void pass_until(Condition done) {
        for (int step = 0; step < 400 && !done(); ++step)
            manager.advance(250ms);
        BOOST_REQUIRE_MESSAGE(done(), "Longhorn did not get there in a hundred seconds of its time");
    }

    // The simulator's control API, without a socket.
    [[nodiscard]] std::string control(const std::string& method, const std::string& path,
                                      const std::string& body = {}) const {
        const auto answer = manager.answer({.method = method, .path = path, .query = {}, .headers = {}, .body = body});
        BOOST_REQUIRE_MESSAGE(answer.status < 300, "the simulator refused " << body << ": " << answer.body);
        return answer.body;
    }

    void fault(const std::string& description) const { (void)control("POST", "/_simulator/faults", description); }

    void no_more_faults() const { (void)control("DELETE", "/_simulator/faults"); }

    static call_options soon() { return call_options(async::deadline::after(10s), "component"); }

    static call_options once() { return call_options(async::deadline::after(150ms), "component"); }

    boost::asio::io_context context;
    simulator::longhorn manager;
    simulator::http_server server{context, "127.0.0.1", 0, manager.handle()};
    net::curl_http_client http{context.get_executor(), {}};
    http_longhorn_client client{http, "http://127.0.0.1:" + std::to_string(server.port())};
};

template <class T>
std::string code_of(const result<T>& outcome) {
    return outcome ? "success" : std::string(to_string(outcome.error().code)) + ": " + outcome.error().message;
}

} // namespace soteria::longhorn
