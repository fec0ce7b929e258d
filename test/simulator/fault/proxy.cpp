#include "test/simulator/fault/proxy.hpp"

#include "test/simulator/fault/state.hpp"

#include <cstdlib>
#include <stdexcept>

namespace simulator {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

response answer_json(const json::value& value) {
    response answer;
    answer.body = json::serialize(value);
    return answer;
}

response answer_problem(int status, std::string_view why) {
    json::object problem;
    problem["error"] = why;
    auto answer = answer_json(std::move(problem));
    answer.status = status;
    return answer;
}

json::object with(std::string_view name, json::value value) {
    json::object object;
    object[name] = std::move(value);
    return object;
}

double wait_of(const request& asked) {
    const auto wait = asked.query.find("wait");
    return wait == asked.query.end() ? 0 : std::strtod(wait->second.c_str(), nullptr);
}

asio::awaitable<response> answer_held(std::shared_ptr<fault::state> state, double seconds) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    while (state->held.empty() && std::chrono::steady_clock::now() < until) {
        co_await state->wait_for_held(until);
    }
    co_return answer_json(state->describe_held());
}

void add_rules_to(fault::state& state, std::string_view text) {
    boost::system::error_code error;
    const auto parsed = json::parse(text, error);
    if (error) {
        throw std::invalid_argument("rules are JSON: an array of rules, or one");
    }
    const auto given = parsed.is_array() ? parsed.get_array() : json::array(1, parsed);
    std::vector<fault::rule> added;
    for (const auto& one : given) {
        added.push_back(fault::parse_rule(one));
    }
    for (auto& one : added) {
        state.rules.add(std::move(one));
    }
}

response answer_control(fault::state& state, const request& asked) {
    const auto what = asked.method + " " + asked.path;
    if (what == "POST /_fault/rules") {
        add_rules_to(state, asked.body);
    } else if (what == "DELETE /_fault/rules") {
        state.rules.clear();
    } else if (what == "DELETE /_fault/log") {
        state.log.clear();
    } else if (what == "GET /_fault/log") {
        return answer_json(state.describe_log());
    } else if (what == "POST /_fault/release") {
        const auto given = asked.body.empty() ? json::object() : json::parse(asked.body).as_object();
        const auto* id = given.if_contains("id");
        return answer_json(
            with("released", id == nullptr ? state.release_all() : state.release(id->to_number<std::size_t>())));
    } else if (what == "POST /_fault/cut") {
        state.cut_streams();
    } else if (what != "GET /_fault/rules") {
        return answer_problem(404, "the proxy has no such control");
    }
    return answer_json(with("rules", state.rules.describe()));
}

asio::awaitable<response> answer_any(std::shared_ptr<fault::state> state, request asked) {
    if (!asked.path.starts_with("/_fault/")) {
        auto made = co_await fault::answer(std::move(state), std::move(asked));
        co_return made;
    }
    if (asked.path == "/_fault/held") {
        auto made = co_await answer_held(std::move(state), wait_of(asked));
        co_return made;
    }
    try {
        co_return answer_control(*state, asked);
    } catch (const std::exception& problem) {
        co_return answer_problem(400, problem.what());
    }
}

} // namespace

struct fault_proxy::implementation {
    std::shared_ptr<fault::state> state;
};

fault_proxy::fault_proxy(asio::io_context& context, const std::string& upstream, std::size_t log_bodies)
    : implementation_(std::make_shared<implementation>()) {
    implementation_->state = std::make_shared<fault::state>(context, upstream);
    implementation_->state->log_bodies = log_bodies;
}

handler fault_proxy::handle() const {
    return [state = implementation_->state](request asked) { return answer_any(state, std::move(asked)); };
}

void fault_proxy::add_rules(std::string_view rules) {
    add_rules_to(*implementation_->state, rules);
}

void fault_proxy::clear_rules() {
    implementation_->state->rules.clear();
}

void fault_proxy::release_all() {
    implementation_->state->release_all();
}

json::array fault_proxy::log() const {
    return implementation_->state->describe_log();
}

} // namespace simulator
