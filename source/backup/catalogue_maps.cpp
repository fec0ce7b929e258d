#include <soteria/backup/catalogue_maps.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/restic/manifests.hpp>

#include <algorithm>
#include <charconv>

namespace soteria::backup {
namespace {

namespace json = boost::json;

constexpr const char* listed_key = "listedAt";
constexpr const char* repository_key = "repository"; // exists, absent
constexpr const char* parts_key = "parts";           // names, separated by blanks
constexpr const char* code_key = "failingCode";
constexpr const char* why_key = "failingMessage";
constexpr const char* since_key = "failingSince";
constexpr const char* text_key = "snapshots";

// Below the 1 MiB of a ConfigMap, with room for its metadata and for the escapes of JSON inside of JSON.
constexpr std::size_t most_part_bytes = 400'000;
// About so many snapshots share a part: with few, most writes are of the whole; with many, few parts change.
constexpr std::size_t snapshots_a_part = 500;

json::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

std::string value_of(const catalogue_map& map, const char* key) {
    const auto found = map.data.find(key);
    return found == map.data.end() ? std::string() : found->second;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0)
            found.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : " ") + name;
    return text;
}

// Null removes a member in a merge patch.
json::object head_data(const catalogue_head& head) {
    json::object data{{listed_key, nullptr}, {code_key, nullptr}, {why_key, nullptr}, {since_key, nullptr}};
    if (head.listed_at)
        data[listed_key] = format_rfc3339_micro(*head.listed_at);
    data[repository_key] = head.repository_exists ? "exists" : "absent";
    data[parts_key] = joined(head.parts);
    if (head.failing) {
        data[code_key] = head.failing->code;
        data[why_key] = head.failing->message;
        data[since_key] = format_rfc3339_micro(head.failing->since);
    }
    return data;
}

json::object manifest(std::string_view ns, std::string name, std::string_view repository, json::object data) {
    json::object labels{{view(restic::managed_by_label), "soteria"},
                        {view(catalogue_label), restic::repository_hash(repository)}};
    json::object metadata{{"namespace", view(ns)}, {"name", std::move(name)}, {"labels", std::move(labels)}};
    return json::object{{"apiVersion", kube::config_maps.api_version()},
                        {"kind", view(kube::config_maps.kind)},
                        {"metadata", std::move(metadata)},
                        {"data", std::move(data)}};
}

std::size_t bucket_of(const restic::snapshot& one, std::size_t buckets) {
    std::uint32_t front = 0; // ids are hashes: their first digits spread evenly
    const auto digits = std::string_view(one.id).substr(0, 8);
    std::from_chars(digits.data(), digits.data() + digits.size(), front, 16);
    return front % buckets;
}

} // namespace

result<catalogue_map> decode_catalogue_map(const json::object& object) {
    auto meta = kube::decode_meta(object);
    if (!meta)
        return meta.error();
    catalogue_map made;
    made.meta = std::move(*meta);
    const auto* data = object.if_contains("data");
    if (data == nullptr || !data->is_object())
        return made;
    for (const auto& [key, value] : data->get_object())
        if (value.is_string())
            made.data.emplace(key, value.get_string());
    return made;
}

std::string catalogue_selector(std::string_view repository) {
    return std::string(catalogue_label) + "=" + restic::repository_hash(repository);
}

std::string head_name(std::string_view repository) {
    return "soteria-catalogue-" + restic::repository_hash(repository);
}

std::string part_name(std::string_view repository, std::string_view text) {
    constexpr std::size_t digits = 26; // 130 bits
    return head_name(repository) + "-" + sha256_base32(text, digits);
}

std::optional<catalogue_head> read_head(const catalogue_map& map) {
    if (!map.data.contains(parts_key))
        return std::nullopt;
    catalogue_head head;
    head.listed_at = parse_rfc3339(value_of(map, listed_key));
    head.repository_exists = value_of(map, repository_key) == "exists";
    head.parts = words(value_of(map, parts_key));
    if (auto code = value_of(map, code_key); !code.empty()) {
        const auto since = parse_rfc3339(value_of(map, since_key)).value_or(instant());
        head.failing = restic::trouble{std::move(code), value_of(map, why_key), since};
    }
    return head;
}

std::string part_text(const catalogue_map& map) {
    return value_of(map, text_key);
}

json::object head_manifest(std::string_view ns, std::string_view repository, const catalogue_head& head) {
    auto data = head_data(head);
    for (const auto* key : {listed_key, code_key, why_key, since_key})
        if (data[key].is_null())
            data.erase(key);
    return manifest(ns, head_name(repository), repository, std::move(data));
}

json::object head_patch(const catalogue_head& head, std::string_view resource_version) {
    json::object metadata{{"resourceVersion", view(resource_version)}};
    return json::object{{"metadata", std::move(metadata)}, {"data", head_data(head)}};
}

json::object part_manifest(std::string_view ns, std::string_view repository, std::string_view text) {
    json::object data{{text_key, view(text)}};
    auto made = manifest(ns, part_name(repository, text), repository, std::move(data));
    made["immutable"] = true;
    return made;
}

std::vector<std::string> part_texts(const std::vector<restic::snapshot>& snapshots) {
    std::size_t buckets = 1; // doubles, so that growth by one does not move everything
    while (buckets * snapshots_a_part < snapshots.size())
        buckets *= 2;
    std::vector<std::vector<restic::snapshot>> sorted(buckets);
    for (const auto& each : snapshots)
        sorted[bucket_of(each, buckets)].push_back(each);
    std::vector<std::string> texts;
    for (auto& bucket : sorted) {
        if (bucket.empty())
            continue;
        std::ranges::sort(bucket, restic::newer);
        for (auto& text : restic::encode(bucket, most_part_bytes))
            texts.push_back(std::move(text));
    }
    return texts;
}

} // namespace soteria::backup
