#include "resolved_keys.hpp"

#include <soteria/domain/names.hpp>
#include <soteria/web/render.hpp>

#include <boost/json/array.hpp>

namespace soteria::web {
namespace {

namespace json = boost::json;

constexpr std::string_view restic = "restic";

json::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

void add(json::object& into, std::string_view name, std::string_view text) {
    if (!text.empty())
        into[view(name)] = view(text);
}

std::string_view resolved_to(const operations::accepted& accepted, std::string_view key) {
    const auto found = accepted.plan.resolved.find(std::string(key));
    return found == accepted.plan.resolved.end() ? std::string_view() : found->second;
}

json::object render_step(const domain::planned_step& step) {
    json::object object;
    object["kind"] = step.object.kind;
    add(object, "namespace", step.object.ns);
    add(object, "name", step.object.name);
    json::object made;
    made["step"] = step.step;
    made["action"] = step.action;
    made["object"] = std::move(object);
    made["detail"] = step.detail;
    add(made, "undo", step.undo);
    return made;
}

void add_plan(json::object& into, const domain::plan& plan) {
    json::array steps;
    for (const auto& step : plan.steps)
        steps.emplace_back(render_step(step));
    into["plan"] = std::move(steps);
    json::array warnings;
    for (const auto& warning : plan.warnings)
        warnings.emplace_back(warning);
    into["warnings"] = std::move(warnings);
    into["plan_hash"] = plan.hash();
}

std::string_view driver_of(const operations::accepted& accepted, const answered_request& asked) {
    for (const std::string_view driver :
         {std::string_view(accepted.plan.driver), std::string_view(asked.request.driver)})
        if (!driver.empty())
            return driver;
    return asked.default_driver;
}

} // namespace

json::object render_backup(const operations::accepted& accepted, const answered_request& asked) {
    const auto driver = driver_of(accepted, asked);
    const bool in_jobs = driver == restic;
    json::object made;
    made["driver"] = view(driver);
    if (in_jobs) {
        add(made, "job_name", resolved_to(accepted, resolved::job_name));
    } else {
        add(made, "volume", resolved_to(accepted, resolved::volume));
        add(made, "backup", resolved_to(accepted, resolved::snapshot));
    }
    made["namespace"] = asked.request.source.ns;
    made["pvc"] = asked.request.source.name;
    if (in_jobs)
        add(made, "secret", resolved_to(accepted, resolved::secret));
    made["requested_by"] = asked.requested_by;
    made["dry_run"] = !accepted.operation;
    if (accepted.operation)
        made["operation"] = accepted.operation->id();
    else
        add_plan(made, accepted.plan);
    return made;
}

json::object render_restore(const operations::accepted& accepted, const answered_request& asked) {
    const auto driver = driver_of(accepted, asked);
    const bool in_jobs = driver == restic;
    json::object made;
    made["driver"] = view(driver);
    if (accepted.operation)
        made["operation"] = accepted.operation->id();
    made["namespace"] = asked.request.source.ns;
    // Left to the snapshot, where the request does not name it.
    made["pvc"] = asked.request.source.name.empty() ? view(resolved_to(accepted, resolved::source_pvc))
                                                    : view(asked.request.source.name);
    add(made, "snapshot", asked.request.snapshot);
    add(made, "backup", resolved_to(accepted, resolved::backup));
    if (in_jobs) {
        add(made, "job_name", resolved_to(accepted, resolved::job_name));
        add(made, "secret", resolved_to(accepted, resolved::secret));
    } else {
        add(made, "backup_url", resolved_to(accepted, resolved::backup_url));
    }
    add(made, "backup_created_at", resolved_to(accepted, resolved::backup_created_at));
    made["target_namespace"] = asked.request.target.ns;
    made["target_pvc"] = asked.request.target.name;
    if (asked.is_test && asked.request.target.name.empty())
        made["test"] = true;
    // The record's uid decides; before there is a record the plan says how the name will look.
    if (!in_jobs && accepted.operation)
        made["volume"] = domain::volume_name(accepted.operation->uid);
    else if (!in_jobs)
        add(made, "volume", resolved_to(accepted, resolved::volume));
    made["requested_by"] = asked.requested_by;
    made["dry_run"] = !accepted.operation;
    if (!accepted.operation)
        add_plan(made, accepted.plan);
    return made;
}

} // namespace soteria::web
