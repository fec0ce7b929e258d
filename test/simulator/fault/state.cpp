#include "test/simulator/fault/state.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace simulator::fault {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

json::object describe(const log_entry& entry) {
    json::object shown;
    shown["id"] = entry.id;
    shown["method"] = entry.method;
    shown["target"] = entry.target;
    shown["user_agent"] = entry.user_agent;
    shown["content_type"] = entry.content_type;
    shown["body"] = entry.body;
    shown["action"] = entry.what ? json::value(json::string(name_of(*entry.what))) : json::value(nullptr);
    shown["status"] = entry.status;
    shown["outcome"] = entry.outcome;
    return shown;
}

} // namespace

state::state(asio::io_context& context_, const std::string& upstream_url)
    : context(context_), server(context_.get_executor(), upstream_url) {}

asio::awaitable<void> state::wait_for_held(std::chrono::steady_clock::time_point until) {
    asio::steady_timer timer(context, until);
    waiting_for_held.insert(&timer);
    const std::shared_ptr<void> forget(nullptr, [this, &timer](void*) { waiting_for_held.erase(&timer); });
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> state::hold(std::shared_ptr<log_entry> entry) {
    asio::steady_timer timer(context, asio::steady_timer::time_point::max());
    auto mine = std::make_shared<holding>();
    mine->entry = entry;
    mine->released = &timer;
    held[entry->id] = mine;
    const std::shared_ptr<void> forget(nullptr, [this, id = entry->id](void*) { held.erase(id); });
    entry->outcome = "held";
    for (auto* waiting : waiting_for_held) {
        waiting->cancel();
    }
    while (!mine->done) {
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto cancelled = co_await asio::this_coro::cancellation_state;
        if (cancelled.cancelled() != asio::cancellation_type::none) {
            entry->outcome = "client gone";
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
}

std::size_t state::release_all() {
    const auto count = held.size();
    for (const auto& [id, one] : held) {
        one->done = true;
        one->released->cancel();
    }
    return count;
}

std::size_t state::release(std::size_t id) {
    const auto found = held.find(id);
    if (found == held.end()) {
        return 0;
    }
    found->second->done = true;
    found->second->released->cancel();
    return 1;
}

void state::cut_streams() {
    for (const auto& [id, timer] : streams) {
        timer->cancel();
    }
}

json::array state::describe_log() const {
    json::array listed;
    for (const auto& entry : log) {
        listed.push_back(describe(*entry));
    }
    return listed;
}

json::array state::describe_held() const {
    json::array listed;
    for (const auto& [id, one] : held) {
        listed.push_back(describe(*one->entry));
    }
    return listed;
}

} // namespace simulator::fault
