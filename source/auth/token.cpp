#include "token.hpp"

#include "headers.hpp"

#include <soteria/base/digest.hpp>

#include <openssl/crypto.h>

namespace soteria::auth {

token_check check_token(const header_list& headers, const std::vector<secret_string>& tokens) {
    constexpr std::string_view scheme = "Bearer";
    token_check check;
    for (const auto value : values_of(headers, "Authorization")) {
        const auto space = value.find(' ');
        if (space == std::string_view::npos || !equal_without_case(value.substr(0, space), scheme))
            continue;
        check.offered = true;
        // Digests have one length, so the comparison tells nothing about the length of a token either.
        const auto offered = sha256_hex(trimmed(value.substr(space + 1)));
        for (const auto& token : tokens) {
            const auto ours = sha256_hex(token.reveal());
            if (CRYPTO_memcmp(ours.data(), offered.data(), ours.size()) == 0 && !token.empty())
                check.shown_as = "token:" + ours.substr(0, 8);
        }
    }
    return check;
}

} // namespace soteria::auth
