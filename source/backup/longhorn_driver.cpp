#include "longhorn_effects.hpp"
#include "longhorn_plan.hpp"
#include "longhorn_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/longhorn_driver.hpp>
#include <soteria/domain/names.hpp>

#include <array>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using domain::operation_kind;

// Each step's function, and that of its undo, by the names of the step tables.
struct named_effect {
    operation_kind kind;
    std::string_view name;
    effect run;
};

constexpr std::array effects{
    named_effect{operation_kind::backup, "resolve", backup_effects::resolve},
    named_effect{operation_kind::backup, "create_snapshot", backup_effects::create_snapshot},
    named_effect{operation_kind::backup, "wait_snapshot", backup_effects::wait_snapshot},
    named_effect{operation_kind::backup, "start_backup", backup_effects::start_backup},
    named_effect{operation_kind::backup, "wait_backup", backup_effects::wait_backup},
    named_effect{operation_kind::backup, "delete_backup", backup_effects::delete_backup},
    named_effect{operation_kind::backup, "delete_snapshot", backup_effects::delete_snapshot},
    named_effect{operation_kind::restore, "resolve", restore_effects::resolve},
    named_effect{operation_kind::restore, "create_volume", restore_effects::create_volume},
    named_effect{operation_kind::restore, "create_claim", restore_effects::create_claim},
    named_effect{operation_kind::restore, "wait_restored", restore_effects::wait_restored},
    named_effect{operation_kind::restore, "create_persistent_volume", restore_effects::create_persistent_volume},
    named_effect{operation_kind::restore, "wait_bound", restore_effects::wait_bound},
    named_effect{operation_kind::restore, "delete_volume", restore_effects::delete_volume},
    named_effect{operation_kind::restore, "delete_claim", restore_effects::delete_claim},
    named_effect{operation_kind::restore, "delete_persistent_volume", restore_effects::delete_persistent_volume},
};

operation_kind table_of(operation_kind kind) {
    return kind == operation_kind::backup ? operation_kind::backup : operation_kind::restore;
}

effect find_effect(operation_kind kind, std::string_view name) {
    for (const auto& each : effects)
        if (each.kind == table_of(kind) && each.name == name)
            return each.run;
    return nullptr;
}

const step_definition* find_step(std::span<const step_definition> steps, std::string_view name) {
    for (const auto& each : steps)
        if (each.name == name)
            return &each;
    return nullptr;
}

} // namespace

longhorn_driver::longhorn_driver(longhorn_world world, longhorn_settings settings)
    : world_(std::move(world)), settings_(std::move(settings)) {}

// A backup's record is called like its snapshot, whose name must be unique in all of Longhorn.
std::string longhorn_driver::record_name(operation_kind kind, const domain::operation_request& request, instant when,
                                         std::string_view distinction) const {
    if (kind == operation_kind::backup)
        return domain::backup_name(request.source, when, distinction);
    return domain::restore_name(request.target, when, distinction);
}

std::span<const step_definition> longhorn_driver::steps(operation_kind kind) const {
    if (kind == operation_kind::backup)
        return longhorn_steps::backup;
    return longhorn_steps::restore;
}

awaitable<result<domain::plan>> longhorn_driver::plan_backup(domain::operation_request request, async::deadline until) {
    return plan_longhorn_backup(world_, settings_, std::move(request), until);
}

awaitable<result<domain::plan>> longhorn_driver::plan_restore(domain::operation_request request,
                                                              async::deadline until) {
    return plan_longhorn_restore(world_, std::move(request), until);
}

awaitable<step_report> longhorn_driver::perform(std::string_view step, const domain::operation& record,
                                                effect_budget budget) {
    const effect run = find_effect(record.kind, step);
    if (run == nullptr)
        co_return step_report::failed("unknown_step",
                                      "this version of Soteria does not know the step " + std::string(step));
    const attempt now{world_, settings_, record, budget};
    co_return co_await run(now);
}

awaitable<step_report> longhorn_driver::undo(std::string_view step, const domain::operation& record,
                                             effect_budget budget) {
    const auto* definition = find_step(steps(record.kind), step);
    const effect run = definition == nullptr ? nullptr : find_effect(record.kind, definition->undo);
    if (run == nullptr)
        co_return step_report::done();
    const attempt now{world_, settings_, record, budget};
    co_return co_await run(now);
}

domain::leftover longhorn_driver::leftover_of(std::string_view step, const domain::operation& record) const {
    const auto* definition = find_step(steps(record.kind), step);
    const std::string kind = definition == nullptr ? std::string(step) : std::string(definition->object_kind);
    if (kind == "PersistentVolumeClaim")
        return {kind, record.request.target.ns, record.request.target.name, ""};
    if (kind == "LonghornSnapshot")
        return {kind, "", record.fact(facts::snapshot), ""};
    if (kind == "LonghornBackup")
        return {kind, "", record.fact(facts::backup), ""};
    return {kind, "", record.fact(facts::volume), ""};
}

awaitable<step_report> longhorn_driver::tidy(const domain::operation& record, effect_budget budget) {
    const bool good_backup =
        record.kind == operation_kind::backup && record.phase == domain::operation_phase::succeeded;
    if (!good_backup)
        co_return step_report::done();
    const attempt now{world_, settings_, record, budget};
    co_return co_await backup_effects::delete_older_snapshots(now);
}

std::shared_ptr<void> longhorn_driver::follow(const domain::operation& record) {
    if (record.kind == operation_kind::backup)
        return std::make_shared<longhorn::poller::follower>(world_.poller.follow_backups(record.fact(facts::volume)));
    return std::make_shared<longhorn::poller::follower>(world_.poller.follow_volumes());
}

async::signal& longhorn_driver::changed() {
    return world_.poller.changed();
}

} // namespace soteria::backup
