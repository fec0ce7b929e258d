#include "test/simulator/kubernetes/router.hpp"

namespace simulator::api {

namespace {

json::object counts(server_state& state) {
    json::object counted;
    for (const auto& [key, which] : state.known.all()) {
        const auto size = state.kept.of(which).objects().size();
        if (size != 0) {
            counted[which.resource()] = size;
        }
    }
    return counted;
}

json::object log_of(const server_state& state) {
    json::array listed;
    for (const auto& one : state.log) {
        json::object entry;
        entry["method"] = one.method;
        entry["path"] = one.path;
        entry["query"] = one.query;
        entry["user_agent"] = one.user_agent;
        entry["status"] = one.status;
        listed.push_back(std::move(entry));
    }
    json::object answer;
    answer["requests"] = std::move(listed);
    return answer;
}

void apply_all(server_state& state, const json::value& given) {
    if (given.is_array()) {
        for (const auto& one : given.get_array()) {
            apply_all(state, one);
        }
        return;
    }
    if (const auto* items = look_array(given.as_object(), {"items"})) {
        apply_all(state, *items);
        return;
    }
    state.verbs.apply(given.as_object());
}

} // namespace

response control(server_state& state, const request& asked) {
    const auto path = asked.path.substr(std::string_view("/_simulator/").size());
    const auto what = asked.method + " " + path;
    if (what == "POST force-gone") {
        state.kept.forget_all();
    } else if (what == "POST cut-watches") {
        cut_watches(state);
    } else if (what == "GET count") {
        return answer_json(200, json::serialize(counts(state)));
    } else if (what == "GET requests") {
        return answer_json(200, json::serialize(log_of(state)));
    } else if (what == "DELETE requests") {
        state.log.clear();
    } else if (what == "POST apply") {
        apply_all(state, json::parse(asked.body));
    } else if (const auto more = state.more_control(asked.method, path, asked.body)) {
        return answer_json(200, json::serialize(*more));
    } else {
        return answer_json(404, R"({"error":"the simulator has no such control"})");
    }
    return answer_json(200, "{}");
}

} // namespace simulator::api
