#include "base64.hpp"

#include <cstdint>

namespace soteria::kube {

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t characters = 0;
    std::size_t padding = 0;
    for (const char each : text) {
        if (each == '\n' || each == '\r' || each == ' ' || each == '\t')
            continue;
        ++characters;
        if (each == '=') {
            ++padding;
            continue;
        }
        const auto value = alphabet.find(each);
        if (value == std::string_view::npos || padding != 0)
            return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>((bits >> held) & 255U);
        }
    }
    if (characters % 4 != 0 || padding > 2)
        return std::nullopt;
    return bytes;
}

} // namespace soteria::kube
