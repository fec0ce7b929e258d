#include "catalogue_writer.hpp"

#include <soteria/async/backoff.hpp>
#include <soteria/async/within.hpp>
#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/base/log.hpp>

#include <algorithm>
#include <map>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using time_point = async::deadline::time_clock::time_point;

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
// How soon it is noticed that this process leads.
constexpr milliseconds leading_look{1000};

async::backoff pauses(const lister_settings& settings) {
    return async::backoff(
        {.first = settings.least_pause, .factor = 2.0, .ceiling = settings.period / 2, .jitter = 0.2});
}

restic::trouble trouble_of(std::string code, std::string message) {
    restic::trouble what;
    what.code = std::move(code);
    what.message = std::move(message);
    return what;
}

restic::trouble trouble_of(const failure& why) {
    return trouble_of(why.reason.empty() ? std::string(to_string(why.code)) : why.reason, why.message);
}

} // namespace

struct restic_lister::state {
    state(const boost::asio::any_io_executor& executor, restic_jobs& jobs_, const restic_catalogue& known_,
          kube::store<catalogue_map>& maps_, std::function<bool()> may_act_, lister_settings settings_)
        : jobs(jobs_), known(known_), may_act(std::move(may_act_)), settings(settings_),
          writer(jobs_.world().kubernetes, maps_, jobs_.world().ns, jobs_.world().settings.repository), maps(maps_),
          wake(executor), retry(pauses(settings_)) {}

    [[nodiscard]] restic::job_order order(std::vector<restic::job_command> commands) const;

    [[nodiscard]] effect_budget budget() const {
        return {async::deadline::after(settings.effect_timeout), settings.effect_timeout,
                std::string(purposes::list_repository)};
    }

    awaitable<void> turn();
    awaitable<void> remove_left_jobs();
    awaitable<void> remove(std::string name);
    awaitable<result<restic::verdict>> follow(restic::job_order order, restic::output_reader::snapshot_taker take);
    awaitable<result<restic::verdict>> run_job(std::vector<restic::job_command> commands,
                                               restic::output_reader::snapshot_taker take);
    awaitable<result<std::vector<restic::snapshot>>> read(std::vector<std::string> ids);
    awaitable<result<void>> read_lists(std::vector<restic::job_command> commands,
                                       restic::output_reader::snapshot_taker take);
    awaitable<result<void>> check_absence(restic::verdict listed);
    awaitable<result<void>> list_once();
    awaitable<result<void>> tell(restic::trouble what);
    awaitable<void> note(failure why);

    restic_jobs& jobs;
    const restic_catalogue& known;
    std::function<bool()> may_act;
    lister_settings settings;
    catalogue_writer writer;
    kube::store<catalogue_map>& maps;
    async::signal wake;
    async::backoff retry;
    bool wanted = true;
    bool leads = false;
    time_point due{};      // when the next one is to begin by itself
    time_point earliest{}; // and not before
    std::uint64_t failures = 0;
};

restic::job_order restic_lister::state::order(std::vector<restic::job_command> commands) const {
    restic::job_order made;
    constexpr std::size_t digits = 10;
    const auto now = format_rfc3339_micro(jobs.world().time.now());
    made.ns = jobs.world().ns;
    made.name = "soteria-list-" + format_stamp(jobs.world().time.now()) + "-" + sha256_base32(now, digits);
    made.what = restic::role::list;
    made.operation_uid = our_mark;
    made.commands = std::move(commands);
    made.deadline = settings.job_deadline;
    return made;
}

// Looks until it has ended. A verdict that is still `waiting` is never returned.
awaitable<result<restic::verdict>> restic_lister::state::follow(restic::job_order order,
                                                                restic::output_reader::snapshot_taker take) {
    const auto until = async::deadline::after(settings.job_deadline + patience);
    auto pause = first_look;
    std::string told;
    int in_vain = 0;
    while (may_act()) {
        auto looking = jobs.advance(order, budget(), take);
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
            auto telling = tell(std::move(what));
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

awaitable<void> restic_lister::state::remove(std::string name) {
    const auto until = async::deadline::after(removal);
    auto pause = first_look;
    while (may_act() && !until.passed()) {
        auto removing = jobs.remove(jobs.world().ns, name, our_mark, budget());
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

awaitable<result<restic::verdict>> restic_lister::state::run_job(std::vector<restic::job_command> commands,
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

// A log that holds no list of restic's is an error, so that nothing is taken for not there.
awaitable<result<void>> restic_lister::state::read_lists(std::vector<restic::job_command> commands,
                                                         restic::output_reader::snapshot_taker take) {
    const auto wanted_lists = commands.size();
    auto running = run_job(std::move(commands), std::move(take));
    const auto ended = co_await std::move(running);
    if (!ended)
        co_return ended.error();
    if (ended->lists != wanted_lists)
        co_return failure(errc::bad_answer, "the log of the Job that reads snapshots holds no list of them");
    co_return result<void>{};
}

// Portion by portion. A snapshot that was removed since its id was listed is left out by restic.
awaitable<result<std::vector<restic::snapshot>>> restic_lister::state::read(std::vector<std::string> ids) {
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
awaitable<result<void>> restic_lister::state::check_absence(restic::verdict listed) {
    if (!listed.ids.empty() && !listed.other_words)
        co_return result<void>{};
    auto missing = missing_ids(*known.listed(), listed.ids, most_asked_again);
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

awaitable<result<void>> restic_lister::state::list_once() {
    const auto began = jobs.world().time.now();
    restic::job_command ids_command;
    ids_command.name = "list";
    ids_command.args = restic::list_ids_arguments();
    std::vector<restic::job_command> commands;
    commands.push_back(std::move(ids_command));
    auto running = run_job(std::move(commands), {});
    const auto listed = co_await std::move(running);
    catalogue_head head;
    head.listed_at = began;
    const bool missing = !listed && listed.error().reason == "repository_missing";
    if (missing) {
        auto writing = writer.write(std::move(head), {});
        co_return co_await std::move(writing);
    }
    if (!listed)
        co_return listed.error();
    head.repository_exists = true;
    const auto before = known.listed();
    auto checking = check_absence(*listed);
    const auto checked = co_await std::move(checking);
    if (!checked)
        co_return checked.error();
    auto reading = read(unknown_ids(*before, listed->ids));
    const auto fresh = co_await std::move(reading);
    if (!fresh)
        co_return fresh.error();
    auto snapshots = known.completed(snapshots_of(listed->ids, *before, *fresh));
    if (before->listed_at && snapshots == before->snapshots) {
        auto confirming = writer.confirm(head);
        const auto confirmed = co_await std::move(confirming);
        if (confirmed || confirmed.error().code != errc::not_found)
            co_return confirmed;
    }
    auto writing = writer.write(std::move(head), std::move(snapshots));
    co_return co_await std::move(writing);
}

awaitable<result<void>> restic_lister::state::tell(restic::trouble what) {
    what.since = jobs.world().time.now();
    auto telling = writer.write_trouble(std::move(what));
    co_return co_await std::move(telling);
}

// The reason goes where every replica sees it; what was listed before stays.
awaitable<void> restic_lister::state::note(failure why) {
    ++failures;
    log::warning("the repository could not be listed",
                 {{"why", boost::json::value(why.message)}, {"code", boost::json::value(why.reason)}});
    auto telling = tell(trouble_of(why));
    const auto told = co_await std::move(telling);
    if (!told)
        log::warning("the catalogue could not be written", {{"why", boost::json::value(told.error().message)}});
}

awaitable<void> restic_lister::state::remove_left_jobs() {
    std::vector<std::string> names;
    const auto hash = restic::repository_hash(jobs.world().settings.repository);
    const auto is = [](const kube::job& job, std::string_view label, std::string_view value) {
        const auto found = job.meta.labels.find(std::string(label));
        return found != job.meta.labels.end() && found->second == value;
    };
    for (const auto& [key, job] : jobs.world().jobs.all())
        if (key.ns == jobs.world().ns && is(*job, restic::repository_label, hash) &&
            is(*job, restic::role_label, restic::to_string(restic::role::list)))
            names.push_back(key.name);
    for (const auto& name : names) {
        auto removing = remove(name);
        co_await std::move(removing);
    }
}

awaitable<void> restic_lister::state::turn() {
    const auto now = async::deadline::time_clock::now();
    const bool may = may_act() && maps.synced() && jobs.world().jobs.synced() && jobs.world().pods.synced();
    const bool new_leader = may && !leads;
    leads = may;
    if (new_leader) {
        auto removing = remove_left_jobs();
        co_await std::move(removing);
        wanted = true;
    }
    const bool begin = may && now >= earliest && (wanted || now >= due);
    if (!begin) {
        const auto next = !may ? time_point::max() : wanted ? earliest : due;
        (void)co_await wake.wait(async::deadline(next).at_most(leading_look));
        co_return;
    }
    wanted = false;
    auto listing = list_once();
    const auto listed = co_await std::move(listing);
    earliest = async::deadline::time_clock::now() + settings.least_pause;
    if (listed) {
        due = now + settings.period;
        retry.reset();
        co_return;
    }
    due = async::deadline::time_clock::now() + retry.next();
    if (may_act() && listed.error().code != errc::cancelled) {
        auto noting = note(listed.error());
        co_await std::move(noting);
    }
}

restic_lister::restic_lister(const boost::asio::any_io_executor& executor, restic_jobs& jobs,
                             const restic_catalogue& known, kube::store<catalogue_map>& maps,
                             std::function<bool()> may_act, lister_settings settings)
    : state_(std::make_shared<state>(executor, jobs, known, maps, std::move(may_act), settings)) {}

awaitable<void> restic_lister::run() {
    const auto self = state_;
    while (true) {
        auto turning = self->turn();
        co_await std::move(turning);
    }
}

void restic_lister::list_soon() {
    state_->wanted = true;
    state_->wake.notify_all();
}

std::uint64_t restic_lister::failures() const {
    return state_->failures;
}

} // namespace soteria::backup
