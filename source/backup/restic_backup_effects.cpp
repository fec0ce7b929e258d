#include "restic_attempt.hpp"
#include "restic_job_access.hpp"
#include "restic_orders.hpp"
#include "restic_reports.hpp"
#include "restic_source.hpp"

#include <soteria/backup/facts.hpp>

#include <cstdlib>

namespace soteria::backup::restic_backup_effects {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using kind = restic::verdict::kind;

constexpr milliseconds look_again{2000}; // news of Job and Pod wake the operation sooner

// The backup Job, at the place where it must run as of now.
awaitable<result<restic::job_order>> placed_order(restic_attempt now) {
    const auto& source = now.record.request.source;
    auto reading = read_claim(now.world.kubernetes, source, now.budget.until);
    const auto claim = co_await std::move(reading);
    if (!claim)
        co_return claim.error();
    if (const auto readable = check_can_be_read(*claim, source); !readable)
        co_return readable.error();
    auto placing = place_beside_users(now.world.kubernetes, *claim, now.budget.until);
    auto place = co_await std::move(placing);
    if (!place)
        co_return place.error();
    const job_owner owner{now.record.uid, now.record.id()};
    co_return backup_order(now.world, now.record.request, now.record.facts, owner, *place);
}

// The Job is gone, or its log: the repository itself knows whether the backup was made. A listing that began after this
// was first asked tells. It does not know whether the backup is complete: where the Job did not end well, it is not
// taken for that.
step_report search_repository(const restic_attempt& now, const std::string& why, bool may_lack_files = false) {
    const auto since = parse_rfc3339(now.record.fact(facts::searching_since));
    const auto listed = now.world.catalogue.listed();
    now.world.list_soon();
    if (!since) {
        auto report =
            step_report::queued(why + " Looking into the repository whether the backup was made.", look_again);
        report.facts[std::string(facts::searching_since)] = format_rfc3339(now.world.time.now());
        if (may_lack_files)
            report.facts[std::string(facts::incomplete)] =
                "Files may be missing, and which is not known any more: " + why;
        return report;
    }
    // Records keep whole seconds.
    const bool asked_after = listed->listed_at.value_or(instant{}) >= *since + std::chrono::seconds(1);
    for (const auto& each : listed->snapshots)
        if (each.tag_value(restic::operation_tag) == now.record.uid)
            return backup_found(each);
    if (asked_after)
        return step_report::failed("pod_lost", why + " The repository holds no snapshot of it.");
    auto report = step_report::waiting(why + " Looking into the repository whether the backup was made.", look_again);
    if (const auto& failing = listed->failing) {
        report.message += " (it cannot be asked: " + failing->message + ")";
        report.code = failing->code;
    }
    return report;
}

// An init Job whose outcome says nothing any more: it failed for an operation before this one, or it made a repository
// that a later listing did not find.
bool is_of_the_past(const restic_attempt& now, const kube::job& job) {
    const auto made = job.meta.created_at.value_or(instant{});
    if (job.ended == kube::job::end::failed) {
        const auto* step = now.record.find_step("repository");
        const auto began = step == nullptr ? instant{} : step->started_at.value_or(instant{});
        return made < std::chrono::floor<std::chrono::seconds>(began); // Kubernetes keeps whole seconds
    }
    const auto listed = now.world.catalogue.listed();
    return job.ended == kube::job::end::complete && !listed->repository_exists &&
           listed->listed_at.value_or(instant{}) > made + init_order(now.world).deadline;
}

} // namespace

awaitable<step_report> repository(restic_attempt now) {
    if (now.world.catalogue.current()->repository_exists)
        co_return step_report::done();
    auto order = init_order(now.world);
    kube::object_key key{order.ns, order.name};
    auto& cluster = now.world.jobs.world();
    auto finding = find_job(cluster, std::move(key), order.operation_uid, now.budget.until);
    const auto found = co_await std::move(finding);
    if (!found && found.error().code != errc::not_found)
        co_return step_report::from(found.error(), look_again);
    if (found && is_of_the_past(now, **found)) {
        auto removing = now.world.jobs.remove(order.ns, order.name, order.operation_uid, now.budget);
        const auto removed = co_await std::move(removing);
        co_return removed.what == step_report::outcome::done ? step_report::waiting(removed.message, milliseconds{1})
                                                             : removed;
    }
    auto advancing = now.world.jobs.advance(order, now.budget);
    const auto verdict = co_await std::move(advancing);
    if (!verdict)
        co_return step_report::from(verdict.error(), now.budget.settle);
    if (verdict->what == kind::waiting)
        co_return own_job_waits(*verdict, "making the repository", look_again);
    if (verdict->what == kind::failed) {
        // The next one that needs the repository tries anew.
        auto removing = now.world.jobs.remove(order.ns, order.name, order.operation_uid, now.budget);
        co_await std::move(removing);
        co_return step_report::failed(verdict->code, verdict->message);
    }
    auto expiring = now.world.jobs.expire(order.ns, order.name, order.operation_uid, now.budget);
    co_await std::move(expiring);
    now.world.list_soon();
    co_return step_report::done();
}

awaitable<step_report> create_job(restic_attempt now) {
    auto placing = placed_order(now);
    auto order = co_await std::move(placing);
    if (!order)
        co_return step_report::from(order.error(), look_again);
    auto creating = now.world.jobs.create(std::move(*order), now.budget);
    co_return co_await std::move(creating);
}

awaitable<step_report> start_job(restic_attempt now) {
    auto placing = placed_order(now);
    auto order = co_await std::move(placing);
    if (!order)
        co_return step_report::from(order.error(), look_again);
    auto starting = now.world.jobs.start(std::move(*order), now.budget);
    co_return co_await std::move(starting);
}

awaitable<step_report> wait_backup(restic_attempt now) {
    auto looking = now.world.jobs.look(main_order(now.world, now.record), now.budget);
    const auto verdict = co_await std::move(looking);
    if (!verdict) {
        if (verdict.error().code == errc::not_found)
            co_return search_repository(now, "The Job is gone before what came of it was known.");
        // Whoever may not look knows nothing of the Job, which may have made its snapshot by now; only time ends that.
        co_return could_not_look(verdict.error(), look_again);
    }
    if (verdict->what == kind::failed && verdict->code == "pod_lost")
        co_return search_repository(now, verdict->message, verdict->may_lack_files);
    if (verdict->what == kind::failed)
        co_return step_report::failed(verdict->code, verdict->message);
    if (verdict->what == kind::waiting)
        co_return still_running(*verdict, "restic is backing up", look_again);
    now.world.list_soon();
    co_return backup_made(*verdict, now.world.time.now());
}

namespace {

// The mark has given the snapshot another id, which only a listing tells; the record shall name that one. A listing
// that began before the mark has the old one, called incomplete because the record says so.
step_report learn_new_id(const restic_attempt& now) {
    constexpr std::chrono::minutes patience{2};
    const auto listed = now.world.catalogue.listed();
    for (const auto& each : listed->snapshots)
        if (each.marked_incomplete() && each.tag_value(restic::operation_tag) == now.record.uid) {
            std::map<std::string, std::string> known;
            known[std::string(facts::backup)] = each.id;
            return step_report::done(std::move(known));
        }
    now.world.list_soon();
    const auto marked_at = parse_rfc3339(now.record.fact(facts::marked_at));
    if (marked_at && now.world.time.now() - *marked_at > patience)
        return step_report::done();
    auto report = step_report::queued("the snapshot is marked as incomplete; reading its new id", look_again);
    if (!marked_at)
        report.facts[std::string(facts::marked_at)] = format_rfc3339(now.world.time.now());
    return report;
}

bool refused_by_kubernetes(std::string_view code) {
    return code == "forbidden" || code == "unauthorized" || code == "admission_refused" || code == "quota_exceeded" ||
           code == "conflict";
}

restic::verdict refused_verdict(const failure& why) {
    restic::verdict made;
    made.what = kind::failed;
    made.code = why.reason.empty() ? std::string(to_string(why.code)) : why.reason;
    made.message = why.message;
    return made;
}

} // namespace

awaitable<step_report> mark_incomplete(restic_attempt now) {
    if (now.record.fact(facts::incomplete).empty())
        co_return step_report::done();
    if (!now.record.fact(facts::marked_at).empty())
        co_return learn_new_id(now);
    auto order = mark_order(now.world, now.record);
    auto advancing = now.world.jobs.advance(order, now.budget);
    auto verdict = co_await std::move(advancing);
    if (!verdict && verdict.error().transient())
        co_return step_report::from(verdict.error(), now.budget.settle);
    if (!verdict)
        verdict = refused_verdict(verdict.error());
    if (verdict->what == kind::waiting)
        co_return own_job_waits(*verdict, "marking the snapshot as incomplete", look_again);
    if (verdict->what != kind::failed)
        co_return learn_new_id(now);
    now.world.list_soon();
    // Unmarked it would pass for a complete backup once its record is gone. The lock of a restic that was killed counts
    // for thirty minutes, and others may hold the repository for a while; a refusal may be mended from outside.
    constexpr int most_attempts = 8;
    constexpr std::chrono::seconds between_attempts{300};
    constexpr std::chrono::seconds after_refusal{10};
    const std::string before = now.record.fact(facts::mark_attempts);
    const int attempts = before.empty() ? 1 : std::atoi(before.c_str()) + 1;
    const bool passing = verdict->code == "repository_locked" || verdict->code == "repository_unreachable" ||
                         verdict->code == "pod_lost" || verdict->code == "evicted";
    const bool refused = refused_by_kubernetes(verdict->code);
    const bool again = (passing || refused) && attempts < most_attempts;
    if (!again)
        co_return step_report::failed(verdict->code, verdict->message);
    auto removing = now.world.jobs.remove(order.ns, order.name, order.operation_uid, now.budget);
    co_await std::move(removing);
    auto report =
        step_report::retry(verdict->message + " It is tried again.", refused ? after_refusal : between_attempts);
    report.patient = true;
    report.facts[std::string(facts::mark_attempts)] = std::to_string(attempts);
    co_return report;
}

awaitable<step_report> forget(restic_attempt now) {
    const bool wanted = !now.world.jobs.world().settings.forget_args.empty();
    if (!wanted || !now.record.fact(facts::incomplete).empty())
        co_return step_report::done();
    auto advancing = now.world.jobs.advance(forget_order(now.world, now.record), now.budget);
    const auto verdict = co_await std::move(advancing);
    if (!verdict)
        co_return step_report::from(verdict.error(), now.budget.settle);
    if (verdict->what == kind::waiting)
        co_return own_job_waits(*verdict, "forgetting older snapshots", look_again);
    now.world.list_soon();
    if (verdict->what == kind::failed)
        co_return step_report::failed(verdict->code, verdict->message);
    co_return step_report::done();
}

} // namespace soteria::backup::restic_backup_effects
