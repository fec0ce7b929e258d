// What backups and restores have in common: their Job's Secret, its end.
#include "restic_attempt.hpp"
#include "restic_job_access.hpp"
#include "restic_orders.hpp"

#include <soteria/backup/facts.hpp>

namespace soteria::backup::restic_effects {

using boost::asio::awaitable;

awaitable<step_report> create_secret(restic_attempt now) {
    auto order = main_order(now.world, now.record);
    return now.world.jobs.give_secret(std::move(order), now.budget);
}

awaitable<step_report> delete_job(restic_attempt now) {
    if (now.record.fact(facts::job_name).empty())
        co_return step_report::done(); // nothing was resolved, so nothing was made
    const auto order = main_order(now.world, now.record);
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
// that its Secret does not stay for days; one that was never started goes at once, and who needs it makes it anew.
awaitable<step_report> let_go_of_init(restic_attempt now) {
    const auto* tried = now.record.find_step("repository");
    if (tried == nullptr || !tried->started_at || tried->state == domain::step_state::done)
        co_return step_report::done();
    auto order = init_order(now.world);
    kube::object_key key{order.ns, order.name};
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
