#include <soteria/base/digest.hpp>

#include <openssl/sha.h>

#include <array>
#include <span>

namespace soteria {
namespace {

std::array<unsigned char, SHA256_DIGEST_LENGTH> sha256(std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

std::string base32(std::span<const unsigned char> bytes) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text;
    unsigned buffer = 0;
    int bits = 0;
    for (const unsigned char byte : bytes) {
        buffer = (buffer << 8U | byte) & 0xFFFFU;
        for (bits += 8; bits >= 5; bits -= 5)
            text += alphabet[buffer >> (bits - 5) & 31U];
    }
    if (bits > 0)
        text += alphabet[buffer << (5 - bits) & 31U];
    return text;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

std::string sha256_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : sha256(text)) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

std::string sha256_base32(std::string_view text, std::size_t length) {
    const auto digest = sha256(text);
    return base32(digest).substr(0, length);
}

std::string uuid_base32(std::string_view uuid) {
    std::array<unsigned char, 16> bytes{};
    std::size_t nibbles = 0;
    for (const char c : uuid) {
        const int value = hex_value(c);
        if (c == '-')
            continue;
        if (value < 0 || nibbles == 32)
            return sha256_base32(uuid, 26);
        bytes[nibbles / 2] = static_cast<unsigned char>(bytes[nibbles / 2] << 4U | static_cast<unsigned>(value));
        ++nibbles;
    }
    return nibbles == 32 ? base32(bytes) : sha256_base32(uuid, 26);
}

std::string shortened(std::string_view name, std::size_t limit) {
    if (name.size() <= limit)
        return std::string(name);
    std::string front(name.substr(0, limit - 9));
    while (!front.empty() && (front.back() == '-' || front.back() == '.'))
        front.pop_back();
    return front + "-" + sha256_base32(name, 8);
}

} // namespace soteria
