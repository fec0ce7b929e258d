#include "restic_orders.hpp"
#include "restic_plan.hpp"
#include "restic_source.hpp"
#include "restic_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/domain/tags.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

// Stands for the record's uid, which only a real request gets.
constexpr const char* planned_uid = "planned";

bool is_needed(const step_definition& step, const restic::job_settings& settings) {
    return step.name != "forget" || !settings.forget_args.empty();
}

} // namespace

result<void> check_usable(const restic_world& world) {
    const auto trouble = world.catalogue.current()->failing;
    if (!trouble || (trouble->code != "wrong_password" && trouble->code != "repository_refused"))
        return {};
    world.list_soon(); // it may have been mended since
    return failure(errc::unprocessable, trouble->message, trouble->code);
}

void name_job(std::map<std::string, std::string>& facts, std::string job_name) {
    facts[std::string(facts::secret)] = restic::secret_name(job_name);
    facts[std::string(facts::job_name)] = std::move(job_name);
}

domain::planned_step planned_restic_step(const restic_world& world, const step_definition& step,
                                         const domain::pvc_ref& claim,
                                         const std::map<std::string, std::string>& facts) {
    domain::planned_object object{std::string(step.object_kind), claim.ns, claim.name};
    if (object.kind == "Job")
        object.name = fact_of(facts, facts::job_name);
    else if (object.kind == "Secret")
        object.name = fact_of(facts, facts::secret);
    else if (object.kind == "ResticSnapshot")
        object = {object.kind, "", fact_of(facts, facts::backup)};
    else if (object.kind == "ResticRepository")
        object = {object.kind, "", restic::repository_hash(world.jobs.world().settings.repository)};
    return {std::string(step.name), std::string(step.action), std::move(object), std::string(step.does),
            std::string(step.undo)};
}

awaitable<result<domain::plan>> plan_restic_backup(restic_world& world, domain::operation_request request,
                                                   async::deadline until) {
    if (const auto tags = domain::check_restic_tags(request.tags); !tags)
        co_return tags.error();
    auto reading = read_claim(world.kubernetes, request.source, until);
    const auto claim = co_await std::move(reading);
    if (!claim)
        co_return claim.error();
    if (const auto readable = check_can_be_read(*claim, request.source); !readable)
        co_return readable.error();
    if (const auto usable = check_usable(world); !usable)
        co_return usable.error();
    auto placing = place_beside_users(world.kubernetes, *claim, until);
    const auto place = co_await std::move(placing);
    if (!place)
        co_return place.error();

    domain::plan plan;
    plan.driver = "restic";
    plan.named_by_time = domain::job_name("backup", request.source, world.time.now());
    name_job(plan.resolved, plan.named_by_time);
    plan.resolved[std::string(facts::pvc_uid)] = (*claim)->meta.uid;
    const job_owner nobody{planned_uid, ""};
    auto order = backup_order(world, request, plan.resolved, nobody, *place);
    auto rehearsing = world.jobs.rehearse(std::move(order), until);
    const auto passes = co_await std::move(rehearsing);
    if (!passes)
        co_return passes.error();
    const auto& settings = world.jobs.world().settings;
    for (const auto& step : restic_steps::backup)
        if (is_needed(step, settings))
            plan.steps.push_back(planned_restic_step(world, step, request.source, plan.resolved));
    if (!place->node.empty())
        plan.warnings.push_back("the PVC is in use on the node " + place->node + "; the Job runs there");
    if (settings.security == restic::job_security::restricted)
        plan.warnings.emplace_back("the Job runs without rights (SOTERIA_JOB_SECURITY=restricted): files that it may "
                                   "not read make the backup incomplete");
    co_return plan;
}

} // namespace soteria::backup
