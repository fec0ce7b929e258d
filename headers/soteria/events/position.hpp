// How far a client has seen: the id of the event stream, equal in meaning on every replica.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soteria::events {

// The two kinds of records, each with versions of its own.
enum class record_kind : std::uint8_t { backup, restore };

// Kubernetes' resourceVersions are ordered within a kind (KEP-5504): the longer one is later, of equally long ones the
// greater text. "" is before all.
bool newer_version(std::string_view left, std::string_view right);
// A decimal number without leading zeros, of at most 20 digits (they are unsigned 64-bit numbers).
bool is_version(std::string_view text);

// "All changes of each kind up to here have been seen."
struct position {
    std::string backups;
    std::string restores;

    [[nodiscard]] const std::string& of(record_kind kind) const;
    [[nodiscard]] std::string& of(record_kind kind);
    // Not behind `other` in either kind.
    [[nodiscard]] bool covers(const position& other) const;
    bool operator==(const position&) const = default;
};

// In each kind the later one.
position later(const position& one, const position& other);

// "1.<backups>.<restores>"; the 1 is the version of this shape.
std::string to_string(const position& of);
// Unset: not one of ours.
std::optional<position> parse_position(std::string_view text);

} // namespace soteria::events
