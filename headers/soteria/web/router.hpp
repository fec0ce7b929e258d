// From a request to its answer: who calls, which route, which status. No sockets.
#pragma once

#include <soteria/web/message.hpp>
#include <soteria/web/services.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

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

private:
    class routes;
    std::unique_ptr<routes> routes_;
};

} // namespace soteria::web
