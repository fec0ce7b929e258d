#include "longhorn_manifests.hpp"
#include "restic_attempt.hpp"
#include "restic_plan.hpp"
#include "restic_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/backup/restic_driver.hpp>
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
    restic_effect run;
};

constexpr std::array effects{
    named_effect{operation_kind::backup, "resolve", restic_backup_effects::resolve},
    named_effect{operation_kind::backup, "repository", restic_backup_effects::repository},
    named_effect{operation_kind::backup, "create_job", restic_backup_effects::create_job},
    named_effect{operation_kind::backup, "create_secret", restic_effects::create_secret},
    named_effect{operation_kind::backup, "start_job", restic_backup_effects::start_job},
    named_effect{operation_kind::backup, "wait_backup", restic_backup_effects::wait_backup},
    named_effect{operation_kind::backup, "mark_incomplete", restic_backup_effects::mark_incomplete},
    named_effect{operation_kind::backup, "forget", restic_backup_effects::forget},
    named_effect{operation_kind::backup, "delete_job", restic_effects::delete_job},
    named_effect{operation_kind::restore, "resolve", restic_restore_effects::resolve},
    named_effect{operation_kind::restore, "create_claim", restic_restore_effects::create_claim},
    named_effect{operation_kind::restore, "create_job", restic_restore_effects::create_job},
    named_effect{operation_kind::restore, "create_secret", restic_effects::create_secret},
    named_effect{operation_kind::restore, "start_job", restic_restore_effects::start_job},
    named_effect{operation_kind::restore, "wait_restore", restic_restore_effects::wait_restore},
    named_effect{operation_kind::restore, "delete_claim", restic_restore_effects::delete_claim},
    named_effect{operation_kind::restore, "delete_job", restic_effects::delete_job},
};

operation_kind table_of(operation_kind kind) {
    return kind == operation_kind::backup ? operation_kind::backup : operation_kind::restore;
}

restic_effect find_effect(operation_kind kind, std::string_view name) {
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

struct restic_driver::state {
    state(boost::asio::any_io_executor executor, restic_world with)
        : world(std::move(with)), changed(std::move(executor)) {}

    restic_world world;
    async::signal changed;
};

restic_driver::restic_driver(boost::asio::any_io_executor executor, restic_world world)
    : state_(std::make_shared<state>(std::move(executor), std::move(world))) {
    const std::weak_ptr<state> weak = state_; // the stores keep their listeners longer
    const auto tell = [weak](auto, const auto&) {
        if (const auto still_there = weak.lock())
            still_there->changed.notify_all();
    };
    const auto& cluster = state_->world.jobs.world();
    cluster.jobs.subscribe(tell);
    cluster.pods.subscribe(tell);
}

restic_driver::~restic_driver() = default;

restic_world& restic_driver::world() {
    return state_->world;
}

std::string restic_driver::record_name(operation_kind kind, const domain::operation_request& request, instant when,
                                       std::string_view distinction) const {
    if (kind == operation_kind::backup)
        return domain::job_name("backup", request.source, when, distinction);
    const auto& named_after = request.target.name.empty() ? request.source : request.target;
    return domain::job_name("restore", named_after, when, distinction);
}

std::span<const step_definition> restic_driver::steps(operation_kind kind) const {
    if (kind == operation_kind::backup)
        return restic_steps::backup;
    return restic_steps::restore;
}

awaitable<result<domain::plan>> restic_driver::plan_backup(domain::operation_request request, async::deadline until) {
    return plan_restic_backup(state_->world, std::move(request), until);
}

awaitable<result<domain::plan>> restic_driver::plan_restore(domain::operation_request request, async::deadline until) {
    return plan_restic_restore(state_->world, std::move(request), until);
}

awaitable<step_report> restic_driver::perform(std::string_view step, const domain::operation& record,
                                              effect_budget budget) {
    const auto run = find_effect(record.kind, step);
    if (run == nullptr)
        co_return step_report::failed("unknown_step",
                                      "this version of Soteria does not know the step " + std::string(step));
    const restic_attempt now{state_->world, record, budget};
    co_return co_await run(now);
}

awaitable<step_report> restic_driver::undo(std::string_view step, const domain::operation& record,
                                           effect_budget budget) {
    const auto* definition = find_step(steps(record.kind), step);
    const auto run = definition == nullptr ? nullptr : find_effect(record.kind, definition->undo);
    if (run == nullptr)
        co_return step_report::done();
    const restic_attempt now{state_->world, record, budget};
    co_return co_await run(now);
}

domain::leftover restic_driver::leftover_of(std::string_view step, const domain::operation& record) const {
    const auto* definition = find_step(steps(record.kind), step);
    const std::string kind = definition == nullptr ? std::string(step) : std::string(definition->object_kind);
    if (kind == "PersistentVolumeClaim")
        return {kind, record.request.target.ns, record.request.target.name, ""};
    return {kind, record.ns, record.fact(facts::job_name), ""};
}

awaitable<step_report> restic_driver::tidy(const domain::operation& record, effect_budget budget) {
    const restic_attempt now{state_->world, record, budget};
    co_return co_await restic_effects::tidy(now);
}

// Jobs and Pods are watched all the time.
std::shared_ptr<void> restic_driver::follow(const domain::operation&) {
    return std::make_shared<bool>(true);
}

async::signal& restic_driver::changed() {
    return state_->changed;
}

} // namespace soteria::backup
