#include "cluster_checks.hpp"
#include "longhorn_choice.hpp"
#include "longhorn_plan.hpp"
#include "longhorn_restore_facts.hpp"
#include "longhorn_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/domain/names.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

// Stands for the record's uid, which only a real request gets.
constexpr std::string_view planned_uid = "planned";

// The dry run of an object that the restore makes: a name that is taken is the target's.
awaitable<result<void>> rehearse(longhorn_world& world, kube::resource kind, boost::json::object manifest,
                                 async::deadline until) {
    auto trying = rehearse_create(world.kubernetes, kind, std::move(manifest), until);
    const auto passes = co_await std::move(trying);
    if (!passes && passes.error().reason == "already_exists")
        co_return failure(errc::conflict, passes.error().message, "target_exists");
    co_return passes;
}

domain::planned_step planned(const step_definition& step, const domain::pvc_ref& target, const std::string& volume,
                             const std::string& backup) {
    domain::planned_object object{std::string(step.object_kind), "", volume};
    if (step.object_kind == "PersistentVolumeClaim")
        object = {std::string(step.object_kind), target.ns, target.name};
    if (step.object_kind == "LonghornBackup")
        object.name = backup;
    return {std::string(step.name), std::string(step.action), std::move(object), std::string(step.does),
            std::string(step.undo)};
}

} // namespace

awaitable<result<domain::plan>> plan_longhorn_restore(longhorn_world& world, domain::operation_request request,
                                                      async::deadline until) {
    const auto free = co_await check_target_is_free(world.kubernetes, request.target, until);
    if (!free)
        co_return free.error();
    const auto source = co_await find_source(world, request.source, until);
    if (!source)
        co_return source.error();
    const auto chosen = co_await choose_backup(world, *source, request, until);
    if (!chosen)
        co_return chosen.error();
    auto shape = co_await shape_restore(world, *source, *chosen, request, until);
    if (!shape)
        co_return shape.error();

    domain::plan plan;
    plan.driver = "longhorn";
    plan.warnings = std::move(shape->warnings);
    plan.resolved = std::move(shape->facts);
    plan.resolved[std::string(facts::backup)] = chosen->name;
    plan.resolved[std::string(facts::backup_url)] = chosen->url;
    plan.resolved[std::string(facts::source_volume)] = chosen->volume;
    if (chosen->snapshot_created_at)
        plan.resolved[std::string(facts::backup_created_at)] = format_rfc3339(*chosen->snapshot_created_at);
    const std::string volume = domain::volume_name(planned_uid);
    plan.resolved[std::string(facts::volume)] = volume;
    auto claim = claim_manifest(request.target, request.source, plan.resolved, volume, "");
    auto persistent = persistent_volume_manifest(request.target, plan.resolved, volume, "", "");
    const auto claim_passes = co_await rehearse(world, kube::persistent_volume_claims, std::move(claim), until);
    if (!claim_passes)
        co_return claim_passes.error();
    const auto volume_passes = co_await rehearse(world, kube::persistent_volumes, std::move(persistent), until);
    if (!volume_passes)
        co_return volume_passes.error();
    for (const auto& step : longhorn_steps::restore)
        plan.steps.push_back(planned(step, request.target, volume, chosen->name));
    co_return plan;
}

} // namespace soteria::backup
