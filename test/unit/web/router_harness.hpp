// Requests through the router, without sockets.
#pragma once

#include "fake_services.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <future>
#include <optional>

namespace soteria::web::test {

struct router_harness : fake_services {
    // The router is made by the first request.
    response send(std::string method, std::string_view target, std::string body = {}, text_pairs headers = {}) {
        if (!routes)
            routes.emplace(needs);
        request asked;
        asked.method = std::move(method);
        read_target(target, asked);
        asked.body = std::move(body);
        asked.headers = std::move(headers);
        asked.peer = boost::asio::ip::make_address("10.42.0.7");
        asked.request_id = "r-77";
        asked.until = async::deadline::never();
        boost::asio::io_context context;
        auto answer = boost::asio::co_spawn(context, routes->handle(std::move(asked)), boost::asio::use_future);
        context.run();
        auto answered = answer.get();
        answered.body = std::string(answered.text());
        return answered;
    }

    response get(std::string_view target, text_pairs headers = {}) {
        return send("GET", target, {}, std::move(headers));
    }

    response post(std::string_view target, std::string body) {
        return send("POST", target, std::move(body), {{"Content-Type", "application/json"}});
    }

    std::optional<router> routes;
};

inline std::string header(const response& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name)
            return value;
    return "";
}

inline std::string member(const response& answer, std::string_view name) {
    const auto document = boost::json::parse(answer.body);
    const auto* found = document.as_object().if_contains(boost::json::string_view(name.data(), name.size()));
    return found == nullptr ? "(absent)" : found->is_string() ? std::string(found->get_string()) : serialize(*found);
}

} // namespace soteria::web::test
