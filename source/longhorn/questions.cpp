#include "questions.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace soteria::longhorn {

namespace json = boost::json;

namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A User-Agent with this word in it makes Longhorn answer in HTML, unless Accept says otherwise; both are avoided.
bool looks_like_a_browser(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.find("mozilla") != std::string::npos;
}

} // namespace

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && is_letter_or_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_lasting_volume_name(std::string_view name) {
    const auto lasting = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return name.size() >= 2 && name.size() <= 40 && name.front() != '-' && name.back() != '-' &&
           std::ranges::all_of(name, lasting);
}

std::string named_body(std::string_view name, const std::map<std::string, std::string>& labels,
                       std::string_view backup_mode) {
    json::object body;
    body["name"] = name;
    if (!labels.empty()) {
        json::object members;
        for (const auto& [key, value] : labels)
            members[key] = value;
        body["labels"] = std::move(members);
    }
    if (!backup_mode.empty())
        body["backupMode"] = backup_mode;
    return json::serialize(body);
}

question_builder::question_builder(std::string base_url) : base_url_(std::move(base_url)) {
    while (!base_url_.empty() && base_url_.back() == '/')
        base_url_.pop_back();
}

question question_builder::make(request_kind kind, std::string method, const std::string& path, std::string body,
                                std::string doing, call_options options) const {
    question made(kind, std::move(doing), std::move(options));
    made.request.method = std::move(method);
    made.request.url = base_url_ + path;
    made.request.headers.emplace_back("Accept", "application/json");
    if (!body.empty())
        made.request.headers.emplace_back("Content-Type", "application/json");
    made.request.body = std::move(body);
    if (!looks_like_a_browser(made.options.purpose))
        made.request.purpose = made.options.purpose;
    made.request.repeatable = kind == request_kind::reads;
    return made;
}

question question_builder::list(std::string_view collection, std::string doing, call_options options) const {
    return make(request_kind::reads, "GET", "/v1/" + std::string(collection), {}, std::move(doing), std::move(options));
}

question question_builder::get_volume(const std::string& name, call_options options) const {
    return make(request_kind::reads, "GET", "/v1/volumes/" + name, {}, "reading volume " + name, std::move(options));
}

question question_builder::delete_volume(const std::string& name, call_options options) const {
    return make(request_kind::changes, "DELETE", "/v1/volumes/" + name, {}, "deleting volume " + name,
                std::move(options));
}

question question_builder::create_volume(const volume_request& asked, call_options options) const {
    json::object body;
    body["name"] = asked.name;
    body["size"] = std::to_string(asked.size_bytes); // a number would be refused
    body["numberOfReplicas"] = asked.number_of_replicas;
    body["dataEngine"] = asked.data_engine;
    body["staleReplicaTimeout"] = asked.stale_replica_timeout_minutes;
    body["accessMode"] = asked.access_mode;
    body["frontend"] = asked.frontend;
    body["encrypted"] = asked.encrypted;
    if (!asked.from_backup.empty())
        body["fromBackup"] = asked.from_backup;
    if (!asked.data_locality.empty())
        body["dataLocality"] = asked.data_locality;
    if (!asked.backing_image.empty())
        body["backingImage"] = asked.backing_image;
    return make(request_kind::changes, "POST", "/v1/volumes", json::serialize(body), "making volume " + asked.name,
                std::move(options));
}

question question_builder::action(request_kind kind, std::string_view collection, std::string_view name,
                                  std::string_view action, std::string body, std::string doing,
                                  call_options options) const {
    const auto path = "/v1/" + std::string(collection) + "/" + std::string(name) + "?action=" + std::string(action);
    return make(kind, "POST", path, std::move(body), std::move(doing), std::move(options));
}

} // namespace soteria::longhorn
