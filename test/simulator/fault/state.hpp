// What the proxy's requests share, and what becomes of one.
#pragma once

#include "test/simulator/fault/rules.hpp"
#include "test/simulator/fault/upstream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>
#include <set>

namespace simulator::fault {

struct log_entry {
    std::size_t id = 0;
    std::string method;
    std::string target;
    std::string user_agent;
    std::string content_type;
    std::string body; // as far as the log keeps bodies
    std::optional<action> what;
    int status = 0; // the upstream's, or the one made up
    std::string outcome;
};

struct state {
    state(boost::asio::io_context& context_, const std::string& upstream_url);

    // Waits until something is held or `until` has come.
    boost::asio::awaitable<void> wait_for_held(std::chrono::steady_clock::time_point until);
    // Waits until released; throws when the client goes.
    boost::asio::awaitable<void> hold(std::shared_ptr<log_entry> entry);
    std::size_t release_all();
    std::size_t release(std::size_t id);
    void cut_streams();

    [[nodiscard]] boost::json::array describe_log() const;
    [[nodiscard]] boost::json::array describe_held() const;

    boost::asio::io_context& context;
    upstream server;
    fault::rules rules;
    std::deque<std::shared_ptr<log_entry>> log;
    std::size_t last_id = 0;
    std::size_t log_bodies = 0; // so many bytes of each request's body

    struct holding {
        std::shared_ptr<log_entry> entry;
        boost::asio::steady_timer* released = nullptr;
        bool done = false;
    };

    std::map<std::size_t, std::shared_ptr<holding>> held; // by id
    std::set<boost::asio::steady_timer*> waiting_for_held;
    // Running streams: set to be cut, and the signal that tells them.
    std::map<std::size_t, boost::asio::steady_timer*> streams;
};

boost::asio::awaitable<response> answer(std::shared_ptr<state> shared, request asked);

} // namespace simulator::fault
