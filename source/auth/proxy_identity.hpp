// The identity that a fronting proxy puts into headers.
#pragma once

#include <soteria/auth/decision.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace soteria::auth {

enum class claim { absent, malformed, present };

struct proxy_identity {
    claim state = claim::absent;
    identity who;
};

// X-Auth-Request-User, -Email and -Groups. Malformed: a header twice (somebody added to what the proxy wrote), control
// characters, text that is not UTF-8, or longer than any directory allows.
proxy_identity read_proxy_identity(const header_list& headers);

// "a, /b ,,c" -> a, b, c
std::vector<std::string> split_groups(std::string_view text);
std::string_view without_leading_slashes(std::string_view group);

} // namespace soteria::auth
