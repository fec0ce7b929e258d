#include "text.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

namespace simulator::lh {

namespace {

std::string formatted(instant when, const char* format) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> buffer{};
    return {buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &parts)};
}

std::string hex(const unsigned char* bytes, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t index = 0; index < count; ++index) {
        text += digits[bytes[index] >> 4U];
        text += digits[bytes[index] & 15U];
    }
    return text;
}

bool lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool letter_or_digit(char c) {
    return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

} // namespace

std::string rfc3339(instant when) {
    return formatted(when, "%Y-%m-%dT%H:%M:%SZ");
}

std::string go_time(instant when) {
    return formatted(when, "%Y-%m-%d %H:%M:%S +0000 UTC");
}

std::optional<instant> parse_rfc3339(std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') {
        return std::nullopt;
    }
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return hex(digest.data(), digest.size());
}

std::string sha512_hex(std::string_view bytes) {
    std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
    SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return hex(digest.data(), digest.size());
}

bool is_dns_label(std::string_view name) {
    return !name.empty() && name.size() <= 63 && lower_or_digit(name.front()) && lower_or_digit(name.back()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return lower_or_digit(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view name) {
    if (name.size() > 253) {
        return false;
    }
    for (;;) {
        const auto dot = name.find('.');
        const auto part = name.substr(0, dot);
        if (part.empty() || !lower_or_digit(part.front()) || !lower_or_digit(part.back()) ||
            !std::all_of(part.begin(), part.end(), [](char c) { return lower_or_digit(c) || c == '-'; })) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        name.remove_prefix(dot + 1);
    }
}

bool is_label_value(std::string_view value) {
    return value.empty() || (value.size() <= 63 && letter_or_digit(value.front()) && letter_or_digit(value.back()) &&
                             std::all_of(value.begin(), value.end(), [](char c) {
                                 return letter_or_digit(c) || c == '-' || c == '_' || c == '.';
                             }));
}

std::string corrected_volume_name(std::string_view asked) {
    constexpr std::size_t longest = 40;
    constexpr std::size_t checksum = 8;
    std::string name(asked);
    if (name.size() > longest) {
        name = name.substr(0, longest - checksum - 1) + "-" + sha512_hex(name).substr(0, checksum);
    }
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (suffix.empty()) {
        return static_cast<std::int64_t>(std::ceil(number));
    }
    constexpr std::string_view units = "KMGTPE";
    const char unit = suffix.front() == 'k' ? 'K' : suffix.front();
    const auto power = units.find(unit);
    const bool binary = suffix.size() == 2 && suffix[1] == 'i';
    if (power == std::string_view::npos || (suffix.size() != 1 && !binary)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(
        std::ceil(number * std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1))));
}

std::int64_t rounded_volume_size(std::int64_t bytes) {
    constexpr std::int64_t step = 2L * 1024 * 1024;
    return std::max(step, (bytes + step - 1) / step * step);
}

backup_url_parts parse_backup_url(std::string_view url) {
    backup_url_parts parts;
    const auto question = url.find('?');
    if (question == std::string_view::npos) {
        return parts;
    }
    auto query = url.substr(question + 1);
    while (!query.empty()) {
        const auto item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        const auto equals = item.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        if (item.substr(0, equals) == "backup") {
            parts.backup = item.substr(equals + 1);
        } else if (item.substr(0, equals) == "volume") {
            parts.volume = item.substr(equals + 1);
        }
    }
    return parts;
}

} // namespace simulator::lh
