#include "json_fields.hpp"

#include <soteria/kube/status.hpp>

#include <boost/json/parse.hpp>

#include <charconv>

namespace soteria::kube {

namespace json = boost::json;

namespace {

// The parts of a Status that decide, read leniently: a refusal must never turn into a parse error.
struct refusal {
    int code = 0;
    std::string reason;
    std::string message;
    std::string details_kind;
    std::string details_name;
    std::string first_cause;
    std::optional<std::int64_t> retry_after_seconds;
};

refusal read_status(int http_status, const json::object& status) {
    std::optional<failure> ignored;
    const json_fields fields(&status, "", ignored);
    const auto details = fields.object("details");
    refusal found;
    found.code = http_status != 0 ? http_status : static_cast<int>(fields.number("code").value_or(0));
    found.reason = fields.text("reason");
    found.message = fields.text("message");
    found.details_kind = details.text("kind");
    found.details_name = details.text("name");
    found.retry_after_seconds = details.number("retryAfterSeconds");
    const auto* causes = details.raw() != nullptr ? details.raw()->if_contains("causes") : nullptr;
    const auto* list = causes != nullptr ? causes->if_array() : nullptr;
    if (list != nullptr && !list->empty() && list->front().is_object())
        found.first_cause = json_fields(&list->front().get_object(), "", ignored).text("reason");
    return found;
}

// RBAC and admission refuse with the same reason; only RBAC's text says: User "x" cannot create resource "y".
bool refused_by_rbac(const refusal& status) {
    return status.message.find("cannot ") != std::string::npos &&
           status.message.find(" resource ") != std::string::npos;
}

struct meaning {
    errc code;
    std::string reason;
};

// A place in a list or in history that is gone. It says nothing about any object: whoever asked for one by name must
// not take it for deleted.
meaning expired() {
    return {errc::retry, "expired"};
}

bool only_reads(const call_description& call) {
    return call.verb == "get" || call.verb == "list";
}

// Two writers met. A read cannot, whatever a proxy says.
meaning conflict(const call_description& call, const char* reason) {
    if (only_reads(call))
        return {errc::bad_answer, ""};
    return {errc::conflict, reason};
}

meaning meaning_of_forbidden(const call_description& call, const refusal& status) {
    if (only_reads(call)) // admission has no say in them
        return {errc::forbidden, "forbidden"};
    if (status.first_cause == "NamespaceTerminating" ||
        status.message.find("because it is being terminated") != std::string::npos)
        return {errc::unprocessable, "namespace_terminating"};
    if (refused_by_rbac(status))
        return {errc::forbidden, "forbidden"};
    if (status.message.find("exceeded quota") != std::string::npos)
        return {errc::unprocessable, "quota_exceeded"};
    return {errc::unprocessable, "admission_refused"};
}

meaning meaning_of_not_found(const call_description& call, const refusal& status) {
    if (status.details_kind == "namespaces" && call.kind != "Namespace")
        return {errc::not_found, "namespace_not_found"};
    if (status.details_name.empty())
        return {errc::not_found, "unknown_kind"};
    return {errc::not_found, "not_found"};
}

meaning meaning_by_code(const call_description& call, int code) {
    const auto broken = call.changes ? errc::outcome_unknown : errc::retry;
    switch (code) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
        return {errc::invalid, ""};
    case 401:
        return {errc::forbidden, "unauthorized"};
    case 403:
        return {errc::forbidden, "forbidden"};
    case 404:
        return {errc::not_found, "not_found"};
    case 408:
        return {broken, ""};
    case 409:
        return conflict(call, "conflict");
    case 410:
        return expired();
    case 422:
        return {errc::unprocessable, "invalid_object"};
    case 429:
    case 503:
        return {errc::retry, ""};
    default:
        return {code >= 500 ? broken : errc::bad_answer, ""};
    }
}

meaning meaning_of(const call_description& call, const refusal& status) {
    if (status.reason == "NotFound")
        return meaning_of_not_found(call, status);
    if (status.reason == "Forbidden")
        return meaning_of_forbidden(call, status);
    if (status.reason == "AlreadyExists")
        return conflict(call, "already_exists");
    if (status.reason == "Conflict")
        return conflict(call, "conflict");
    if (status.reason == "Expired" || status.reason == "Gone")
        return expired();
    if (status.reason == "Invalid")
        return {errc::unprocessable, "invalid_object"};
    if (status.reason == "Unauthorized")
        return {errc::forbidden, "unauthorized"};
    if (status.reason == "TooManyRequests")
        return {errc::retry, ""};
    return meaning_by_code(call, status.code);
}

std::string advice(const meaning& what, const call_description& call) {
    if (what.reason == "unknown_kind")
        return " The API server does not know this kind: are its custom resource definitions installed?";
    if (what.reason == "forbidden")
        return " Check the ClusterRole bound to this service's ServiceAccount.";
    if (what.reason == "unauthorized")
        return " Its token or client certificate is not valid (any more).";
    if (what.code == errc::outcome_unknown)
        return " Whether the " + call.verb + " was carried out is unknown.";
    return "";
}

std::string as_sentence(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?')
        text += '.';
    return text;
}

failure make_failure(const call_description& call, const refusal& status) {
    const auto what = meaning_of(call, status);
    const auto said = status.message.empty() ? "no explanation" : status.message;
    failure result(what.code,
                   call.text() + " failed: the API server answered " + std::to_string(status.code) + ": " +
                       as_sentence(said) + advice(what, call),
                   what.reason);
    result.upstream_status = status.code;
    if (status.retry_after_seconds && *status.retry_after_seconds > 0 && *status.retry_after_seconds <= 3600)
        result.retry_after = std::chrono::seconds(*status.retry_after_seconds);
    return result;
}

} // namespace

std::string call_description::text() const {
    std::string words = verb + " " + kind;
    if (!ns.empty() || !name.empty())
        words += " " + ns + (!ns.empty() && !name.empty() ? "/" : "") + name;
    return words;
}

failure failure_from_status(const call_description& call, int http_status, const json::object& status) {
    return make_failure(call, read_status(http_status, status));
}

failure failure_from_response(const call_description& call, const net::http_response& response) {
    boost::system::error_code problem;
    const auto parsed = json::parse(response.body, problem);
    refusal status;
    if (!problem && parsed.is_object())
        status = read_status(response.status, parsed.get_object());
    else
        status.message = response.body.substr(0, 200); // enough to recognise a proxy's page
    status.code = response.status;
    // An unknown path has no Status: "404 page not found".
    if (status.reason.empty() && response.status == 404)
        status.reason = "NotFound";
    auto result = make_failure(call, status);
    if (const auto pause = retry_after(response.headers))
        result.retry_after = pause;
    return result;
}

std::optional<std::chrono::seconds> retry_after(const net::header_list& headers) {
    const auto text = net::find_header(headers, "Retry-After");
    int seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 3600)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

bool is_expired(const failure& error) {
    return error.reason == "expired";
}

} // namespace soteria::kube
