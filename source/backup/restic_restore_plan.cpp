#include "cluster_checks.hpp"
#include "restic_orders.hpp"
#include "restic_plan.hpp"
#include "restic_restore_facts.hpp"
#include "restic_steps.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/quantity.hpp>
#include <soteria/domain/names.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr const char* planned_uid = "planned";

bool is_test(const domain::operation_request& request) {
    return request.target.name.empty();
}

// What restic cannot honour is refused aloud.
result<void> check_fields(const domain::operation_request& request) {
    if (!request.backup_url.empty())
        return failure(errc::unprocessable,
                       "\"backup_url\" cannot be honoured by the restic driver: name the snapshot's id in \"snapshot\"",
                       "unsupported_field");
    const bool shaped = !request.storage_class.empty() || !request.capacity.empty() || !request.access_modes.empty();
    if (is_test(request) && shaped)
        return failure(errc::unprocessable,
                       "without \"target_pvc\" no claim is made, so that \"storage_class\", \"capacity\" and "
                       "\"access_modes\" cannot be honoured; leave them out",
                       "unsupported_field");
    return {};
}

result<void> check_fits(const restic_world& world, const restic::snapshot& snapshot,
                        const domain::operation_request& request) {
    if (!is_test(request) || !snapshot.size_bytes || *snapshot.size_bytes <= world.restore_test_max_bytes)
        return {};
    return failure(errc::unprocessable,
                   "the snapshot " + snapshot.id.substr(0, 8) + " holds " + format_quantity(*snapshot.size_bytes) +
                       ", more than a restore test may write (SOTERIA_RESTORE_TEST_MAX_BYTES, " +
                       format_quantity(world.restore_test_max_bytes) + "); name a \"target_pvc\" to restore into",
                   "too_large");
}

awaitable<result<void>> check_target(restic_world& world, domain::operation_request request, async::deadline until) {
    if (is_test(request)) {
        auto checking = check_namespace_is_open(world.kubernetes, request.target.ns, until);
        co_return co_await std::move(checking);
    }
    auto checking = check_target_is_free(world.kubernetes, request.target, until);
    co_return co_await std::move(checking);
}

// Server-side dry runs of all that is made.
awaitable<result<void>> rehearse(restic_world& world, domain::operation_request request, resolved_facts facts,
                                 async::deadline until) {
    if (!is_test(request)) {
        auto claim = claim_manifest(request.target, request.source, facts, "", "");
        auto trying = rehearse_create(world.kubernetes, kube::persistent_volume_claims, std::move(claim), until);
        const auto passes = co_await std::move(trying);
        if (!passes && passes.error().reason == "already_exists")
            co_return failure(errc::conflict, passes.error().message, "target_exists");
        if (!passes)
            co_return passes.error();
    }
    const job_owner nobody{planned_uid, ""};
    const auto kind = is_test(request) ? domain::operation_kind::restore_test : domain::operation_kind::restore;
    auto order = restore_order(world, kind, request, facts, nobody);
    auto trying = world.jobs.rehearse(std::move(order), until);
    co_return co_await std::move(trying);
}

void add_warnings(const restic_world& world, const restic::snapshot& snapshot, domain::plan& plan) {
    if (snapshot.incomplete())
        plan.warnings.push_back("the snapshot " + snapshot.id.substr(0, 8) +
                                " is incomplete: files that could not be read are not in it");
    if (world.jobs.world().settings.security == restic::job_security::restricted)
        plan.warnings.emplace_back("the Job runs without rights (SOTERIA_JOB_SECURITY=restricted): owners of the files "
                                   "and other things that need rights are not restored");
    if (const auto& trouble = world.catalogue.current()->failing)
        plan.warnings.push_back("the repository could not be asked last: " + trouble->message);
}

} // namespace

awaitable<result<domain::plan>> plan_restic_restore(restic_world& world, domain::operation_request request,
                                                    async::deadline until) {
    if (const auto honoured = check_fields(request); !honoured)
        co_return honoured.error();
    if (const auto usable = check_usable(world); !usable)
        co_return usable.error();
    auto checking = check_target(world, request, until);
    const auto free = co_await std::move(checking);
    if (!free)
        co_return free.error();
    const bool left_open = request.source.name.empty();
    auto choosing = choose_snapshot(world, request, until);
    const auto chosen = co_await std::move(choosing);
    if (!chosen)
        co_return chosen.error();
    request.source = chosen->source;
    if (const auto fits = check_fits(world, chosen->snapshot, request); !fits)
        co_return fits.error();
    auto shape = shape_claim(*chosen, request);
    if (!shape)
        co_return shape.error();

    domain::plan plan;
    plan.driver = "restic";
    plan.resolved = std::move(shape->facts);
    plan.warnings = std::move(shape->warnings);
    plan.resolved[std::string(facts::backup)] = chosen->snapshot.id;
    plan.resolved[std::string(facts::backup_created_at)] = format_rfc3339(chosen->snapshot.time);
    plan.resolved[std::string(facts::mount_path)] = mount_path_of(chosen->snapshot);
    if (left_open)
        plan.resolved[std::string(facts::source_pvc)] = chosen->source.name;
    const auto& named_after = is_test(request) ? request.source : request.target;
    plan.named_by_time = domain::job_name("restore", named_after, world.time.now());
    name_job(plan.resolved, plan.named_by_time);
    add_warnings(world, chosen->snapshot, plan);
    auto rehearsing = rehearse(world, request, plan.resolved, until);
    const auto passes = co_await std::move(rehearsing);
    if (!passes)
        co_return passes.error();
    for (const auto& step : restic_steps::restore)
        if (!is_test(request) || step.name != "create_claim")
            plan.steps.push_back(planned_restic_step(world, step, request.target, plan.resolved));
    co_return plan;
}

} // namespace soteria::backup
