// From a request to its answer: who calls, which route, which status. No sockets.
#pragma once

#include <soteria/web/message.hpp>
#include <soteria/web/services.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::web {

class router {
public:
    explicit router(services needs);
    ~router();
    router(const router&) = delete;
    router& operator=(const router&) = delete;

    // Every failure is an answer; an exception of a handler is logged and answered with 500. The only exception that
    // leaves it is the one of a cancelled coroutine.
    boost::asio::awaitable<response> handle(request asked);

    // {method, pattern} of every route; "{}" stands for one part of a path, "{...}" for all that follow.
    static std::vector<std::pair<std::string_view, std::string_view>> route_list();

private:
    class routes;
    std::unique_ptr<routes> routes_;
};

} // namespace soteria::web
