// GET .../pods/<name>/log: what a container of a Job's Pod has written, with container=, tailLines= and limitBytes=.
#include "test/simulator/kubernetes/workloads.hpp"

#include <charconv>

namespace simulator::api {

namespace {

// The names in one of the spec's lists.
std::vector<std::string> names_in(const json::object& pod, std::string_view member) {
    std::vector<std::string> names;
    if (const auto* containers = look_array(pod, {"spec", member})) {
        for (const auto& container : *containers) {
            names.push_back(text_at(container.as_object(), {"name"}));
        }
    }
    return names;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const auto& name : names) {
        text += (text.size() == 1 ? "" : " ") + name;
    }
    return text + "]";
}

std::string chosen_container(const json::object& pod, const std::string& pod_name, const std::string& asked) {
    const auto mains = names_in(pod, "containers");
    const auto inits = names_in(pod, "initContainers");
    if (asked.empty()) {
        if (mains.size() == 1 && inits.empty()) {
            return mains.front();
        }
        const auto others = inits.empty() ? std::string() : " or one of the init containers: " + joined(inits);
        throw bad_request("a container name must be specified for pod " + pod_name +
                          ", choose one of: " + joined(mains) + others);
    }
    for (const auto& names : {mains, inits}) {
        for (const auto& name : names) {
            if (name == asked) {
                return name;
            }
        }
    }
    throw bad_request("container " + asked + " is not valid for pod " + pod_name);
}

std::string waiting_reason(const json::object& pod, const std::string& container) {
    for (const auto* member : {"initContainerStatuses", "containerStatuses"}) {
        const auto* statuses = look_array(pod, {"status", member});
        for (const auto& status : statuses == nullptr ? json::array() : *statuses) {
            if (text_at(status.as_object(), {"name"}) == container) {
                return text_at(status.as_object(), {"state", "waiting", "reason"});
            }
        }
    }
    return "ContainerCreating";
}

std::optional<std::size_t> number_of(const query_map& query, const std::string& name) {
    const auto text = query_value(query, name);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty()) {
        return std::nullopt;
    }
    if (error != std::errc() || end != text.data() + text.size()) {
        throw invalid_options("PodLogOptions", {"FieldValueInvalid", "Invalid value: \"" + text + "\"", name});
    }
    return number;
}

std::string last_lines(const std::string& text, std::size_t count) {
    if (count == 0) {
        return {};
    }
    std::size_t start = text.size();
    for (std::size_t seen = 0; start > 0; --start) {
        if (text[start - 1] == '\n' && start != text.size() && ++seen == count) {
            break;
        }
    }
    return text.substr(start);
}

} // namespace

response answer_log(server_state& state, const address& where, const query_map& query) {
    const auto pod = state.kept.find(*where.which, where.ns, where.name);
    if (pod == nullptr) {
        throw not_found(*where.which, where.name);
    }
    const auto object = pod->object();
    const auto container = chosen_container(object, where.name, query_value(query, "container"));
    response answer;
    answer.content_type = "text/plain";
    if (text_at(object, {"spec", "nodeName"}).empty()) {
        return answer;
    }
    const auto& logs = state.logs[pod->uid];
    const auto found = logs.find(container);
    if (found == logs.end()) {
        const auto why = waiting_reason(object, container);
        throw bad_request("container \"" + container + "\" in pod \"" + where.name + "\" is waiting to start: " + why);
    }
    answer.body = found->second;
    if (const auto lines = number_of(query, "tailLines")) {
        answer.body = last_lines(answer.body, *lines);
    }
    if (const auto bytes = number_of(query, "limitBytes")) {
        answer.body.resize(std::min(answer.body.size(), *bytes));
    }
    return answer;
}

} // namespace simulator::api
