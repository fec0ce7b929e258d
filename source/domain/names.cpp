#include <soteria/base/digest.hpp>
#include <soteria/domain/names.hpp>

#include <algorithm>

namespace soteria::domain {
namespace {

bool is_lower_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alphanumeric(char c) {
    return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z');
}

// The part of a qualified name after the slash.
bool is_label_name(std::string_view name) {
    return !name.empty() && name.size() <= 63 && is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
           std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

} // namespace

bool is_dns_label(std::string_view name) {
    return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
           std::ranges::all_of(name, [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view name) {
    if (name.empty() || name.size() > 253)
        return false;
    while (true) {
        const auto dot = name.find('.');
        const auto part = name.substr(0, dot);
        if (part.empty() || part.front() == '-' || part.back() == '-' ||
            !std::ranges::all_of(part, [](char c) { return is_lower_alphanumeric(c) || c == '-'; }))
            return false;
        if (dot == std::string_view::npos)
            return true;
        name.remove_prefix(dot + 1);
    }
}

bool is_qualified_name(std::string_view name) {
    const auto slash = name.find('/');
    if (slash == std::string_view::npos)
        return is_label_name(name);
    return is_dns_subdomain(name.substr(0, slash)) && is_label_name(name.substr(slash + 1));
}

result<void> check_namespace(std::string_view field, std::string_view name) {
    if (is_dns_label(name))
        return {};
    return failure(errc::invalid,
                   "\"" + std::string(field) + "\" is not a namespace name: " +
                       (name.empty() ? std::string("it is empty") : "\"" + std::string(name.substr(0, 80)) + "\"") +
                       "; use 1 to 63 of a-z, 0-9 and -, without a dash at either end",
                   "invalid_name");
}

result<void> check_pvc_name(std::string_view field, std::string_view name) {
    if (is_dns_subdomain(name))
        return {};
    return failure(errc::invalid,
                   "\"" + std::string(field) + "\" is not a PVC name: " +
                       (name.empty() ? std::string("it is empty") : "\"" + std::string(name.substr(0, 80)) + "\"") +
                       "; use 1 to 253 of a-z, 0-9, - and ., each part beginning and ending with a letter or digit",
                   "invalid_name");
}

std::string backup_name(const pvc_ref& pvc, instant when, std::string_view distinction) {
    const std::string end = "-" + format_stamp(when) + (distinction.empty() ? "" : "-" + sha256_base32(distinction, 6));
    return shortened("soteria-backup-" + pvc.ns + "-" + pvc.name, 200 - end.size()) + end;
}

std::string restore_name(const pvc_ref& target, instant when, std::string_view distinction) {
    const std::string end = "-" + format_stamp(when) + "-" + sha256_base32(distinction, 5);
    return shortened("soteria-restore-" + target.name, 200 - end.size()) + end;
}

std::string job_name(std::string_view role, const pvc_ref& pvc, instant when, std::string_view distinction) {
    const std::string end = "-" + format_stamp(when) + (distinction.empty() ? "" : "-" + sha256_base32(distinction, 6));
    return shortened("soteria-" + std::string(role) + "-" + pvc.name, 63 - end.size()) + end;
}

std::string volume_name(std::string_view record_uid) {
    return "soteria-" + uuid_base32(record_uid);
}

std::string slot_name(std::string_view kind, const pvc_ref& pvc) {
    return "slot-" + sha256_base32(std::string(kind) + "\n" + pvc.ns + "\n" + pvc.name, 52);
}

} // namespace soteria::domain
