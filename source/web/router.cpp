#include "closest.hpp"
#include "problem_page.hpp"
#include "routes.hpp"

#include <soteria/base/log.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

std::string_view result_word(int status) {
    switch (status) {
    case 401:
    case 403:
        return "denied";
    case 404:
        return "not_found";
    case 409:
    case 412:
        return "conflict";
    case 429:
        return "throttled";
    case 502:
    case 503:
    case 504:
        return "unavailable";
    default:
        return status < 400 ? "accepted" : status < 500 ? "invalid" : "error";
    }
}

std::string allowed_methods(const std::vector<std::string_view>& methods) {
    std::string text;
    for (const auto method : methods)
        text += std::string(method) + (method == "GET" ? ", HEAD, " : ", ");
    return text + "OPTIONS";
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const auto blank = text.find(' ');
        found.push_back(text.substr(0, blank));
        text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    }
    return found;
}

std::string unknown_parameter(std::string_view name, const std::vector<std::string_view>& known,
                              const std::string& path) {
    constexpr std::size_t most_shown = 80;
    std::string text = path + " takes no query parameter \"" + std::string(name.substr(0, most_shown)) + "\"";
    if (const auto near = closest(name, known); !near.empty())
        return text + "; did you mean \"" + std::string(near) + "\"?";
    for (const auto& each : known)
        text += (&each == known.data() ? "; it takes " : ", ") + std::string(each);
    return text;
}

response internal_failure(const call& each, const char* what) {
    log::error("a request ended in a bug", {{"request_id", boost::json::value(each.asked.request_id)},
                                            {"path", boost::json::value(each.asked.path)},
                                            {"what", what}});
    return to_response(problem(500, "internal",
                               "something went wrong inside the service; its log says more under the request id " +
                                   each.asked.request_id),
                       each.asked);
}

} // namespace

bool matches(std::string_view pattern, const std::vector<std::string>& segments, std::string& argument) {
    std::size_t at = 0;
    pattern.remove_prefix(1); // the first "/"
    if (pattern.empty())
        return segments.empty();
    while (!pattern.empty()) {
        const auto slash = pattern.find('/');
        const auto part = pattern.substr(0, slash);
        pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
        if (at == segments.size())
            return false;
        if (part == "{...}") {
            argument.clear();
            for (; at < segments.size(); ++at)
                argument += (argument.empty() ? "" : "/") + segments[at];
            return true;
        }
        if (part == "{}" ? segments[at].empty() : part != segments[at])
            return false;
        if (part == "{}")
            argument = segments[at];
        ++at;
    }
    return at == segments.size();
}

boost::asio::awaitable<response> router::routes::dispatch(call& each) {
    const std::string_view method = each.asked.method == "HEAD" ? std::string_view("GET") : each.asked.method;
    const route* chosen = nullptr;
    std::vector<std::string_view> methods;
    bool open = false;
    for (const auto& row : table()) {
        std::string argument;
        if (!matches(row.pattern, each.asked.segments, argument))
            continue;
        methods.push_back(row.method);
        each.route = row.pattern;
        open = open || row.open_to == access::everybody;
        if (row.method == method) {
            chosen = &row;
            each.argument = argument;
        }
    }
    std::optional<response> answer;
    if (chosen != nullptr && chosen->method != "GET")
        each.wanted.route = chosen->pattern;
    if (!open)
        answer = refuse(each);
    if (const auto wrong = unusable(each, chosen, methods); !answer && wrong)
        answer = to_response(*wrong, each.asked);
    if (!answer && chosen == nullptr)
        answer = response(204, "", "").with("Allow", allowed_methods(methods));
    if (!answer)
        answer = co_await run(*chosen, each);
    if (chosen != nullptr)
        count(*chosen, each, answer->status);
    co_return std::move(*answer);
}

// What the request line alone decides. Without a problem and without a chosen route it is an OPTIONS.
std::optional<problem> router::routes::unusable(const call& each, const route* chosen,
                                                const std::vector<std::string_view>& methods) {
    const auto& asked = each.asked;
    if (!asked.bad_target.empty())
        return problem(400, "bad_target", asked.bad_target);
    if (methods.empty())
        return problem(404, "no_such_route", "there is nothing at " + asked.path);
    if (chosen == nullptr && asked.method != "OPTIONS") {
        problem refused(405, "method_not_allowed", asked.path + " does not take " + asked.method);
        refused.headers.emplace_back("Allow", allowed_methods(methods));
        return refused;
    }
    if (chosen == nullptr || chosen->parameters == nullptr)
        return std::nullopt;
    const auto known = words(chosen->parameters);
    for (const auto& [name, value] : asked.query)
        if (std::ranges::find(known, name) == known.end())
            return problem(400, "unknown_parameter", unknown_parameter(name, known, asked.path));
    if (!asked.twice.empty())
        return problem(400, "duplicate_parameter", "the query parameter \"" + asked.twice + "\" is given twice");
    return std::nullopt;
}

// The only place where an exception becomes an answer.
boost::asio::awaitable<response> router::routes::run(const route& chosen, call& each) {
    std::string what;
    try {
        auto handling = (this->*chosen.handle)(each);
        co_return co_await std::move(handling);
    } catch (const boost::system::system_error& thrown) {
        if (thrown.code() == boost::asio::error::operation_aborted)
            throw;
        what = thrown.what();
    } catch (const std::exception& thrown) {
        what = thrown.what();
    }
    co_return internal_failure(each, what.c_str());
}

std::optional<response> router::routes::refuse(call& each) {
    auto decision = auth::decide(each.asked.method, each.asked.headers, each.asked.peer, needs_.auth);
    each.who = std::move(decision.who);
    if (!decision.refused)
        return std::nullopt;
    needs_.counters.count_denial(*decision.refused);
    const bool unknown = is_unauthenticated(*decision.refused);
    problem denied(unknown ? 401 : 403, std::string(to_string(*decision.refused)), decision.detail);
    if (unknown)
        denied.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"soteria\"");
    return wants_page(each.asked) ? to_page(denied, each.asked) : to_response(denied, each.asked);
}

void router::routes::count(const route& chosen, const call& each, int status) {
    if (chosen.as == counted::nothing)
        return;
    const auto kind = chosen.as == counted::backup ? domain::operation_kind::backup : domain::operation_kind::restore;
    const auto& driver = each.driver.empty() ? needs_.driver : each.driver;
    needs_.counters.count(kind, driver, each.result.empty() ? result_word(status) : each.result);
}

void router::routes::count(const call& each, int status, std::chrono::duration<double> took) {
    needs_.counters.count_request(each.route, each.asked.method, status, took);
}

router::router(services needs) : routes_(std::make_unique<routes>(std::move(needs))) {}

router::~router() = default;

std::vector<std::pair<std::string_view, std::string_view>> router::route_list() {
    std::vector<std::pair<std::string_view, std::string_view>> list;
    for (const auto& row : routes::table())
        list.emplace_back(row.method, row.pattern);
    return list;
}

boost::asio::awaitable<response> router::handle(request asked) {
    call each;
    each.asked = std::move(asked);
    const auto begun = async::deadline::time_clock::now();
    response answer;
    try {
        answer = co_await routes_->dispatch(each);
    } catch (...) {
        audit_cut_off(each.wanted, each.who, each.asked);
        throw;
    }
    audit(each.wanted, each.who, each.asked, answer);
    const auto spent =
        std::chrono::duration_cast<std::chrono::microseconds>(async::deadline::time_clock::now() - begun);
    routes_->count(each, answer.status, spent);
    // Probes and scrapes come by every few seconds.
    const bool routine = answer.status < 500 && (each.asked.path == "/healthz" || each.asked.path == "/readyz" ||
                                                 each.asked.path == "/metrics");
    log::write(routine ? log::level::debug : log::level::info, "request",
               {{"method", boost::json::value(each.asked.method)},
                {"path", boost::json::value(each.asked.path)},
                {"status", answer.status},
                {"microseconds", spent.count()},
                {"user", boost::json::value(each.who.user)},
                {"peer", boost::json::value(each.asked.peer.to_string())},
                {"request_id", boost::json::value(each.asked.request_id)}});
    answer.with("X-Request-Id", each.asked.request_id).with("X-Content-Type-Options", "nosniff");
    co_return answer;
}

} // namespace soteria::web
