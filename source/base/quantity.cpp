#include <soteria/base/quantity.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace soteria {
namespace {

struct suffix {
    std::string_view text;
    long double factor;
};

constexpr std::array binary_suffixes{
    suffix{"Ei", 1152921504606846976.0L}, suffix{"Pi", 1125899906842624.0L}, suffix{"Ti", 1099511627776.0L},
    suffix{"Gi", 1073741824.0L},          suffix{"Mi", 1048576.0L},          suffix{"Ki", 1024.0L},
};
constexpr std::array decimal_suffixes{
    suffix{"n", 1e-9L}, suffix{"u", 1e-6L}, suffix{"m", 1e-3L}, suffix{"", 1.0L},   suffix{"k", 1e3L},
    suffix{"M", 1e6L},  suffix{"G", 1e9L},  suffix{"T", 1e12L}, suffix{"P", 1e15L}, suffix{"E", 1e18L},
};

std::optional<long double> factor_of(std::string_view text) {
    for (const auto& known : binary_suffixes)
        if (known.text == text)
            return known.factor;
    for (const auto& known : decimal_suffixes)
        if (known.text == text)
            return known.factor;
    if (text.size() < 2 || (text.front() != 'e' && text.front() != 'E'))
        return std::nullopt;
    text.remove_prefix(1);
    if (text.front() == '+')
        text.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || end != text.data() + text.size() || exponent < -30 || exponent > 30)
        return std::nullopt;
    return std::pow(10.0L, exponent);
}

} // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text) {
    if (!text.empty() && text.front() == '+')
        text.remove_prefix(1);
    long double number = 0;
    long double place = 0; // 0: before the point
    std::size_t used = 0;
    std::size_t digits = 0;
    for (; used < text.size(); ++used) {
        const char c = text[used];
        if (c == '.' && place == 0) {
            place = 1;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        ++digits;
        if (place == 0) {
            number = number * 10 + (c - '0');
        } else {
            place /= 10;
            number += place * (c - '0');
        }
    }
    if (digits == 0)
        return std::nullopt;
    const auto factor = factor_of(text.substr(used));
    if (!factor)
        return std::nullopt;
    // A hair is taken off before rounding up, so that 0.1 * 10 stays 1.
    const long double bytes = std::ceil(number * *factor - 1e-6L);
    if (bytes >= 9223372036854775808.0L)
        return std::nullopt;
    return static_cast<std::int64_t>(bytes < 0 ? 0 : bytes);
}

std::string format_quantity(std::int64_t bytes) {
    if (bytes > 0)
        for (const auto& known : binary_suffixes) {
            const auto factor = static_cast<std::int64_t>(known.factor);
            if (bytes % factor == 0)
                return std::to_string(bytes / factor) + std::string(known.text);
        }
    return std::to_string(bytes);
}

} // namespace soteria
