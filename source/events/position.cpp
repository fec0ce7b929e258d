#include <soteria/events/position.hpp>

#include <algorithm>

namespace soteria::events {

bool newer_version(std::string_view left, std::string_view right) {
    return left.size() != right.size() ? left.size() > right.size() : left > right;
}

bool is_version(std::string_view text) {
    constexpr std::size_t most_digits = 20;
    const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const bool leading_zero = text.size() > 1 && text.front() == '0';
    return digits && !text.empty() && text.size() <= most_digits && !leading_zero;
}

const std::string& position::of(record_kind kind) const {
    return kind == record_kind::backup ? backups : restores;
}

std::string& position::of(record_kind kind) {
    return kind == record_kind::backup ? backups : restores;
}

bool position::covers(const position& other) const {
    return !newer_version(other.backups, backups) && !newer_version(other.restores, restores);
}

position later(const position& one, const position& other) {
    return {newer_version(one.backups, other.backups) ? one.backups : other.backups,
            newer_version(one.restores, other.restores) ? one.restores : other.restores};
}

std::string to_string(const position& of) {
    return "1." + of.backups + "." + of.restores;
}

std::optional<position> parse_position(std::string_view text) {
    if (!text.starts_with("1."))
        return std::nullopt;
    text.remove_prefix(2);
    const auto dot = text.find('.');
    if (dot == std::string_view::npos)
        return std::nullopt;
    const auto backups = text.substr(0, dot);
    const auto restores = text.substr(dot + 1);
    if (!is_version(backups) || !is_version(restores))
        return std::nullopt;
    return position{std::string(backups), std::string(restores)};
}

} // namespace soteria::events
