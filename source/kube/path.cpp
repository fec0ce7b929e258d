#include <soteria/kube/path.hpp>

namespace soteria::kube {

std::string resource::prefix() const {
    return (group.empty() ? "/api/" : "/apis/" + std::string(group) + "/") + std::string(version);
}

std::string resource::api_version() const {
    return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    static constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char each : text) {
        if (plain.find(each) != std::string_view::npos) {
            encoded += each;
            continue;
        }
        const auto byte = static_cast<unsigned char>(each);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 15U];
    }
    return encoded;
}

std::string resource_path(const resource& kind, std::string_view ns, std::string_view name,
                          std::string_view subresource) {
    std::string path = kind.prefix();
    if (kind.namespaced && !ns.empty())
        path += "/namespaces/" + percent_encoded(ns);
    path += "/" + std::string(kind.plural);
    if (!name.empty())
        path += "/" + percent_encoded(name);
    if (!subresource.empty())
        path += "/" + percent_encoded(subresource);
    return path;
}

void add_query(std::string& path, std::string_view key, std::string_view value) {
    path += path.find('?') == std::string::npos ? '?' : '&';
    path += key;
    path += '=';
    path += percent_encoded(value);
}

} // namespace soteria::kube
