// How Longhorn, Go and Kubernetes write and check names, times, sizes and hashes.
#pragma once

#include "timeline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simulator::lh {

std::string rfc3339(instant when);                      // 2026-11-22T18:07:04Z
std::string go_time(instant when);                      // 2026-11-22 18:07:04 +0000 UTC
std::optional<instant> parse_rfc3339(std::string_view); // whole seconds, "Z" only

std::string sha256_hex(std::string_view bytes);
std::string sha512_hex(std::string_view bytes);

bool is_dns_label(std::string_view name);
bool is_dns_subdomain(std::string_view name);
bool is_label_value(std::string_view value);

// Lower case, and longer than 40 characters becomes 31 of them and a checksum: util.AutoCorrectName.
std::string corrected_volume_name(std::string_view asked);

// A Kubernetes quantity or bytes; "" is 0. nullopt: unreadable.
std::optional<std::int64_t> parse_size(std::string_view text);
// Up to a multiple of 2 MiB, at least one.
std::int64_t rounded_volume_size(std::int64_t bytes);

struct backup_url_parts {
    std::string backup;
    std::string volume;
};

backup_url_parts parse_backup_url(std::string_view url); // parts that are missing stay empty

} // namespace simulator::lh
