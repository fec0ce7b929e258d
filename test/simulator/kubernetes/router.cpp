#include "test/simulator/kubernetes/router.hpp"

#include "test/simulator/kubernetes/request_parts.hpp"

namespace simulator::api {

namespace {

response answer_text(int status, std::string text) {
    response answer;
    answer.status = status;
    answer.body = std::move(text);
    answer.content_type = "text/plain; charset=utf-8";
    return answer;
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
    if (where.subresource == "log") {
        if (asked.method != "GET") {
            throw method_not_allowed();
        }
        return answer_log(state, where, asked.query);
    }
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
        const auto patch = parse_patch(*where.which, asked);
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
        entry.query.append(entry.query.empty() ? "" : "&").append(name).append("=").append(value);
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
