#include "restic_listing_jobs.hpp"

#include <soteria/async/within.hpp>
#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/base/digest.hpp>

#include <algorithm>
#include <map>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

// Our mark on the Jobs of all listings: one that a dead process has left is removed by the next.
constexpr const char* our_mark = "catalogue";

// A snapshot is about 1 KiB of JSON, at the very most 20 (32 tags of 256 bytes and long excludes): the one line of a
// command stays below the 10 MiB that a kubelet keeps of a container's log. The ids are arguments, 65 bytes each: a
// Job's commands together stay below 400 KiB of the object's 1.5 MiB.
constexpr std::size_t ids_a_command = 400;
constexpr std::size_t commands_a_job = 15;
// restic 0.16 takes a minute for each that is not there; where a log is none of restic's, all of them are.
constexpr std::size_t most_asked_again = 2;

// How often a Job is looked at, and how long it is tried to remove one that has ended.
constexpr milliseconds first_look{500};
constexpr milliseconds longest_look{2000};
constexpr std::chrono::seconds removal{30};
// One look at a Job that gets no good answer is nothing yet.
constexpr int looks_in_vain = 3;
// Beyond the Job's own deadline, for Kubernetes to notice it.
constexpr std::chrono::seconds patience{60};

restic::trouble trouble_of(std::string code, std::string message) {
    restic::trouble what;
    what.code = std::move(code);
    what.message = std::move(message);
    return what;
}

} // namespace

restic::trouble trouble_of(const failure& why) {
    return trouble_of(why.reason.empty() ? std::string(to_string(why.code)) : why.reason, why.message);
}

restic_listing_jobs::restic_listing_jobs(restic_jobs& jobs, const lister_settings& settings,
                                         std::function<bool()> may_act, teller tell)
    : jobs_(jobs), settings_(settings), may_act_(std::move(may_act)), tell_(std::move(tell)) {}

effect_budget restic_listing_jobs::budget() const {
    return {async::deadline::after(settings_.effect_timeout), settings_.effect_timeout,
            std::string(purposes::list_repository)};
}

restic::job_order restic_listing_jobs::order(std::vector<restic::job_command> commands) const {
    restic::job_order made;
    constexpr std::size_t digits = 10;
    const auto now = format_rfc3339_micro(jobs_.world().time.now());
    made.ns = jobs_.world().ns;
    made.name = "soteria-list-" + format_stamp(jobs_.world().time.now()) + "-" + sha256_base32(now, digits);
    made.what = restic::role::list;
    made.operation_uid = our_mark;
    made.commands = std::move(commands);
    made.deadline = settings_.job_deadline;
    return made;
}

// Looks until it has ended. A verdict that is still `waiting` is never returned.
awaitable<result<restic::verdict>> restic_listing_jobs::follow(restic::job_order order,
                                                               restic::output_reader::snapshot_taker take) {
    const auto until = async::deadline::after(settings_.job_deadline + patience);
    auto pause = first_look;
    std::string told;
    int in_vain = 0;
    while (may_act_()) {
        auto looking = jobs_.advance(order, budget(), take);
        auto seen = co_await std::move(looking);
        if (!seen && !seen.error().transient())
            co_return seen.error();
        if (seen && seen->what != restic::verdict::kind::waiting)
            co_return *seen;
        in_vain = seen ? 0 : in_vain + 1;
        // What keeps it from starting, or from being seen, is shown while it waits.
        restic::trouble what;
        if (seen || in_vain >= looks_in_vain)
            what = seen ? trouble_of(seen->code, seen->message) : trouble_of(seen.error());
        if (!what.code.empty() && what.code != told) {
            told = what.code;
            auto telling = tell_(std::move(what));
            (void)co_await std::move(telling);
        }
        if (until.passed())
            co_return seen ? failure(errc::timed_out,
                                     "the Job " + order.ns + "/" + order.name +
                                         " that lists the repository came to no end: " + seen->message,
                                     "deadline_exceeded")
                           : seen.error();
        (void)co_await async::sleep_until(async::deadline::after(pause).earlier(until));
        pause = std::min(2 * pause, longest_look);
    }
    co_return failure(errc::cancelled, "another replica leads now");
}

awaitable<void> restic_listing_jobs::remove(std::string name) {
    const auto until = async::deadline::after(removal);
    auto pause = first_look;
    while (may_act_() && !until.passed()) {
        auto removing = jobs_.remove(jobs_.world().ns, name, our_mark, budget());
        const auto removed = co_await std::move(removing);
        if (removed.what == step_report::outcome::done)
            co_return;
        if (removed.what == step_report::outcome::failed)
            pause = longest_look; // a refusal may be mended from outside
        const bool slept = co_await async::sleep_until(async::deadline::after(pause));
        if (!slept)
            co_return;
    }
}

awaitable<result<restic::verdict>> restic_listing_jobs::run(std::vector<restic::job_command> commands,
                                                            restic::output_reader::snapshot_taker take) {
    auto wanted_job = order(std::move(commands));
    const auto name = wanted_job.name;
    auto following = follow(std::move(wanted_job), std::move(take));
    auto ended = co_await std::move(following);
    auto removing = remove(name);
    co_await std::move(removing);
    if (ended && ended->what == restic::verdict::kind::failed)
        co_return failure(errc::unavailable, ended->message, ended->code);
    co_return ended;
}

awaitable<result<restic::verdict>> restic_listing_jobs::list_ids() {
    restic::job_command ids;
    ids.name = "list";
    ids.args = restic::list_ids_arguments();
    std::vector<restic::job_command> commands;
    commands.push_back(std::move(ids));
    auto running = run(std::move(commands), {});
    co_return co_await std::move(running);
}

// A log that holds no list of restic's is an error, so that nothing is taken for not there.
awaitable<result<void>> restic_listing_jobs::read_lists(std::vector<restic::job_command> commands,
                                                        restic::output_reader::snapshot_taker take) {
    const auto wanted_lists = commands.size();
    auto running = run(std::move(commands), std::move(take));
    const auto ended = co_await std::move(running);
    if (!ended)
        co_return ended.error();
    if (ended->lists != wanted_lists)
        co_return failure(errc::bad_answer, "the log of the Job that reads snapshots holds no list of them");
    co_return result<void>{};
}

// Portion by portion. A snapshot that was removed since its id was listed is left out by restic.
awaitable<result<std::vector<restic::snapshot>>> restic_listing_jobs::read(std::vector<std::string> ids) {
    std::map<std::string, restic::snapshot> found; // a log may be read twice
    const restic::output_reader::snapshot_taker take = [&found](restic::snapshot one) {
        auto id = one.id;
        found.insert_or_assign(std::move(id), std::move(one));
    };
    std::size_t next = 0;
    while (next < ids.size()) {
        std::vector<restic::job_command> commands;
        for (; next < ids.size() && commands.size() < commands_a_job;
             next = std::min(next + ids_a_command, ids.size())) {
            const auto first = ids.begin() + static_cast<std::ptrdiff_t>(next);
            const auto last = ids.begin() + static_cast<std::ptrdiff_t>(std::min(next + ids_a_command, ids.size()));
            restic::job_command command;
            command.name = "snapshots-" + std::to_string(commands.size() + 1);
            command.args = restic::list_snapshots_arguments(std::vector<std::string>(first, last));
            commands.push_back(std::move(command));
        }
        auto reading = read_lists(std::move(commands), take);
        const auto ended = co_await std::move(reading);
        if (!ended)
            co_return ended.error();
    }
    std::vector<restic::snapshot> all;
    all.reserve(found.size());
    for (auto& [id, one] : found)
        all.push_back(std::move(one));
    co_return all;
}

// Where the log of a listing holds something else than ids, or nothing at all, it may be none of restic's: whether
// what it leaves out is gone is asked in a way that only restic can answer.
awaitable<result<void>> restic_listing_jobs::check_absence(restic::verdict listed, const restic::catalogue& known) {
    if (!listed.ids.empty() && !listed.other_words)
        co_return result<void>{};
    auto missing = missing_ids(known, listed.ids, most_asked_again);
    const bool nothing_to_compare = missing.empty() && !listed.ids.empty();
    const bool empty_as_before = missing.empty() && !listed.other_words;
    if (nothing_to_compare || empty_as_before)
        co_return result<void>{};
    std::vector<restic::job_command> commands(1);
    commands.front().name = "check";
    commands.front().args =
        missing.empty() ? restic::list_newest_arguments() : restic::list_snapshots_arguments(missing);
    std::string there;
    auto reading = read_lists(std::move(commands), [&there](const restic::snapshot& one) { there = one.id; });
    const auto ended = co_await std::move(reading);
    if (!ended)
        co_return ended.error();
    if (!there.empty())
        co_return failure(errc::bad_answer,
                          "the log of the Job that lists the repository leaves out snapshots that are there, such as " +
                              there.substr(0, 8) + "; nothing is taken for removed");
    co_return result<void>{};
}

awaitable<void> restic_listing_jobs::remove_left() {
    std::vector<std::string> names;
    const auto hash = restic::repository_hash(jobs_.world().settings.repository);
    const auto is = [](const kube::job& job, std::string_view label, std::string_view value) {
        const auto found = job.meta.labels.find(std::string(label));
        return found != job.meta.labels.end() && found->second == value;
    };
    for (const auto& [key, job] : jobs_.world().jobs.all())
        if (key.ns == jobs_.world().ns && is(*job, restic::repository_label, hash) &&
            is(*job, restic::role_label, restic::to_string(restic::role::list)))
            names.push_back(key.name);
    for (const auto& name : names) {
        auto removing = remove(name);
        co_await std::move(removing);
    }
}

} // namespace soteria::backup
