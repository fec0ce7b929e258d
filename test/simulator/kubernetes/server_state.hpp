// What the parts of the simulated API server share.
#pragma once

#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/kubernetes/objects.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace simulator::api {

struct server_state {
    server_state(boost::asio::io_context& context_, const kubernetes_options& options_)
        : context(context_), options(options_), kept(known, options_.history), verbs(known, kept) {}

    boost::asio::io_context& context;
    kubernetes_options options;
    kinds known;
    store kept;
    objects verbs;
    std::deque<logged_request> log;
    std::map<std::string, std::map<std::string, std::string>> logs; // of containers, by their Pod's uid
    // Controls that are not the API server's; nullopt: not theirs either. (method, path, body)
    std::function<std::optional<json::value>(const std::string&, const std::string&, const std::string&)> more_control;
    std::uint64_t cuts = 0; // watches that began under a smaller number are cut
    bool stopped = false;
};

// Where a request points to.
struct address {
    const kind* which = nullptr;
    std::string ns;
    std::string name;        // empty: the collection
    std::string subresource; // "", "status", or "log" of a Pod
};

using query_map = std::map<std::string, std::string>;
std::string query_value(const query_map& query, const std::string& name);
bool query_true(const query_map& query, const std::string& name); // "true" or "1"
// A resourceVersion; 0 where it is missing or "0". Throws refused.
std::uint64_t parse_revision(const std::string& text, bool of_watch);

scope scope_of(const address& where, const query_map& query);

response list_objects(server_state& state, const address& where, const query_map& query);
response watch_objects(const std::shared_ptr<server_state>& state, const address& where, const query_map& query);
// GET .../pods/<name>/log
response answer_log(server_state& state, const address& where, const query_map& query);
response answer_refusal(const refused& why);
response answer_json(int status, std::string text);

// The executable's and tests' controls under /_simulator/.
response control(server_state& state, const request& asked);

} // namespace simulator::api
