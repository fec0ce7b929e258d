#include <soteria/domain/names.hpp>
#include <soteria/domain/tags.hpp>

#include <algorithm>
#include <array>

namespace soteria::domain {
namespace {

constexpr std::size_t most_tags = 32; // the contract's limits
constexpr std::size_t most_tag_bytes = 256;

bool is_reserved(std::string_view key) {
    constexpr std::array<std::string_view, 3> names{"KubernetesStatus", "RecurringJob", "ranchervm-base-image"};
    for (const auto name : names)
        if (key == name)
            return true;
    return key.starts_with("longhorn.io/") || key.starts_with("soteria.dev/");
}

std::string quoted(const std::string& tag) {
    return "tag \"" + tag + "\"";
}

} // namespace

result<void> check_tags(const std::vector<std::string>& tags) {
    if (tags.size() > most_tags)
        return failure(errc::invalid,
                       "\"tags\" has " + std::to_string(tags.size()) + " entries; at most 32 are allowed",
                       "invalid_tags");
    for (const auto& tag : tags)
        if (tag.empty() || tag.size() > most_tag_bytes)
            return failure(errc::invalid, "a tag has " + std::to_string(tag.size()) + " bytes; use 1 to 256",
                           "invalid_tags");
    return {};
}

result<std::map<std::string, std::string>> tags_to_labels(const std::vector<std::string>& tags) {
    if (const auto shape = check_tags(tags); !shape)
        return shape.error();
    std::map<std::string, std::string> labels;
    for (const auto& tag : tags) {
        const auto equals = tag.find('=');
        const std::string key = tag.substr(0, equals);
        const std::string value = equals == std::string::npos ? "true" : tag.substr(equals + 1);
        if (value.empty())
            return failure(errc::invalid, quoted(tag) + " has an empty value", "invalid_tags");
        if (!is_qualified_name(key))
            return failure(errc::invalid, quoted(tag) + ": \"" + key + "\" is not a legal label key", "invalid_tags");
        if (is_reserved(key))
            return failure(errc::unprocessable, quoted(tag) + ": the key \"" + key + "\" is reserved", "reserved_tag");
        if (!labels.emplace(key, value).second)
            return failure(errc::invalid, quoted(tag) + " repeats the key \"" + key + "\"", "invalid_tags");
    }
    return labels;
}

std::vector<std::string> labels_to_tags(const std::map<std::string, std::string>& labels) {
    std::vector<std::string> tags;
    for (const auto& [key, value] : labels)
        if (!is_reserved(key))
            tags.push_back(std::string(key).append("=").append(value));
    return tags;
}

result<void> check_restic_tags(const std::vector<std::string>& tags) {
    if (const auto shape = check_tags(tags); !shape)
        return shape.error();
    for (const auto& tag : tags) {
        if (tag.find(',') != std::string::npos)
            return failure(errc::invalid, quoted(tag) + " holds a comma, which restic takes for two tags",
                           "invalid_tags");
        if (tag.starts_with("soteria:"))
            return failure(errc::invalid,
                           quoted(tag) + " begins with \"soteria:\", which is kept for Soteria's own tags",
                           "invalid_tags");
        // A container's argument cannot hold a NUL, and lists of snapshots are lines.
        if (std::ranges::any_of(tag, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
            return failure(errc::invalid, "a tag holds a control character, which is not allowed", "invalid_tags");
    }
    return {};
}

} // namespace soteria::domain
