// What backups and restores have in common: their Job's Secret, its end.
#include "restic_attempt.hpp"
#include "restic_job_access.hpp"
#include "restic_orders.hpp"
#include "restic_reports.hpp"

#include <soteria/backup/facts.hpp>

#include <algorithm>
#include <optional>

namespace soteria::backup::restic_effects {

using boost::asio::awaitable;

namespace {

constexpr std::chrono::milliseconds look_again{1000};
constexpr std::chrono::milliseconds at_once{0};
constexpr std::chrono::milliseconds until_seen{200}; // a watch that is behind

// A Job that is deleted while it runs, by us or by somebody, may have finished its snapshot by then: it is on record
// that nobody knows.
std::optional<step_report> noting_what_is_interrupted(const restic_attempt& now) {
    if (!now.record.fact(facts::interrupted).empty())
        return std::nullopt;
    auto report = step_report::waiting("stopping restic", at_once);
    report.facts[std::string(facts::interrupted)] = "true";
    return report;
}

// restic was let go, and no step has failed by what came of it.
bool outcome_is_open(const domain::operation& record) {
    const auto* start = record.find_step("start_job");
    const bool started = start != nullptr && start->state == domain::step_state::done;
    return started &&
           std::ranges::find(record.steps, domain::step_state::failed, &domain::step::state) == record.steps.end();
}

// What is to be done before a backup's Job may be deleted; nothing: all that can be known of its snapshot is on record.
awaitable<std::optional<step_report>> snapshot_of(restic_attempt now, restic::job_order order) {
    kube::object_key key{order.ns, order.name};
    auto reading = read_job(now.world.jobs.world(), std::move(key), order.operation_uid, now.budget.until);
    const auto job = co_await std::move(reading);
    if (!job && job.error().code != errc::not_found)
        co_return std::nullopt; // removing it says so too, and is tried again
    const bool gone = !job || (*job)->meta.deleted_at;
    if (gone)
        co_return outcome_is_open(now.record) ? noting_what_is_interrupted(now) : std::nullopt;
    if ((*job)->ended == kube::job::end::none)
        co_return (*job)->suspended ? std::nullopt : noting_what_is_interrupted(now);
    auto looking = now.world.jobs.look(std::move(order), now.budget);
    const auto verdict = co_await std::move(looking);
    const bool not_yet = verdict && verdict->what == restic::verdict::kind::waiting;
    if (not_yet)
        co_return step_report::waiting("reading what came of the Job", until_seen);
    if (!verdict && verdict.error().transient())
        co_return step_report::from(verdict.error(), look_again);
    if (!verdict)
        co_return std::nullopt;
    const auto& backup = verdict->backup;
    if (!backup || backup->snapshot_id.empty())
        co_return std::nullopt;
    now.world.list_soon();
    auto report = step_report::waiting("the backup was finished before it could be stopped", at_once);
    report.facts = backup_made(*verdict, now.world.time.now()).facts; // also whether files are missing in it
    co_return report;
}

} // namespace

awaitable<step_report> create_secret(restic_attempt now) {
    auto order = main_order(now.world, now.record);
    return now.world.jobs.give_secret(std::move(order), now.budget);
}

// A snapshot that was finished before its Job could be stopped stays, as any other backup. Its id is put on record
// before the Job goes, whose words are the only ones that tell it.
awaitable<step_report> delete_job(restic_attempt now) {
    if (now.record.fact(facts::job_name).empty())
        co_return step_report::done(); // nothing was resolved, so nothing was made
    const auto order = main_order(now.world, now.record);
    const bool may_be_finished =
        now.record.kind == domain::operation_kind::backup && now.record.fact(facts::backup).empty();
    if (may_be_finished) {
        auto asking = snapshot_of(now, order);
        auto report = co_await std::move(asking);
        if (report)
            co_return std::move(*report);
    }
    if (!now.record.fact(facts::interrupted).empty())
        now.world.list_soon();
    auto removing = now.world.jobs.remove(order.ns, order.name, now.record.uid, now.budget);
    co_return co_await std::move(removing);
}

namespace {

// The Job of a step after the point of no return, whose words are on record by now.
awaitable<step_report> remove_own(restic_attempt now, std::string step, restic::job_order order) {
    const auto* tried = now.record.find_step(step);
    if (tried == nullptr || !tried->started_at)
        co_return step_report::done();
    auto removing = now.world.jobs.remove(order.ns, order.name, now.record.uid, now.budget);
    co_return co_await std::move(removing);
}

// The Job that makes the repository is everybody's. Whoever gives up while it is under way leaves it to its time, so
// that its Secret does not stay for days; one that was never started goes at once, and who needs it makes it anew. So
// does whoever got what it wanted: the process that was to do it may have died before.
awaitable<step_report> let_go_of_init(restic_attempt now) {
    const auto* tried = now.record.find_step("repository");
    if (tried == nullptr || !tried->started_at)
        co_return step_report::done();
    auto order = init_order(now.world);
    kube::object_key key{order.ns, order.name};
    const bool seen = now.world.jobs.world().jobs.find(key) != nullptr;
    // Most backups meet a repository that is there: the watch spares them the question.
    if (tried->state == domain::step_state::done && !seen)
        co_return step_report::done();
    auto finding = find_job(now.world.jobs.world(), std::move(key), order.operation_uid, now.budget.until);
    const auto found = co_await std::move(finding);
    const bool idle = found && (*found)->suspended && (*found)->ended == kube::job::end::none;
    if (idle) {
        auto removing = now.world.jobs.remove(order.ns, order.name, order.operation_uid, now.budget);
        co_return co_await std::move(removing);
    }
    auto expiring = now.world.jobs.expire(order.ns, order.name, order.operation_uid, now.budget);
    co_return co_await std::move(expiring);
}

} // namespace

awaitable<step_report> tidy(restic_attempt now) {
    const auto& record = now.record;
    if (record.fact(facts::job_name).empty())
        co_return step_report::done();
    const auto order = main_order(now.world, record);
    auto expiring = now.world.jobs.expire(order.ns, order.name, record.uid, now.budget);
    const auto expired = co_await std::move(expiring);
    if (expired.what != step_report::outcome::done || record.kind != domain::operation_kind::backup)
        co_return expired;
    auto leaving = let_go_of_init(now);
    const auto left = co_await std::move(leaving);
    if (left.what != step_report::outcome::done)
        co_return left;
    auto removing = remove_own(now, "mark_incomplete", mark_order(now.world, record));
    const auto mark = co_await std::move(removing);
    if (mark.what != step_report::outcome::done)
        co_return mark;
    removing = remove_own(now, "forget", forget_order(now.world, record));
    co_return co_await std::move(removing);
}

} // namespace soteria::backup::restic_effects
