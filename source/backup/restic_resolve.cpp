// The first step of both tables: what was resolved when the request was accepted still holds, or, for a record made by
// kubectl, is resolved now.
#include "longhorn_manifests.hpp"
#include "restic_attempt.hpp"
#include "restic_choice.hpp"
#include "restic_plan.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/domain/names.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::milliseconds look_again{1000};

// Empty for a record that somebody wrote with kubectl: nobody vouches for its annotation.
std::map<std::string, std::string> accepted(const domain::operation& record) {
    return record.fact(facts::accepted) == "true" ? record.resolved : std::map<std::string, std::string>();
}

// A record made by kubectl has a name that says nothing of the time or the kind.
std::string own_job_name(const domain::operation& record) {
    const auto& request = record.request;
    if (record.kind == domain::operation_kind::backup)
        return domain::job_name("backup", request.source, record.created_at, record.uid);
    const auto& after = request.target.name.empty() ? request.source : request.target;
    return domain::job_name("restore", after, record.created_at, record.uid);
}

} // namespace

namespace restic_backup_effects {

awaitable<step_report> resolve(restic_attempt now) {
    auto planning = plan_restic_backup(now.world, now.record.request, now.budget.until);
    auto plan = co_await std::move(planning);
    if (!plan)
        co_return step_report::from(plan.error(), look_again);
    auto values = accepted(now.record);
    const std::string uid = plan->resolved[std::string(facts::pvc_uid)];
    if (values.empty()) {
        values = std::move(plan->resolved);
        name_job(values, own_job_name(now.record));
    }
    if (values[std::string(facts::pvc_uid)] != uid)
        co_return step_report::failed("pvc_replaced", "the PVC " + now.record.request.source.text() +
                                                          " is not the one that this was asked for: it was made anew");
    values[std::string(facts::repository)] = restic::repository_hash(now.world.jobs.world().settings.repository);
    co_return step_report::done(std::move(values));
}

} // namespace restic_backup_effects

namespace restic_restore_effects {
namespace {

// A record's word is not enough: whoever may write records must not get at other people's backups with them.
step_report check_snapshot(const restic_attempt& now, std::map<std::string, std::string> values) {
    const auto catalogue = now.world.catalogue.current();
    const std::string id = fact_of(values, facts::backup);
    const auto found = restic::find(*catalogue, id);
    if (found) {
        if (const auto owned = check_owner(**found, now.record.request); !owned)
            return step_report::failed(owned.error().reason, owned.error().message);
        values[std::string(facts::backup)] = (*found)->id; // a mark gives it another one
        return step_report::done(std::move(values));
    }
    const auto listed_at = catalogue->listed_at;
    if (listed_at && *listed_at > now.record.created_at)
        return step_report::failed("no_backup", "the snapshot " + id + " that was chosen for this restore is gone");
    now.world.list_soon();
    return step_report::queued("looking whether the snapshot " + id.substr(0, 8) + " is still there", look_again);
}

} // namespace

awaitable<step_report> resolve(restic_attempt now) {
    auto values = accepted(now.record);
    if (!values.empty())
        co_return check_snapshot(now, std::move(values));
    auto planning = plan_restic_restore(now.world, now.record.request, now.budget.until);
    auto plan = co_await std::move(planning);
    if (!plan)
        co_return step_report::from(plan.error(), look_again);
    values = std::move(plan->resolved);
    name_job(values, own_job_name(now.record));
    co_return step_report::done(std::move(values));
}

} // namespace restic_restore_effects

} // namespace soteria::backup
