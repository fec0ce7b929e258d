#include "fields.hpp"

#include <soteria/domain/names.hpp>
#include <soteria/restic/snapshot.hpp>

#include <algorithm>
#include <chrono>

namespace soteria::restic {

namespace json = boost::json;

namespace {

bool is_full_id(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Newer restics say in the snapshot itself how much was read.
std::optional<std::int64_t> recorded_size(const json::object& object) {
    const auto* summary = object_member(object, "summary");
    return summary == nullptr ? std::nullopt : count_member(*summary, "total_bytes_processed");
}

} // namespace

std::string snapshot::tag_value(std::string_view tag) const {
    for (const auto& each : tags)
        if (each.starts_with(tag))
            return each.substr(tag.size());
    return {};
}

std::optional<domain::pvc_ref> snapshot::pvc() const {
    domain::pvc_ref named{tag_value(namespace_tag), tag_value(pvc_tag)};
    if (!domain::is_dns_label(named.ns) || !domain::is_dns_subdomain(named.name) || host_of(named) != host)
        return std::nullopt;
    return named;
}

bool snapshot::incomplete() const {
    return std::ranges::find(tags, incomplete_tag) != tags.end();
}

bool snapshot::marked_incomplete() const {
    return incomplete() && std::ranges::find(tags, counted_tag) == tags.end();
}

std::vector<std::string> snapshot::own_tags() const {
    std::vector<std::string> callers;
    for (const auto& each : tags)
        if (!each.starts_with(tag_prefix))
            callers.push_back(each);
    return callers;
}

std::string host_of(const domain::pvc_ref& pvc) {
    return pvc.text();
}

result<snapshot> decode_snapshot(const json::object& object) {
    snapshot one;
    one.id = text_member(object, "id");
    if (!is_full_id(one.id))
        return failure(errc::bad_answer, "restic listed a snapshot without an id.");
    const auto time = parse_rfc3339(text_member(object, "time"));
    if (!time)
        return failure(errc::bad_answer, "restic listed the snapshot " + one.id + " without a time.");
    one.time = std::chrono::floor<std::chrono::microseconds>(*time);
    one.original = text_member(object, "original");
    if (!is_full_id(one.original) || one.original == one.id)
        one.original.clear();
    one.host = text_member(object, "hostname");
    one.tags = texts_member(object, "tags");
    one.paths = texts_member(object, "paths");
    one.size_bytes = recorded_size(object);
    return one;
}

bool newer(const snapshot& left, const snapshot& right) {
    return left.time != right.time ? left.time > right.time : left.id < right.id;
}

} // namespace soteria::restic
