// The API server's refusals: Status objects, worded as the real one (1.35) words them.
#pragma once

#include "test/simulator/kubernetes/kinds.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace simulator::api {

struct cause {
    std::string reason; // FieldValueInvalid, FieldValueRequired, ...
    std::string message;
    std::string field;
};

// Thrown by whatever refuses a request; answered as it is.
class refused : public std::exception {
public:
    // Without a reason and without details where those are empty.
    refused(int code, std::string_view reason, std::string_view message, json::value details = nullptr);

    // Puts metadata.continue into the Status.
    void set_continue(std::string_view token);

    [[nodiscard]] int code() const { return code_; }

    [[nodiscard]] const json::object& status() const { return status_; }

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

private:
    int code_;
    std::string message_;
    json::object status_;
};

refused not_found(const kind& of, std::string_view name);
refused already_exists(const kind& of, std::string_view name);
refused bad_request(std::string_view message);
refused unsupported_media_type(std::string_view message);
refused method_not_allowed();
refused no_such_resource();
// 409: somebody else wrote meanwhile.
refused modified(const kind& of, std::string_view name);
refused conflict(std::string_view object, const kind& of, std::string_view details_kind, std::string_view name,
                 std::string_view why);
// 422 about one object; `kind_name` is Kind.group, `details_kind` the Kind.
refused invalid(const kind& of, std::string_view name, const std::vector<cause>& causes);
// 422 about the request's options ("ListOptions").
refused invalid_options(std::string_view options, cause why);
// 422 of a patch that makes the object undecodable.
refused invalid_patch(std::string_view patch, std::string_view why);
// 422 of an update without a resourceVersion that needs one.
refused must_be_specified(const kind& of, std::string_view name);
refused namespace_terminating(const kind& of, std::string_view name, std::string_view ns);
// 410 for a list; `continue_token` goes on inconsistently.
refused continue_expired(std::string_view continue_token);
refused too_old(std::uint64_t asked, std::uint64_t oldest);
// 504: a resourceVersion that does not exist yet.
refused too_large(std::uint64_t asked, std::uint64_t current);

} // namespace simulator::api
