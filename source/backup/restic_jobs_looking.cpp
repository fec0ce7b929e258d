// What is known of a Job, gathered for the verdict.
#include "restic_job_access.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/logs.hpp>
#include <soteria/kube/path.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

// A running Pod's last lines, and the events of one that does not start, are asked for at most this often.
constexpr std::chrono::seconds between_glances{5};
// Events are asked for only where a Pod is not running so long after it was made.
constexpr std::chrono::seconds starts_by_itself{5};
constexpr std::int64_t last_lines = 3; // one status line suffices; the others may be words
constexpr std::size_t most_of_last_lines = 64u << 10;
constexpr std::size_t most_events = 100; // Kubernetes keeps them for an hour and counts repetitions

using command_now = restic::command_state::state;

std::string subject_of(const restic::job_order& order) {
    const std::string claim = order.volume ? order.volume->claim : std::string();
    switch (order.what) {
    case restic::role::backup:
        return "the backup of " + order.ns + "/" + claim;
    case restic::role::restore:
        return "the restore into " + order.ns + "/" + claim;
    case restic::role::restore_test:
        return "the restore test in " + order.ns;
    case restic::role::forget:
        return "forgetting old snapshots";
    case restic::role::mark:
        return "marking the snapshot as incomplete";
    case restic::role::init:
        return "making the repository";
    case restic::role::list:
        break;
    }
    return "listing the repository";
}

restic::command_state state_of(const std::string& name, const kube::pod* pod) {
    restic::command_state state;
    state.name = name;
    if (pod == nullptr)
        return state;
    const auto found = std::ranges::find(pod->containers, name, &kube::container_status::name);
    if (found == pod->containers.end())
        return state;
    using kind = kube::container_status::state;
    state.now = found->now == kind::terminated ? command_now::ended
                : found->now == kind::running  ? command_now::running
                                               : command_now::waiting;
    state.reason = found->reason;
    state.message = found->message;
    state.exit_code = found->exit_code;
    return state;
}

restic::evidence evidence_of(const restic::job_order& order, const kube::job& job, const kube::pod* pod,
                             const restic::job_settings& settings) {
    restic::evidence all;
    all.what = order.what;
    all.subject = subject_of(order);
    all.image = settings.image;
    all.job_failed = job.ended == kube::job::end::failed;
    all.job_complete = job.ended == kube::job::end::complete;
    all.job_reason = job.reason;
    all.job_message = job.message;
    for (const auto& command : order.commands)
        all.commands.push_back(state_of(command.name, pod));
    if (pod == nullptr)
        return all;
    all.pod_name = pod->meta.name;
    all.pod_phase = pod->phase;
    all.pod_reason = pod->reason;
    all.pod_message = pod->message;
    all.unschedulable = pod->unschedulable;
    return all;
}

bool runs(const restic::evidence& all) {
    return std::ranges::any_of(all.commands, [](const auto& each) { return each.now == command_now::running; });
}

// Of the others nothing is awaited but their end.
bool tells_progress(restic::role what) {
    return what == restic::role::backup || what == restic::role::restore || what == restic::role::restore_test;
}

// A command has failed, or all have ended.
bool no_command_follows(const restic::evidence& all) {
    const auto ended = [](const auto& each) { return each.now == command_now::ended; };
    return std::ranges::any_of(all.commands, [&](const auto& each) { return ended(each) && each.exit_code != 0; }) ||
           std::ranges::all_of(all.commands, ended);
}

// The kubelet shows a container's end a moment before its Pod's, and only the Pod says why (evicted, out of time).
restic::verdict ending(const restic::evidence& all) {
    restic::verdict soon;
    soon.message = all.subject + ": restic has ended, its Pod " + all.pod_name + " is about to";
    return soon;
}

} // namespace

awaitable<result<restic::verdict>> restic_jobs::look(restic::job_order order, effect_budget budget,
                                                     restic::output_reader::snapshot_taker take) {
    kube::object_key key{order.ns, order.name};
    auto finding = find_job(world_, std::move(key), order.operation_uid, budget.until);
    const auto found = co_await std::move(finding);
    if (!found)
        co_return found.error();
    const auto& job = *found;
    auto pod = known_pod(world_, job->meta.uid);
    const bool job_ended = job->ended != kube::job::end::none;
    if ((!pod || pod->active()) && job_ended) {
        // The watch of the Pods may be behind that of the Jobs.
        kube::call_options options(budget.until, std::string(purposes::look_at_job));
        const auto listed = co_await list_pods(world_, order.ns, order.name, std::move(options));
        if (!listed)
            co_return listed.error();
        for (const auto& each : *listed)
            if (each.owner_uid == job->meta.uid)
                pod = std::make_shared<const kube::pod>(each);
    }
    auto all = evidence_of(order, *job, pod.get(), world_.settings);
    std::vector<restic::snapshot> listed;
    if (pod && (!pod->active() || job_ended)) {
        glances_.erase(job->meta.uid);
        auto reading = read_all(all, *pod, budget, listed);
        const auto read = co_await std::move(reading);
        if (!read)
            co_return read.error();
    } else if (pod && no_command_follows(all)) {
        co_return ending(all);
    } else if (pod && runs(all)) {
        auto watching = watch_it_run(all, *pod, budget);
        co_await std::move(watching);
    } else if (!job->suspended && !job_ended) {
        const auto since = pod ? pod->meta.created_at : job->meta.created_at;
        const bool late = since && world_.time.now() - *since >= starts_by_itself;
        if (late) {
            auto asking = ask_why_not(all, *job, pod ? pod->meta.uid : std::string(), budget);
            co_await std::move(asking);
        }
    }
    auto verdict = restic::judge(all);
    if (take && verdict.what == restic::verdict::kind::complete)
        for (auto& each : listed)
            take(std::move(each));
    co_return verdict;
}

// The logs of all commands that have run. A failure: the answer is not known yet, look again.
awaitable<result<void>> restic_jobs::read_all(restic::evidence& all, kube::pod pod, effect_budget budget,
                                              std::vector<restic::snapshot>& listed) {
    for (auto& command : all.commands) {
        if (command.now != command_now::ended)
            continue;
        restic::output_reader reader([&listed](restic::snapshot one) { listed.push_back(std::move(one)); });
        kube::log_request request;
        request.ns = pod.meta.ns;
        request.pod = pod.meta.name;
        request.container = command.name;
        std::function<void(std::string_view)> feed = [&reader](std::string_view piece) { reader.feed(piece); };
        kube::call_options options(budget.until, std::string(purposes::read_log));
        const auto read =
            co_await kube::read_log(world_.kubernetes, std::move(request), std::move(feed), std::move(options));
        if (!read) {
            // The Pod, or its node's record of the container, is gone: judged without words. A listing is its words:
            // without them it would look like an empty repository.
            const auto code = read.error().code;
            const bool gone = code == errc::not_found || code == errc::invalid || code == errc::unprocessable;
            if (gone && all.what != restic::role::list)
                continue;
            co_return read.error();
        }
        auto said = reader.finish();
        if (said)
            command.said = std::move(*said);
        else if (command.exit_code == 0)
            co_return said.error();
    }
    co_return result<void>{};
}

// How far the running command is, by its last lines. Where they cannot be read: as far as it was, and why.
awaitable<void> restic_jobs::watch_it_run(restic::evidence& all, kube::pod pod, effect_budget budget) {
    const auto running = std::ranges::find(all.commands, command_now::running, &restic::command_state::now);
    auto& last = glances_[pod.owner_uid];
    const auto now = async::deadline::time_clock::now();
    if (now < last.next) {
        running->said = last.said;
        all.log_unreadable = last.unreadable;
        co_return;
    }
    last.next = now + between_glances;
    restic::output_reader reader;
    kube::log_request request;
    request.ns = pod.meta.ns;
    request.pod = pod.meta.name;
    request.container = running->name;
    request.tail_lines = last_lines;
    request.most_bytes = most_of_last_lines;
    std::function<void(std::string_view)> feed = [&reader](std::string_view piece) { reader.feed(piece); };
    kube::call_options options(budget.until, std::string(purposes::read_log));
    const auto read =
        co_await kube::read_log(world_.kubernetes, std::move(request), std::move(feed), std::move(options));
    auto& current = glances_[pod.owner_uid]; // the map may have changed while waiting
    if (read && reader.so_far().progress)
        current.said = reader.so_far();
    running->said = current.said;
    current.unreadable = read || !tells_progress(all.what) ? std::string() : read.error().message;
    all.log_unreadable = current.unreadable;
}

// The warnings of the Pod that does not start, or of the Job that gets none. Without an answer: as it was.
awaitable<void> restic_jobs::ask_why_not(restic::evidence& all, kube::job job, std::string about_uid,
                                         effect_budget budget) {
    auto& last = glances_[job.meta.uid];
    const auto now = async::deadline::time_clock::now();
    if (now < last.next) {
        all.warnings = last.warnings;
        co_return;
    }
    last.next = now + between_glances;
    const std::string subject = about_uid.empty() ? job.meta.uid : about_uid;
    const std::string query = "fieldSelector=" + kube::percent_encoded("involvedObject.uid=" + subject);
    kube::call_options options(budget.until, std::string(purposes::read_events));
    const auto page = co_await world_.kubernetes.list(kube::core_events, job.meta.ns, most_events, "", query, options);
    auto& current = glances_[job.meta.uid];
    if (page) {
        std::vector<kube::core_event> warnings;
        for (const auto& item : page->items) {
            auto event = item.is_object()
                             ? kube::decode_core_event(item.get_object())
                             : result<kube::core_event>(failure(errc::bad_answer, "an Event is no object"));
            if (event && event->type == "Warning" && event->about_uid == subject)
                warnings.push_back(std::move(*event));
        }
        std::ranges::stable_sort(warnings, {}, &kube::core_event::last_seen);
        current.warnings.clear();
        for (const auto& each : warnings)
            current.warnings.push_back(each.reason + ": " + each.message);
    }
    all.warnings = current.warnings;
}

} // namespace soteria::backup
