// A snapshot in a restic repository, and how it is known whose it is.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

// Ours are "soteria:<key>=<value>" (product.md section 5); callers' tags may not begin like them.
inline constexpr std::string_view tag_prefix = "soteria:";
inline constexpr std::string_view namespace_tag = "soteria:namespace=";
inline constexpr std::string_view pvc_tag = "soteria:pvc=";
inline constexpr std::string_view uid_tag = "soteria:uid=";      // of the PVC
inline constexpr std::string_view operation_tag = "soteria:op="; // the uid of the record that made it
inline constexpr std::string_view name_tag = "soteria:name=";    // that record's name, which a restore may ask for
// Some files could not be read: neither fresh nor latest, restorable by its id.
inline constexpr std::string_view incomplete_tag = "soteria:incomplete";
// `forget` counts it among the PVC's backups. Every backup begins with this tag, and what is marked incomplete loses
// it: restic's rules count every snapshot that they see (one that --keep-tag spares, too), so that three incomplete
// ones would push the last complete one out of --keep-last 3.
inline constexpr std::string_view counted_tag = "soteria:counted";

struct snapshot {
    std::string id;       // 64 hex digits
    std::string original; // the id before its tags were changed; empty: never
    instant time{};       // of the data
    std::string host;
    std::vector<std::string> tags;
    std::vector<std::string> paths;
    // What a restore would write, where it is known: from our own backup's summary, or restic >= 0.17's.
    std::optional<std::int64_t> size_bytes;

    bool operator==(const snapshot&) const = default;

    // The PVC that it is of: what our two tags say, if the host agrees with them; nullopt: not made by Soteria.
    [[nodiscard]] std::optional<domain::pvc_ref> pvc() const;
    // The value of one of our tags ("soteria:uid="), "" if it is not there.
    [[nodiscard]] std::string tag_value(std::string_view tag) const;
    [[nodiscard]] bool incomplete() const;
    // The repository itself says so, not only our record of it: the mark takes counted_tag away.
    [[nodiscard]] bool marked_incomplete() const;
    // The tags that the caller gave.
    [[nodiscard]] std::vector<std::string> own_tags() const;
};

// "<namespace>/<pvc>": what --host gets.
std::string host_of(const domain::pvc_ref& pvc);

// One element of `restic snapshots --json`, of 0.14 as of 0.16 and later; times in microseconds. bad_answer: no id or
// no time.
result<snapshot> decode_snapshot(const boost::json::object& object);

// Newest data first; equal times by id.
bool newer(const snapshot& left, const snapshot& right);

} // namespace soteria::restic
