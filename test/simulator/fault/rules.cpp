#include "test/simulator/fault/rules.hpp"

#include <array>
#include <set>
#include <stdexcept>

namespace simulator::fault {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, action>, 13> names{{{"refuse", action::refuse},
                                                                     {"reset", action::reset},
                                                                     {"status", action::status},
                                                                     {"garbage", action::garbage},
                                                                     {"silence", action::silence},
                                                                     {"delay", action::delay},
                                                                     {"half_answer", action::half_answer},
                                                                     {"answer_lost", action::answer_lost},
                                                                     {"hold_before", action::hold_before},
                                                                     {"hold_after", action::hold_after},
                                                                     {"cut_stream", action::cut_stream},
                                                                     {"late", action::late},
                                                                     {"arrive_late", action::arrive_late}}};

const json::object& must_be_object(const json::value& given, const std::set<std::string_view>& known) {
    const auto* object = given.if_object();
    if (object == nullptr) {
        throw std::invalid_argument("a rule and its match are objects");
    }
    for (const auto& [key, value] : *object) {
        if (known.count(key) == 0) {
            throw std::invalid_argument("unknown member " + std::string(key));
        }
    }
    return *object;
}

std::string text_of(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_string()) {
        throw std::invalid_argument(std::string(name) + " is a string");
    }
    return std::string(found->get_string());
}

std::size_t number_of(const json::object& object, std::string_view name, std::size_t otherwise) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) {
        return otherwise;
    }
    if (!found->is_int64() || found->get_int64() < 0) {
        throw std::invalid_argument(std::string(name) + " is a number, 0 or more");
    }
    return static_cast<std::size_t>(found->get_int64());
}

std::optional<std::regex> regex_of(const json::object& object, std::string_view name) {
    const auto text = text_of(object, name);
    if (text.empty()) {
        return std::nullopt;
    }
    try {
        return std::regex(text);
    } catch (const std::regex_error& problem) {
        throw std::invalid_argument(std::string(name) + " is no regular expression: " + problem.what());
    }
}

} // namespace

std::optional<action> parse_action(std::string_view name) {
    for (const auto& [known, what] : names) {
        if (known == name) {
            return what;
        }
    }
    return std::nullopt;
}

std::string_view name_of(action what) {
    for (const auto& [known, one] : names) {
        if (one == what) {
            return known;
        }
    }
    return "unknown";
}

bool rule::matches(const request& asked) const {
    const auto agent = asked.headers.find("user-agent");
    const auto agent_text = agent == asked.headers.end() ? std::string() : agent->second;
    return (method.empty() || method == asked.method) && (!path || std::regex_search(asked.target, *path)) &&
           (!user_agent || std::regex_search(agent_text, *user_agent));
}

rule parse_rule(const json::value& given) {
    const auto& object =
        must_be_object(given, {"match", "action", "status", "body", "headers", "count", "milliseconds", "after_bytes"});
    rule parsed;
    if (const auto* match = object.if_contains("match")) {
        const auto& wanted = must_be_object(*match, {"method", "path_regex", "user_agent_regex", "nth"});
        parsed.method = text_of(wanted, "method");
        parsed.path = regex_of(wanted, "path_regex");
        parsed.user_agent = regex_of(wanted, "user_agent_regex");
        parsed.nth = std::max<std::size_t>(1, number_of(wanted, "nth", 1));
    }
    const auto what = parse_action(text_of(object, "action"));
    if (!what) {
        throw std::invalid_argument("unknown action \"" + text_of(object, "action") + "\"");
    }
    parsed.what = *what;
    parsed.status = static_cast<int>(number_of(object, "status", 500));
    parsed.body = text_of(object, "body");
    parsed.count = number_of(object, "count", 1);
    parsed.wait = std::chrono::milliseconds(number_of(object, "milliseconds", 0));
    parsed.after_bytes = number_of(object, "after_bytes", 0);
    if (const auto* headers = object.if_contains("headers")) {
        for (const auto& [name, value] : headers->as_object()) {
            parsed.headers.emplace_back(name, value.as_string());
        }
    }
    return parsed;
}

std::optional<std::pair<std::size_t, rule>> rules::apply_to(const request& asked) {
    std::optional<std::pair<std::size_t, rule>> chosen;
    for (std::size_t number = 0; number < rules_.size(); ++number) {
        auto& one = rules_[number];
        if (!one.matches(asked)) {
            continue;
        }
        ++one.seen;
        const bool due = one.seen >= one.nth && (one.count == 0 || one.applied < one.count);
        if (due && !chosen) {
            ++one.applied;
            chosen.emplace(number, one);
        }
    }
    return chosen;
}

json::array rules::describe() const {
    json::array listed;
    for (const auto& one : rules_) {
        json::object entry;
        entry["action"] = name_of(one.what);
        entry["seen"] = one.seen;
        entry["applied"] = one.applied;
        listed.push_back(std::move(entry));
    }
    return listed;
}

} // namespace simulator::fault
