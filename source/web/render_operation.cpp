#include <soteria/web/render.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <array>

namespace soteria::web {
namespace {

namespace json = boost::json;
using domain::operation;

json::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

void add(json::object& into, std::string_view name, const std::string& text) {
    if (!text.empty())
        into[view(name)] = text;
}

void add(json::object& into, std::string_view name, std::optional<instant> when) {
    if (when)
        into[view(name)] = format_rfc3339(*when);
}

void add(json::object& into, std::string_view name, std::optional<std::int64_t> number) {
    if (number)
        into[view(name)] = *number;
}

json::object render_resource(const operation& of) {
    json::object made;
    made["kind"] = of.kind == domain::operation_kind::backup ? "Backup" : "Restore";
    made["namespace"] = of.ns;
    made["name"] = of.name;
    return made;
}

json::array render_steps(const std::vector<domain::step>& steps) {
    json::array made;
    for (const auto& step : steps) {
        json::object one;
        one["name"] = step.name;
        one["state"] = view(to_string(step.state));
        add(one, "started_at", step.started_at);
        add(one, "finished_at", step.finished_at);
        add(one, "message", step.message);
        made.emplace_back(std::move(one));
    }
    return made;
}

json::object render_progress(const domain::progress& progress) {
    json::object made;
    made["percent"] = progress.percent;
    add(made, "bytes_done", progress.bytes_done);
    add(made, "bytes_total", progress.bytes_total);
    add(made, "eta_seconds", progress.eta_seconds);
    return made;
}

// Records keep numbers and flags as text.
json::value result_value(std::string_view name, const std::string& text) {
    if (name == "verified")
        return text == "true";
    const bool number = name == "files" || name == "bytes" || name == "bytes_added" || name == "seconds";
    boost::system::error_code broken;
    auto value = number ? json::parse(text, broken) : json::value(text);
    return broken ? json::value(text) : value;
}

// The contract's three first, in its order; what a driver adds comes after.
json::object render_result(const std::map<std::string, std::string>& result) {
    json::object made;
    for (const auto* name : {"backup", "volume", "claim_name"})
        if (const auto found = result.find(name); found != result.end())
            add(made, name, found->second);
    for (const auto& [name, value] : result)
        if (!made.contains(name))
            made[name] = result_value(name, value);
    return made;
}

json::array render_leftovers(const std::vector<domain::leftover>& leftovers) {
    json::array made;
    for (const auto& leftover : leftovers) {
        json::object one;
        one["kind"] = leftover.kind;
        add(one, "namespace", leftover.ns);
        one["name"] = leftover.name;
        one["why"] = leftover.why;
        made.emplace_back(std::move(one));
    }
    return made;
}

void add_outcome(json::object& into, const operation& of) {
    if (const auto result = render_result(of.result); !result.empty())
        into["result"] = result;
    if (of.error) {
        json::object error;
        error["code"] = of.error->code;
        error["detail"] = of.error->detail;
        into["error"] = std::move(error);
    }
    if (!of.leftovers.empty())
        into["leftovers"] = render_leftovers(of.leftovers);
}

} // namespace

json::object render(const operation& of, std::string_view default_driver) {
    json::object made;
    made["id"] = of.id();
    made["resource"] = render_resource(of);
    made["kind"] = view(to_string(of.kind));
    made["driver"] = of.request.driver.empty() ? view(default_driver) : view(of.request.driver);
    made["namespace"] = of.request.source.ns;
    made["pvc"] = of.request.source.name;
    add(made, "target_namespace", of.request.target.ns);
    add(made, "target_pvc", of.request.target.name);
    made["phase"] = view(to_string(of.phase));
    if (of.phase == domain::operation_phase::queued)
        add(made, "position", of.queue_position);
    made["stalled"] = of.stalled_since.has_value();
    add(made, "reason", of.reason);
    add(made, "message", of.message);
    made["steps"] = render_steps(of.steps);
    if (of.progress)
        made["progress"] = render_progress(*of.progress);
    add_outcome(made, of);
    made["requested_by"] = of.by.user;
    add(made, "source", of.by.source);
    add(made, "request_id", of.by.request_id);
    made["created_at"] = format_rfc3339(of.created_at);
    add(made, "started_at", of.started_at);
    add(made, "finished_at", of.finished_at);
    return made;
}

json::object render(const operations::operation_page& page, std::string_view default_driver) {
    json::array operations;
    for (const auto& each : page.operations)
        operations.emplace_back(render(each, default_driver));
    json::object made;
    made["operations"] = std::move(operations);
    add(made, "continue", page.continue_token);
    return made;
}

} // namespace soteria::web
