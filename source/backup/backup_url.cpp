#include "backup_url.hpp"

#include <boost/url/parse.hpp>

namespace soteria::backup {

std::optional<backup_url_parts> parse_backup_url(std::string_view url) {
    // An S3 target has "bucket@region" as its authority and may have no path: "s3://bucket@region?backup=...".
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed)
        return std::nullopt;
    backup_url_parts parts;
    for (const auto& parameter : parsed->params()) {
        if (parameter.key == "backup")
            parts.backup = parameter.value;
        if (parameter.key == "volume")
            parts.volume = parameter.value;
    }
    if (parts.backup.empty() || parts.volume.empty())
        return std::nullopt;
    return parts;
}

bool same_backup(std::string_view left, std::string_view right) {
    const auto first = parse_backup_url(left);
    return first && first == parse_backup_url(right);
}

} // namespace soteria::backup
