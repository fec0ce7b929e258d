#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/refusal.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <optional>

namespace soteria::longhorn {

namespace {

struct meaning {
    std::string_view fragment; // of Longhorn's text
    errc code;
    std::string_view reason;
};

// The first that matches counts, so the order matters: a webhook's refusal may quote "not found", and a missing backup
// volume is one that is about to appear.
constexpr std::array meanings{
    meaning{"already exists", errc::conflict, "already_exists"},
    meaning{"failed calling webhook", errc::unavailable, ""},
    meaning{"cannot find longhorn manager on node", errc::unavailable, ""},
    meaning{"is not available", errc::unavailable, "backup_target_unavailable"}, // said of nothing else
    meaning{"cannot get backup volume", errc::retry, "backup_volume_missing"},
    meaning{"please retry later", errc::retry, ""},
    meaning{"please try again later", errc::retry, ""},
    meaning{"in 10 seconds", errc::retry, ""},
    meaning{"is restoring data", errc::retry, ""},
    meaning{"is pending restoring", errc::retry, ""},
    meaning{"engine is not running", errc::retry, ""},
    meaning{"cannot operate during migration", errc::retry, ""},
    meaning{"the object has been modified", errc::retry, ""},
    meaning{"not found", errc::not_found, ""},
    meaning{"denied the request", errc::unprocessable, ""},
    meaning{"is invalid", errc::unprocessable, ""},
};

// Longhorn lost its own answer from somewhere behind it: a change may have been made.
constexpr std::array<std::string_view, 8> lost_behind{
    "context deadline exceeded", "connection refused", "connection reset",       "no route to host", "i/o timeout",
    "etcdserver: request timed", "unexpected EOF",     "Internal error occurred"};

std::optional<std::string> own_message(std::string_view body) {
    boost::system::error_code ec;
    const auto value = boost::json::parse(body, ec);
    if (ec || !value.is_object())
        return std::nullopt;
    const auto* message = value.get_object().if_contains("message");
    if (message == nullptr || !message->is_string())
        return std::nullopt;
    return std::string(message->get_string());
}

const meaning* find_meaning(std::string_view text) {
    for (const auto& one : meanings)
        if (text.find(one.fragment) != std::string_view::npos)
            return &one;
    return nullptr;
}

bool lost(std::string_view text) {
    for (const auto fragment : lost_behind)
        if (text.find(fragment) != std::string_view::npos)
            return true;
    return false;
}

errc code_of_unknown_text(std::string_view text, request_kind kind) {
    if (kind == request_kind::reads)
        return errc::unavailable;
    return lost(text) ? errc::outcome_unknown : errc::unprocessable;
}

failure told(errc code, int status, std::string_view doing, const std::string& text, std::string_view reason = {}) {
    std::string message = std::string(doing) + ": Longhorn answered " + std::to_string(status);
    message += text.empty() ? " without a text." : ": " + text;
    failure made(code, std::move(message), std::string(reason));
    made.upstream_status = status;
    return made;
}

} // namespace

bool is_unknown_route(int status, std::string_view body) {
    return status == 404 && !body.empty() && !own_message(body);
}

std::string refusal_text(std::string_view body) {
    std::string text = own_message(body).value_or(std::string(body));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return bounded(text);
}

failure refusal(int status, std::string_view body, request_kind kind, std::string_view doing) {
    const auto text = refusal_text(body);
    if (is_unknown_route(status, body) || status == 405)
        return told(errc::bad_answer, status, doing,
                    "it does not know this request (" + text +
                        "); is SOTERIA_LONGHORN_URL the address of a Longhorn manager, 1.6 or later?");
    if (status == 404)
        return told(errc::not_found, status, doing, text);
    if (status == 502 || status == 504) // from Longhorn's own proxy to another manager: it may have reached that one
        return told(kind == request_kind::reads ? errc::unavailable : errc::outcome_unknown, status, doing, text);
    if (status == 503 || status == 429)
        return told(errc::unavailable, status, doing, text);
    if (status >= 300 && status < 400)
        return told(errc::bad_answer, status, doing,
                    "a redirect, which is not followed; SOTERIA_LONGHORN_URL must name the manager itself");
    if (status == 401 || status == 403)
        return told(errc::forbidden, status, doing, text);
    if (const auto* known = find_meaning(text); known != nullptr)
        return told(known->code, status, doing, text, known->reason);
    return told(code_of_unknown_text(text, kind), status, doing, text);
}

} // namespace soteria::longhorn
