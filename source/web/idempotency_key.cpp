#include "idempotency_key.hpp"

#include <algorithm>

namespace soteria::web {

result<std::optional<std::string>> idempotency_key(const request& asked) {
    constexpr std::size_t most_bytes = 255;
    const auto given = asked.header_values("Idempotency-Key");
    if (given.empty())
        return std::optional<std::string>();
    const auto key = given.front();
    const bool readable = !key.empty() && key.size() <= most_bytes &&
                          std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
    if (given.size() > 1 || !readable)
        return failure(errc::invalid,
                       "\"Idempotency-Key\" must be given once, as 1 to 255 visible ASCII characters without blanks; a "
                       "random UUID is a good one",
                       "invalid_idempotency_key");
    return std::optional<std::string>(key);
}

} // namespace soteria::web
