// Errors as values: what failed, what the caller can do about it, and on which object it happened.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace soteria {

// Grouped by what the caller does next, not by where the failure came from.
enum class errc {
    retry,           // nothing happened; the same call may work later
    outcome_unknown, // sent, and the answer was lost: look before trying again
    not_found,
    conflict, // exists already, or was changed by somebody else
    forbidden,
    invalid,       // the request can never work as it is
    precondition,  // the caller named a state that is not the present one; look again
    unprocessable, // the request is well formed, but the cluster's state refuses it
    unavailable,   // the upstream is down or refuses work for now
    bad_answer,    // the upstream answered, and the answer makes no sense
    timed_out,     // the deadline passed; for a change see outcome_unknown
    cancelled,
    internal, // a bug
};

// "not_found", "timed_out", ... ; stable, used in logs and metric labels.
std::string_view to_string(errc code);

struct failure {
    errc code = errc::internal;
    // A whole sentence for a person: what happened, to which object, and what to do where that is known.
    std::string message;
    // A stable machine word for HTTP's "code" and an operation's "reason" ("no_backup", "target_exists");
    // empty: derived from `code`.
    std::string reason;
    // How long the upstream asked to wait (Retry-After).
    std::optional<std::chrono::seconds> retry_after;
    // The HTTP status an upstream answered with; 0: there was no answer.
    int upstream_status = 0;

    failure() = default;

    failure(errc code_, std::string message_, std::string reason_ = {})
        : code(code_), message(std::move(message_)), reason(std::move(reason_)) {}

    // The same failure seen from one level up: "<what>: <message>".
    [[nodiscard]] failure in(std::string_view what) const;
    // The answer may have been lost or the upstream may recover: the same call, made safely, may work.
    [[nodiscard]] bool transient() const;
};

template <class T = void>
using result = boost::system::result<T, failure>;

// Found by ADL: value() of a failed result throws std::runtime_error with the message (a bug or start-up).
[[noreturn]] void throw_exception_from_error(const failure& error, const boost::source_location& where);

} // namespace soteria
