// A proxy in front of one server that makes requests fail as told, at the request named, in the way named.
//
// Controls, on the proxy's own port:
//   POST /_fault/rules              adds a rule or an array of them (see rules.hpp)
//   GET /_fault/rules               each rule's counts; DELETE: none left
//   GET /_fault/log                 an array of the requests, in the order they came; DELETE: forgotten
//   GET /_fault/held?wait=SECONDS   an array of those being held, as soon as there is one, empty after SECONDS
//   POST /_fault/release            lets held requests go on ({"id": n}: that one)
//   POST /_fault/cut                cuts all running streams in the middle of a line
#pragma once

#include "test/simulator/http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace simulator {

// One thread: that of the io_context. Copies of handle() keep what they need alive.
class fault_proxy {
public:
    // `upstream`: "http://127.0.0.1:PORT" or https. log_bodies: how many bytes of each body the log keeps. Throws
    // std::invalid_argument.
    fault_proxy(boost::asio::io_context& context, const std::string& upstream, std::size_t log_bodies = 0);

    // For http_server.
    [[nodiscard]] handler handle() const;

    // A JSON array of rules, or one. Throws std::invalid_argument, naming what is wrong; then none is added.
    void add_rules(std::string_view rules);
    void clear_rules();
    void release_all();
    // As GET /_fault/log answers it: {id, method, target, user_agent, content_type, body, action, status, outcome};
    // outcome: "answered", "streaming", "held", "lost", "refused", "silent", "unreachable", "client gone".
    [[nodiscard]] boost::json::array log() const;

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace simulator
