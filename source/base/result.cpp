#include <soteria/base/result.hpp>

#include <stdexcept>

namespace soteria {

std::string_view to_string(errc code) {
    switch (code) {
    case errc::retry:
        return "retry";
    case errc::outcome_unknown:
        return "outcome_unknown";
    case errc::not_found:
        return "not_found";
    case errc::conflict:
        return "conflict";
    case errc::forbidden:
        return "forbidden";
    case errc::invalid:
        return "invalid";
    case errc::precondition:
        return "precondition";
    case errc::unprocessable:
        return "unprocessable";
    case errc::unavailable:
        return "unavailable";
    case errc::bad_answer:
        return "bad_answer";
    case errc::timed_out:
        return "timed_out";
    case errc::cancelled:
        return "cancelled";
    case errc::internal:
        return "internal";
    }
    return "internal";
}

failure failure::in(std::string_view what) const {
    failure outer = *this;
    outer.message = std::string(what) + ": " + message;
    return outer;
}

bool failure::transient() const {
    return code == errc::retry || code == errc::outcome_unknown || code == errc::unavailable ||
           code == errc::timed_out || code == errc::bad_answer;
}

void throw_exception_from_error(const failure& error, const boost::source_location& where) {
    throw std::runtime_error(error.message + " (" + std::string(to_string(error.code)) + ", at " + where.file_name() +
                             ":" + std::to_string(where.line()) + ")");
}

} // namespace soteria
