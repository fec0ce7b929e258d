// What the load consists of: kinds of requests, how often each is made, and what each must be answered.
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace load {

// In `target` and `body`, {n} is the number of this request among its kind, {n%20} that number modulo 20, {location}
// one of the Locations answered lately and {continue} the client's last continue token; while there is none, the kind
// waits.
struct kind {
    std::string name;
    double weight = 0;                  // its share among the kinds without a pace
    std::chrono::microseconds every{0}; // if set: one in this time, over all clients
    std::string method = "GET";
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::set<int> expect{200};
    std::string contains;     // in the answer's body
    std::string encoding;     // the answer's Content-Encoding
    bool conditional = false; // sends the ETag of the client's last answer of this kind
};

struct plan {
    std::uint16_t port = 0;
    std::size_t clients = 0;
    std::chrono::milliseconds duration{0};
    std::chrono::milliseconds pause{0}; // between an answer and the client's next request, on average
    std::vector<kind> kinds;
};

// From its JSON, whose members are named as above ("port", "clients", "seconds", "pause_ms", "kinds": "per_second" for
// `every`). Throws std::exception.
plan read_plan(const boost::json::object& document);

} // namespace load
