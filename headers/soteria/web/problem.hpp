// Errors as HTTP answers: RFC 9457 problem details.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/web/message.hpp>

#include <string>

namespace soteria::web {

struct problem {
    int status = 500;
    std::string code;      // stable
    std::string detail;    // a sentence
    std::string operation; // the id of the one that stands in the way; empty: left out
    text_pairs headers;    // Allow, WWW-Authenticate, Retry-After
    problem() = default;

    problem(int status_, std::string code_, std::string detail_)
        : status(status_), code(std::move(code_)), detail(std::move(detail_)) {}
};

// The one place where a failure becomes a status and a code. failure.reason is the code where it is set. What a cluster
// or a Longhorn did wrong is 502, 503 or 504, never 500; 503 carries Retry-After, and so
// does a 409 that ends by itself.
problem to_problem(const failure& error);

// application/problem+json: type, title, status, detail, instance, code, error (= detail), operation, request_id.
response to_response(const problem& what, const request& about);

// "Not Found"
std::string_view status_title(int status);

} // namespace soteria::web
