// Every `code` that a problem document can carry: the API's vocabulary of errors, which callers may rely on.
#pragma once

#include <span>
#include <string_view>

namespace soteria::web {

struct problem_code {
    int status;
    std::string_view code;
    std::string_view meaning; // a sentence for /openapi.json
};

// By status. A code may stand under two statuses (missing_field: 400 where the request alone decides, else 422).
std::span<const problem_code> problem_codes();

bool is_problem_code(int status, std::string_view code);

} // namespace soteria::web
