// The control API, /_simulator: see longhorn.hpp.
#pragma once

#include "test/simulator/http/server.hpp"
#include "world.hpp"

#include <boost/json/array.hpp>

#include <deque>
#include <functional>
#include <string>

namespace simulator::lh {

struct log_entry {
    instant at;
    std::string method;
    std::string path;
    std::string action;
    std::string user_agent;
    std::string body;
    int status = 0; // 0: the connection was cut
};

class control {
public:
    control(world& of, std::deque<log_entry>& log, std::function<void(milliseconds)> restart)
        : world_(of), log_(log), restart_(std::move(restart)) {}

    response answer(const request& asked);

private:
    response dispatch(const request& asked, const std::string& what, const std::string& name);
    response change_target(const request& asked, const std::string& name);
    [[nodiscard]] boost::json::array described_log() const;
    [[nodiscard]] boost::json::object described_state(bool with_log) const;

    world& world_;
    std::deque<log_entry>& log_;
    std::function<void(milliseconds)> restart_;
};

} // namespace simulator::lh
