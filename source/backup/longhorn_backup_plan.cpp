#include "longhorn_plan.hpp"
#include "longhorn_source.hpp"
#include "longhorn_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/domain/tags.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

result<void> check_volume(const longhorn::volume& volume, const domain::pvc_ref& pvc) {
    const std::string of = "the Longhorn volume " + volume.name + " of " + pvc.text();
    if (volume.robustness == "faulted")
        return failure(errc::unprocessable, of + " is faulted: none of its replicas can be read", "volume_faulted");
    if (volume.standby)
        return failure(errc::unprocessable, of + " is a standby volume; back up its primary", "volume_standby");
    if (volume.restore_required)
        return failure(errc::unprocessable, of + " is still being restored", "volume_restoring");
    if (volume.state == "deleting")
        return failure(errc::unprocessable, of + " is being deleted", "volume_deleting");
    return {};
}

// Asked now: since Longhorn 1.9 a backup to a target that is down is refused, before that it fails after a while.
awaitable<result<void>> check_target(longhorn_world& world, longhorn::volume volume, async::deadline until) {
    const auto targets =
        co_await world.longhorn.list_backup_targets(longhorn::call_options(until, std::string(purposes::resolve)));
    if (!targets)
        co_return targets.error();
    const std::string name = volume.backup_target_name.empty() ? "default" : volume.backup_target_name;
    const auto target = std::ranges::find(*targets, name, &longhorn::backup_target::name);
    if (target == targets->end() || target->url.empty())
        co_return failure(errc::unprocessable,
                          "Longhorn's backup target \"" + name + "\" is not configured; set its URL in Longhorn",
                          "backup_target_not_configured");
    if (!target->available)
        co_return failure(errc::unavailable,
                          "Longhorn's backup target \"" + name + "\" is not available: " + target->message,
                          "backup_target_unavailable");
    co_return result<void>{};
}

domain::planned_step planned(const step_definition& step, const std::string& name, std::string detail) {
    return {std::string(step.name),
            std::string(step.action),
            {std::string(step.object_kind), "", name},
            std::move(detail),
            std::string(step.undo)};
}

} // namespace

awaitable<result<domain::plan>> plan_longhorn_backup(longhorn_world& world, longhorn_settings settings,
                                                     domain::operation_request request, async::deadline until) {
    const auto labels = domain::tags_to_labels(request.tags);
    if (!labels)
        co_return labels.error();
    const auto source = co_await find_source(world, request.source, until);
    if (!source)
        co_return source.error();
    if (const auto bound = check_bound(*source, request.source); !bound)
        co_return bound.error();
    auto volume = co_await world.longhorn.get_volume(source->volume,
                                                     longhorn::call_options(until, std::string(purposes::resolve)));
    if (!volume) {
        if (volume.error().code == errc::not_found)
            co_return failure(errc::unprocessable,
                              "the PVC " + request.source.text() + " names the Longhorn volume " + source->volume +
                                  ", and Longhorn has none of that name",
                              "volume_missing");
        co_return volume.error();
    }
    if (const auto usable = check_volume(*volume, request.source); !usable)
        co_return usable.error();
    const auto target = co_await check_target(world, *volume, until);
    if (!target)
        co_return target.error();

    domain::plan plan;
    plan.driver = "longhorn";
    const std::string snapshot = domain::backup_name(request.source, world.time.now());
    plan.resolved[std::string(facts::volume)] = source->volume;
    plan.resolved[std::string(facts::snapshot)] = snapshot;
    plan.named_by_time = snapshot;
    for (const auto& step : longhorn_steps::backup) {
        std::string detail(step.does);
        if (step.name == "start_backup")
            detail += " Mode: " + settings.backup_mode + ".";
        const bool of_volume = step.object_kind == "LonghornVolume";
        const std::string name = of_volume ? source->volume : snapshot;
        plan.steps.push_back(planned(step, name, std::move(detail)));
    }
    if (volume->state == "detached")
        plan.warnings.emplace_back("the volume is detached; Longhorn attaches it for the backup");
    if (volume->robustness == "degraded")
        plan.warnings.emplace_back("the volume is degraded: at least one of its replicas is missing");
    co_return plan;
}

} // namespace soteria::backup
