#include <soteria/base/utf8.hpp>
#include <soteria/operations/conflicts.hpp>
#include <soteria/web/problem.hpp>
#include <soteria/web/problem_codes.hpp>

#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace soteria::web {
namespace {

constexpr std::chrono::seconds usual_pause{5}; // a leader changes, a Pod restarts

// The failure's own reason where it is one of the API's codes, else the general one.
problem with_code(int status, const failure& error, std::string_view general) {
    const bool known = is_problem_code(status, error.reason);
    return {status, known ? error.reason : std::string(general), error.message};
}

problem come_back(int status, const failure& error, std::string_view general) {
    auto made = with_code(status, error, general);
    made.headers.emplace_back("Retry-After", std::to_string(error.retry_after.value_or(usual_pause).count()));
    return made;
}

// Whether an upstream refused our call as such: its own account, its address, its form. No caller can mend that.
bool refused_us(const failure& error) {
    if (error.upstream_status == 0)
        return false;
    return error.code == errc::forbidden || error.code == errc::invalid || error.reason == "unknown_kind";
}

// An upstream that is there and refuses, other than for being busy, is a fault that the caller cannot wait away.
bool is_broken(const failure& error) {
    return error.upstream_status != 0 && error.upstream_status != 503;
}

// Whoever is told when to come back gets there by waiting; other conflicts stay.
problem in_conflict(const failure& error) {
    return error.retry_after ? come_back(409, error, "conflict") : with_code(409, error, "conflict");
}

problem by_code(const failure& error) {
    if (refused_us(error))
        return with_code(502, error, "upstream_refused");
    if (error.upstream_status == 429)
        return come_back(429, error, "throttled");
    switch (error.code) {
    case errc::invalid:
        return with_code(400, error, "invalid_request");
    case errc::forbidden:
        return with_code(403, error, "forbidden");
    case errc::not_found:
        return with_code(404, error, "not_found");
    case errc::conflict:
        return in_conflict(error);
    case errc::precondition:
        return with_code(412, error, "plan_changed");
    case errc::unprocessable:
        return with_code(422, error, "unprocessable");
    case errc::unavailable:
        return is_broken(error) ? with_code(502, error, "upstream_refused")
                                : come_back(503, error, "upstream_unavailable");
    case errc::bad_answer:
        return with_code(502, error, "upstream_bad_answer");
    case errc::timed_out:
        return with_code(504, error, "upstream_timeout");
    case errc::outcome_unknown:
        return with_code(504, error, "outcome_unknown");
    case errc::retry:
        return come_back(503, error, "try_again");
    case errc::cancelled:
        return come_back(503, error, "shutting_down");
    case errc::internal:
        break;
    }
    return with_code(500, error, "internal");
}

} // namespace

problem to_problem(const failure& error) {
    auto made = by_code(error);
    made.operation = operations::running_operation(error);
    return made;
}

std::string_view status_title(int status) {
    namespace http = boost::beast::http;
    if (status == 422)
        return "Unprocessable Content";
    const auto text = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
    return {text.data(), text.size()};
}

response to_response(const problem& what, const request& about) {
    // It may name what the caller sent, cut somewhere.
    const auto detail = as_utf8(what.detail);
    boost::json::object body;
    body["type"] = "urn:soteria:problem:" + what.code;
    body["title"] = boost::json::string_view(status_title(what.status).data(), status_title(what.status).size());
    body["status"] = what.status;
    body["detail"] = detail;
    body["instance"] = about.path;
    body["code"] = what.code;
    body["error"] = detail;
    if (!what.operation.empty())
        body["operation"] = what.operation;
    body["request_id"] = about.request_id;
    response made(what.status, "application/problem+json", boost::json::serialize(body) + "\n");
    made.headers = what.headers;
    made.problem_code = what.code;
    made.with("Cache-Control", "no-store");
    return made;
}

} // namespace soteria::web
