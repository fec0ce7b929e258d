// The catalogue as ConfigMaps: a head that names its parts, and the parts. Pure.
//
// A part is named by the digest of what it holds and is never changed; the head is written after the parts that it
// names, and what it does not name any more is removed after it. So whoever follows the watch sees the old state or the
// new one, and a listing that found nothing new changes the head alone.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/objects.hpp>
#include <soteria/restic/catalogue.hpp>

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::backup {

// A ConfigMap, as its reflector keeps it.
struct catalogue_map {
    kube::object_meta meta;
    std::map<std::string, std::string> data;
};

// Its value is the short hash of the repository.
inline constexpr std::string_view catalogue_label = "soteria.dev/catalogue";

// What a catalogue says besides its snapshots, and where those are.
struct catalogue_head {
    std::optional<instant> listed_at; // kept to the microsecond
    bool repository_exists = false;
    std::optional<restic::trouble> failing;
    std::vector<std::string> parts; // names of ConfigMaps
    bool operator==(const catalogue_head&) const = default;
};

// Unknown members are skipped; bad_answer: no ConfigMap.
result<catalogue_map> decode_catalogue_map(const boost::json::object& object);
// What its reflector selects by.
std::string catalogue_selector(std::string_view repository);

// "soteria-catalogue-<hash>", and for a part with the digest of its text.
std::string head_name(std::string_view repository);
std::string part_name(std::string_view repository, std::string_view text);

// nullopt: it is a part. What cannot be read in it is as if it was not there.
std::optional<catalogue_head> read_head(const catalogue_map& map);
// The text of a part, "" if there is none.
std::string part_text(const catalogue_map& map);

boost::json::object head_manifest(std::string_view ns, std::string_view repository, const catalogue_head& head);
// A merge patch; conditional on the version.
boost::json::object head_patch(const catalogue_head& head, std::string_view resource_version);
boost::json::object part_manifest(std::string_view ns, std::string_view repository, std::string_view text);

// The snapshots in texts, so cut that a few more or fewer snapshots change a few texts only. Any order, same texts.
std::vector<std::string> part_texts(const std::vector<restic::snapshot>& snapshots);

} // namespace soteria::backup
