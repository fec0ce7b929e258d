#include "test/simulator/kubernetes/request_parts.hpp"

namespace simulator::api {

namespace {

std::string content_type_of(const request& asked) {
    const auto found = asked.headers.find("content-type");
    const auto text = found == asked.headers.end() ? std::string() : found->second;
    return text.substr(0, text.find(';'));
}

} // namespace

std::string query_value(const query_map& query, const std::string& name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
}

bool query_true(const query_map& query, const std::string& name) {
    const auto value = query_value(query, name);
    return value == "true" || value == "1";
}

std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> segments;
    std::size_t start = 0;
    while (start < path.size()) {
        const auto end = std::min(path.find('/', start), path.size());
        if (end > start) {
            segments.push_back(path.substr(start, end - start));
        }
        start = end + 1;
    }
    return segments;
}

std::optional<address> find_address(const kinds& known, const std::vector<std::string>& segments) {
    const bool core = segments[0] == "api";
    const std::size_t head = core ? 2 : 3;
    if (segments.size() <= head) {
        return std::nullopt;
    }
    const std::string group = core ? "" : segments[1];
    const std::string& version = segments[head - 1];
    std::vector<std::string> rest(segments.begin() + static_cast<std::ptrdiff_t>(head), segments.end());
    address where;
    if (rest.size() >= 3 && rest[0] == "namespaces" && rest[2] != "status") {
        where.ns = rest[1];
        rest.erase(rest.begin(), rest.begin() + 2);
    }
    where.which = known.find(group, version, rest[0]);
    where.name = rest.size() > 1 ? rest[1] : "";
    where.subresource = rest.size() > 2 ? rest[2] : "";
    const bool wrong_scope = where.which != nullptr && !where.which->namespaced && !where.ns.empty();
    const bool log = where.subresource == "log" && where.which != nullptr && where.which->is("pods");
    const bool no_subresource = !where.subresource.empty() && !log &&
                                (where.subresource != "status" || !where.which || !where.which->has_status);
    if (where.which == nullptr || rest.size() > 3 || wrong_scope || no_subresource) {
        return std::nullopt;
    }
    return where;
}

write_options write_options_of(const query_map& query, std::string_view options_name) {
    write_options options;
    const auto dry_run = query_value(query, "dryRun");
    if (!dry_run.empty() && dry_run != "All") {
        throw invalid_options(options_name,
                              {"FieldValueNotSupported",
                               "Unsupported value: [\"" + dry_run + "\"]: supported values: \"All\"", "dryRun"});
    }
    options.dry_run = dry_run == "All";
    options.strict = query_value(query, "fieldValidation") == "Strict";
    return options;
}

json::object parse_object(const kind& which, const request& asked) {
    const auto type = content_type_of(asked);
    if (!type.empty() && type != "application/json") {
        throw unsupported_media_type("the body of the request was in an unknown format - accepted media types include: "
                                     "application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
    boost::system::error_code error;
    auto parsed = json::parse(asked.body, error);
    if (error || !parsed.is_object()) {
        throw bad_request("the object provided is unrecognized (must be of type " + which.name +
                          "): couldn't get version/kind; json parse error: " +
                          (error ? error.message() : std::string("not an object")) + " (" + asked.body.substr(0, 30) +
                          ")");
    }
    return std::move(parsed.get_object());
}

json::value parse_patch(const kind& which, const request& asked) {
    if (content_type_of(asked) != "application/merge-patch+json") {
        if (which.custom) {
            throw unsupported_media_type("the body of the request was in an unknown format - accepted media types "
                                         "include: application/json-patch+json, application/merge-patch+json, "
                                         "application/apply-patch+yaml");
        }
        throw refused(415, "UnsupportedMediaType", "415: Unsupported Media Type", json::object());
    }
    boost::system::error_code error;
    auto parsed = json::parse(asked.body, error);
    if (error || !parsed.is_object()) {
        throw bad_request(
            "error decoding patch: " +
            (error ? error.message()
                   : std::string("json: cannot unmarshal array into Go value of type map[string]interface {}")));
    }
    return parsed;
}

delete_options delete_options_of(const request& asked) {
    json::object body;
    if (!asked.body.empty()) {
        boost::system::error_code error;
        auto parsed = json::parse(asked.body, error);
        if (error || !parsed.is_object()) {
            throw bad_request("couldn't get version/kind; json parse error: " +
                              (error ? error.message() : std::string("not an object")));
        }
        body = std::move(parsed.get_object());
    }
    delete_options options;
    options.dry_run = write_options_of(asked.query, "DeleteOptions").dry_run || array_holds(body, {"dryRun"}, "All");
    options.uid = text_at(body, {"preconditions", "uid"});
    options.resource_version = text_at(body, {"preconditions", "resourceVersion"});
    options.propagation = text_at(body, {"propagationPolicy"});
    if (options.propagation.empty()) {
        options.propagation = query_value(asked.query, "propagationPolicy");
    }
    const auto& policy = options.propagation;
    if (!policy.empty() && policy != "Foreground" && policy != "Background" && policy != "Orphan") {
        throw invalid_options("DeleteOptions",
                              {"FieldValueNotSupported",
                               "Unsupported value: \"" + policy +
                                   "\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                               "propagationPolicy"});
    }
    return options;
}

} // namespace simulator::api
