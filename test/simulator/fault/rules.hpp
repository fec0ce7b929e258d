// Which requests are to fail, and how.
#pragma once

#include "test/simulator/http/server.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace simulator::fault {

enum class action {
    refuse,      // the connection is closed, nothing forwarded
    reset,       // the same with a TCP reset
    status,      // `status` and `body` are answered, nothing forwarded
    garbage,     // bytes that are no HTTP are answered (`body`, if given), nothing forwarded
    silence,     // neither forwarded nor answered, until the client goes
    delay,       // forwarded after `milliseconds`
    half_answer, // forwarded; half of the answer (of a stream: of its first piece) comes back, then the end
    answer_lost, // forwarded; after the upstream's answer the client's connection is closed
    hold_before, // forwarded after a release; not at all if the client goes before that
    hold_after,  // forwarded; the answer comes back after a release
    cut_stream,  // forwarded; a stream is cut after `after_bytes`, or in the middle of the first piece
    late,        // forwarded; the answer comes back after `milliseconds`
    arrive_late, // never answered; forwarded `milliseconds` after its client has given it up
};

// Names as above; std::nullopt for another.
std::optional<action> parse_action(std::string_view name);
std::string_view name_of(action what);

struct rule {
    std::string method;                   // empty: any
    std::optional<std::regex> path;       // searched in path and query, as they came
    std::optional<std::regex> user_agent; // searched
    std::size_t nth = 1;                  // from the nth request that matches
    std::size_t count = 1;                // for so many of them; 0: all further ones
    action what = action::refuse;
    int status = 500;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // of a `status`
    std::chrono::milliseconds wait{0};                        // of a `delay`, `late`, `arrive_late`
    std::size_t after_bytes = 0;                              // of a `cut_stream`

    std::size_t seen = 0;    // requests that matched
    std::size_t applied = 0; // of these, those it was applied to

    [[nodiscard]] bool matches(const request& asked) const;
};

// {"match":{"method","path_regex","user_agent_regex","nth"},"action","status","body","headers":{},"count",
//  "milliseconds","after_bytes"}; throws std::invalid_argument, naming what is wrong.
rule parse_rule(const boost::json::value& given);

class rules {
public:
    void add(rule one) { rules_.push_back(std::move(one)); }

    void clear() { rules_.clear(); }

    // Counts the request on every rule that it matches; the first that is due is returned, with its number.
    std::optional<std::pair<std::size_t, rule>> apply_to(const request& asked);
    [[nodiscard]] boost::json::array describe() const;

private:
    std::vector<rule> rules_;
};

} // namespace simulator::fault
