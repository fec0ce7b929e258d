#include "json.hpp"

#include <soteria/base/digest.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/records/keys.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace soteria::records {
namespace {

namespace json = boost::json;

constexpr const char* state_label = "soteria.dev/idempotency-key";
constexpr const char* open = "open";
constexpr const char* answered = "answered";

json::object metadata_with(const char* state) {
    return json::object{{"labels", json::object{{state_label, state}}}};
}

std::optional<key_answer> answer_in(const json::object& data) {
    key_answer told;
    told.uid = text_of(data, "uid");
    if (told.uid.empty())
        return std::nullopt;
    boost::system::error_code broken;
    const auto resolved = json::parse(text_of(data, "resolved"), broken);
    if (!broken)
        told.resolved = text_map(resolved.if_object());
    return told;
}

} // namespace

std::string key_name(std::string_view source, std::string_view user, std::string_view route, std::string_view key) {
    std::string all; // no part can hold a line's end: they come from a request's head
    for (const auto part : {source, user, route, key})
        all.append(part).append("\n");
    return "key-" + sha256_base32(all, 52);
}

std::string request_key_of(const kube::object_meta& record) {
    const auto found = record.annotations.find(std::string(request_key_annotation));
    return found == record.annotations.end() ? std::string() : found->second;
}

result<request_key> decode_key(const json::object& config_map) {
    auto meta = kube::decode_meta(config_map);
    if (!meta)
        return meta.error();
    request_key key;
    key.meta = std::move(*meta);
    const auto* data = find_object(config_map, "data");
    const auto claimed_at = data == nullptr ? std::nullopt : instant_of(*data, "claimedAt");
    if (claimed_at) {
        key.digest = text_of(*data, "digest");
        key.operation = text_of(*data, "operation");
        key.driver = text_of(*data, "driver");
        key.attempt = text_of(*data, "attempt");
        key.claimed_at = *claimed_at;
        key.answer = answer_in(*data);
    }
    if (!claimed_at || key.digest.empty() || !domain::parse_operation_id(key.operation))
        return failure(errc::bad_answer, "the ConfigMap " + key.meta.ns + "/" + key.meta.name +
                                             " does not hold what an Idempotency-Key stands for; look whether its "
                                             "operation was made, then delete it");
    return key;
}

json::object encode_new_key(const request_key& key) {
    auto metadata = metadata_with(open);
    metadata["namespace"] = key.meta.ns;
    metadata["name"] = key.meta.name;
    json::object data{{"digest", key.digest},
                      {"operation", key.operation},
                      {"driver", key.driver},
                      {"attempt", key.attempt},
                      {"claimedAt", format_rfc3339(key.claimed_at)}};
    return json::object{{"apiVersion", kube::config_maps.api_version()},
                        {"kind", kube::config_maps.kind},
                        {"metadata", std::move(metadata)},
                        {"data", std::move(data)}};
}

json::object encode_key_attempt(const request_key& key) {
    json::object metadata{{"resourceVersion", key.meta.resource_version}};
    json::object data{{"attempt", key.attempt}, {"claimedAt", format_rfc3339(key.claimed_at)}};
    return json::object{{"metadata", std::move(metadata)}, {"data", std::move(data)}};
}

json::object encode_key_answer(const key_answer& answer) {
    json::object resolved;
    for (const auto& [name, value] : answer.resolved)
        resolved[name] = value;
    json::object data{{"uid", answer.uid}, {"resolved", json::serialize(resolved)}};
    return json::object{{"metadata", metadata_with(answered)}, {"data", std::move(data)}};
}

std::string key_selector(key_state state) {
    return std::string(state_label) + "=" + (state == key_state::open ? open : answered);
}

} // namespace soteria::records
