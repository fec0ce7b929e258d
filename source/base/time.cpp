#include <soteria/base/time.hpp>

#include <array>
#include <charconv>
#include <ctime>

namespace soteria {
namespace {

std::tm broken_down(instant when) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(when.time_since_epoch()).count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return parts;
}

std::string formatted(instant when, const char* pattern) {
    const std::tm parts = broken_down(when);
    std::array<char, 64> buffer{};
    const std::size_t length = std::strftime(buffer.data(), buffer.size(), pattern, &parts);
    return {buffer.data(), length};
}

// Reads exactly `digits` decimal digits at the front of `text` and removes them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits)
        return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits || text.front() == '-')
        return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool take_char(std::string_view& text, std::string_view allowed) {
    if (text.empty() || allowed.find(text.front()) == std::string_view::npos)
        return false;
    text.remove_prefix(1);
    return true;
}

// ".123456789": the part below a second; nanoseconds beyond microseconds are cut.
std::optional<std::chrono::microseconds> take_fraction(std::string_view& text) {
    if (!take_char(text, "."))
        return std::chrono::microseconds{0};
    long value = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 6)
            value = value * 10 + (text.front() - '0');
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0)
        return std::nullopt;
    for (; digits < 6; ++digits)
        value *= 10;
    return std::chrono::microseconds{value};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take_char(text, "Zz"))
        return std::chrono::minutes{0};
    const bool west = !text.empty() && text.front() == '-';
    if (!take_char(text, "+-"))
        return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || !take_char(text, ":"))
        return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59)
        return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

class real_clock final : public clock {
public:
    [[nodiscard]] instant now() const override { return std::chrono::system_clock::now(); }
};

} // namespace

std::string format_rfc3339(instant when) {
    return formatted(when, "%Y-%m-%dT%H:%M:%SZ");
}

std::string format_rfc3339_micro(instant when) {
    const auto since = when.time_since_epoch();
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(since - std::chrono::floor<std::chrono::seconds>(since))
            .count();
    std::string fraction = std::to_string(micros);
    fraction.insert(0, 6 - fraction.size(), '0');
    return formatted(when, "%Y-%m-%dT%H:%M:%S.") + fraction + "Z";
}

std::string format_stamp(instant when) {
    return formatted(when, "%Y%m%d-%H%M%S");
}

std::optional<instant> parse_rfc3339(std::string_view text) {
    const auto year = take_number(text, 4);
    // Nanoseconds since 1970 in 64 bits reach from 1677 to 2262; Go's zero time (year 1) is no instant to us.
    if (!year || *year < 1678 || *year > 2261 || !take_char(text, "-"))
        return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take_char(text, "-"))
        return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day || !take_char(text, "Tt "))
        return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || !take_char(text, ":"))
        return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || !take_char(text, ":"))
        return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second)
        return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction)
        return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty())
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    return instant{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + *fraction - *offset;
}

const clock& system_clock() {
    static const real_clock instance;
    return instance;
}

} // namespace soteria
