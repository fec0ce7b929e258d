// Longhorn's backup URLs: "<target URL>?backup=<name>&volume=<volume>".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace soteria::backup {

struct backup_url_parts {
    std::string backup;
    std::string volume;
    bool operator==(const backup_url_parts&) const = default;
};

// nullopt: not a URL, or without both names.
std::optional<backup_url_parts> parse_backup_url(std::string_view url);

// Do both name the same backup of the same volume? (The order of the query and its escapes do not matter.)
bool same_backup(std::string_view left, std::string_view right);

} // namespace soteria::backup
