#include "test/simulator/kubernetes/router.hpp"

namespace simulator::api {

namespace {

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

response answer_text(int status, std::string text) {
    response answer;
    answer.status = status;
    answer.body = std::move(text);
    answer.content_type = "text/plain; charset=utf-8";
    return answer;
}

// /api/v1/... or /apis/<group>/<version>/..., then [namespaces/<ns>/]<plural>[/<name>[/<subresource>]].
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
    const bool no_subresource =
        !where.subresource.empty() && (where.subresource != "status" || !where.which || !where.which->has_status);
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

std::string content_type_of(const request& asked) {
    const auto found = asked.headers.find("content-type");
    const auto text = found == asked.headers.end() ? std::string() : found->second;
    return text.substr(0, text.find(';'));
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

json::value parse_patch(const request& asked) {
    if (content_type_of(asked) != "application/merge-patch+json") {
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

response delete_object(server_state& state, const address& where, const request& asked) {
    const auto outcome = state.verbs.remove(*where.which, where.ns, where.name, delete_options_of(asked));
    if (!outcome.gone || where.which->returns_deleted) {
        return answer_json(200, outcome.last.text);
    }
    json::object status;
    status["kind"] = "Status";
    status["apiVersion"] = "v1";
    status["metadata"].emplace_object();
    status["status"] = "Success";
    auto& details = make_object(status, {"details"});
    details["name"] = where.name;
    if (!where.which->group.empty()) {
        details["group"] = where.which->group;
    }
    details["kind"] = where.which->plural;
    details["uid"] = outcome.last.uid;
    return answer_json(200, json::serialize(status));
}

response answer_collection(const std::shared_ptr<server_state>& state, const address& where, const request& asked) {
    if (asked.method == "GET") {
        return query_true(asked.query, "watch") ? watch_objects(state, where, asked.query)
                                                : list_objects(*state, where, asked.query);
    }
    if (asked.method != "POST" || (where.which->namespaced && where.ns.empty())) {
        throw method_not_allowed();
    }
    auto object = parse_object(*where.which, asked);
    const auto made =
        state->verbs.create(*where.which, where.ns, std::move(object), write_options_of(asked.query, "CreateOptions"));
    return answer_json(201, made.text);
}

response answer_object(server_state& state, const address& where, const request& asked) {
    if (asked.method == "GET") {
        const auto found = state.kept.find(*where.which, where.ns, where.name);
        if (found == nullptr) {
            throw not_found(*where.which, where.name);
        }
        return answer_json(200, found->text);
    }
    if (asked.method == "PUT") {
        auto object = parse_object(*where.which, asked);
        const auto options = write_options_of(asked.query, "UpdateOptions");
        return answer_json(
            200, state.verbs.replace(*where.which, where.ns, where.name, where.subresource, std::move(object), options)
                     .text);
    }
    if (asked.method == "PATCH") {
        const auto patch = parse_patch(asked);
        const auto options = write_options_of(asked.query, "PatchOptions");
        return answer_json(
            200, state.verbs.patch(*where.which, where.ns, where.name, where.subresource, patch, options).text);
    }
    if (asked.method == "DELETE" && where.subresource.empty()) {
        return delete_object(state, where, asked);
    }
    throw method_not_allowed();
}

// Everybody may do everything.
std::optional<response> answer_review(const std::string& path, const request& asked) {
    static constexpr std::string_view prefix = "/apis/authorization.k8s.io/v1/";
    if (!path.starts_with(prefix) || asked.method != "POST") {
        return std::nullopt;
    }
    const auto plural = path.substr(prefix.size());
    const bool own = plural == "selfsubjectaccessreviews";
    if (!own && plural != "subjectaccessreviews") {
        return std::nullopt;
    }
    boost::system::error_code error;
    const auto parsed = json::parse(asked.body, error);
    json::object review;
    review["kind"] = own ? "SelfSubjectAccessReview" : "SubjectAccessReview";
    review["apiVersion"] = "authorization.k8s.io/v1";
    review["metadata"].emplace_object();
    if (const auto* spec = error || !parsed.is_object() ? nullptr : look(parsed.get_object(), {"spec"})) {
        review["spec"] = *spec;
    }
    make_object(review, {"status"})["allowed"] = true;
    return answer_json(201, json::serialize(review));
}

response route(const std::shared_ptr<server_state>& state, const request& asked) {
    const auto& path = asked.path;
    if (state->options.control && path.starts_with("/_simulator/")) {
        return control(*state, asked);
    }
    if (path == "/readyz" || path == "/livez" || path == "/healthz") {
        return answer_text(200, "ok");
    }
    if (path == "/version") {
        return answer_json(200, R"({"major":"1","minor":"35","gitVersion":"v1.35.4","platform":"linux/amd64"})");
    }
    if (auto review = answer_review(path, asked)) {
        return std::move(*review);
    }
    const auto segments = segments_of(path);
    if (segments.size() < 3 || (segments[0] != "api" && segments[0] != "apis")) {
        return answer_text(404, "404 page not found\n");
    }
    try {
        const auto where = find_address(state->known, segments);
        if (!where) {
            if (segments[0] == "api") {
                throw no_such_resource();
            }
            return answer_text(404, "404 page not found\n");
        }
        return where->name.empty() ? answer_collection(state, *where, asked) : answer_object(*state, *where, asked);
    } catch (const refused& why) {
        return answer_refusal(why);
    }
}

void remember(server_state& state, const request& asked, int status) {
    if (asked.path.starts_with("/_simulator/")) {
        return;
    }
    logged_request entry;
    entry.method = asked.method;
    entry.path = asked.path;
    for (const auto& [name, value] : asked.query) {
        entry.query += (entry.query.empty() ? "" : "&") + name + "=" + value;
    }
    if (const auto agent = asked.headers.find("user-agent"); agent != asked.headers.end()) {
        entry.user_agent = agent->second;
    }
    entry.status = status;
    state.log.push_back(std::move(entry));
    if (state.log.size() > state.options.log) {
        state.log.pop_front();
    }
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

response answer_json(int status, std::string text) {
    response answer;
    answer.status = status;
    answer.body = std::move(text);
    return answer;
}

response answer_refusal(const refused& why) {
    return answer_json(why.code(), json::serialize(why.status()));
}

void cut_watches(server_state& state) {
    ++state.cuts;
    for (const auto& [key, which] : state.known.all()) {
        state.kept.of(which).wake();
    }
}

boost::asio::awaitable<response> answer(std::shared_ptr<server_state> state, request asked) {
    auto made = route(state, asked);
    remember(*state, asked, made.status);
    co_return made;
}

} // namespace simulator::api
