// The Secret with the three keys that restic needs, and its copy for one Job.
#include "fields.hpp"

#include <soteria/restic/manifests.hpp>

#include <boost/json/array.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace soteria::restic {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> secret_keys{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RESTIC_PASSWORD"};

// Of the example in the manifests, and what people write in its place.
constexpr std::array<std::string_view, 8> example_passwords{
    "replace-me-with-random-text", "replace-me", "change-me", "changeme", "example", "password", "restic", "secret"};

// nullopt: not base64.
std::optional<std::string> decoded(const std::string& base64) {
    if (base64.size() % 4 != 0)
        return std::nullopt;
    std::string text(base64.size() / 4 * 3, '\0');
    const auto size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
    if (size < 0)
        return std::nullopt;
    // It counts the padding as bytes.
    const auto padding = static_cast<std::size_t>(std::ranges::count(base64, '='));
    text.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, static_cast<std::size_t>(size)));
    return text;
}

std::string without_line_end(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text;
}

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& each : names)
        all += (all.empty() ? "" : ", ") + each;
    return all;
}

std::string trouble_with_values(const json::object& data) {
    for (const auto key : secret_keys) {
        const auto value = decoded(text_member(data, key));
        if (!value)
            return "its key " + std::string(key) + " is not base64";
        const bool is_password = key == "RESTIC_PASSWORD";
        if (!is_password && without_line_end(*value) != *value)
            return "its key " + std::string(key) + " ends in a line break or a blank, which no S3 server takes";
        if (is_password && std::ranges::find(example_passwords, without_line_end(*value)) != example_passwords.end())
            return "its RESTIC_PASSWORD is that of an example; take a random one, and keep a copy of it elsewhere: "
                   "without "
                   "it no backup can be read";
    }
    return {};
}

} // namespace

json::object secret_manifest(const job_order& order, std::string_view job_uid, const json::object& data) {
    json::object metadata{{"name", secret_name(order.name)},
                          {"namespace", order.ns},
                          {"labels", {{managed_by_label, "soteria"}, {role_label, to_string(order.what)}}},
                          {"annotations", {{operation_annotation, order.operation_uid}}}};
    if (!job_uid.empty())
        metadata["ownerReferences"] = json::array{
            json::object{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"name", order.name}, {"uid", job_uid}}};
    json::object copy;
    for (const auto key : secret_keys)
        copy[key] = text_member(data, key);
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"type", "Opaque"},
            {"metadata", std::move(metadata)},
            {"data", std::move(copy)}};
}

std::string secret_trouble(const json::object& data) {
    std::vector<std::string> missing;
    std::vector<std::string> empty;
    for (const auto key : secret_keys) {
        if (!data.contains(key))
            missing.emplace_back(key);
        else if (without_line_end(decoded(text_member(data, key)).value_or("?")).empty())
            empty.emplace_back(key);
    }
    if (!missing.empty())
        return "it has no " + joined(missing) + (empty.empty() ? "" : ", and empty: " + joined(empty));
    if (!empty.empty())
        return "it has nothing in " + joined(empty);
    return trouble_with_values(data);
}

} // namespace soteria::restic
