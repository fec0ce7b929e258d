// Bearer tokens.
#pragma once

#include <soteria/auth/decision.hpp>

#include <string>

namespace soteria::auth {

struct token_check {
    bool offered = false; // there was an "Authorization: Bearer"
    std::string shown_as; // "token:1a2b3c4d"; empty: none of ours
};

// Takes the same time whichever token was offered, right or wrong.
token_check check_token(const header_list& headers, const std::vector<secret_string>& tokens);

} // namespace soteria::auth
