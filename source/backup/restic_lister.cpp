#include "catalogue_writer.hpp"
#include "restic_listing_jobs.hpp"

#include <soteria/async/backoff.hpp>
#include <soteria/async/within.hpp>
#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/base/log.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using time_point = async::deadline::time_clock::time_point;

// How soon it is noticed that this process leads.
constexpr milliseconds leading_look{1000};

async::backoff pauses(const lister_settings& settings) {
    return async::backoff(
        {.first = settings.least_pause, .factor = 2.0, .ceiling = settings.period / 2, .jitter = 0.2});
}

} // namespace

struct restic_lister::state {
    state(const boost::asio::any_io_executor& executor, restic_jobs& jobs_, const restic_catalogue& known_,
          kube::store<catalogue_map>& maps_, std::function<bool()> may_act_, lister_settings settings_)
        : jobs(jobs_), known(known_), may_act(std::move(may_act_)), settings(settings_),
          listing_jobs(jobs, settings, may_act, [this](restic::trouble what) { return tell(std::move(what)); }),
          writer(jobs_.world().kubernetes, maps_, jobs_.world().ns, jobs_.world().settings.repository), maps(maps_),
          wake(executor), retry(pauses(settings_)) {}

    awaitable<void> turn();
    awaitable<result<void>> list_once();
    awaitable<result<void>> tell(restic::trouble what);
    awaitable<void> note(failure why);

    restic_jobs& jobs;
    const restic_catalogue& known;
    std::function<bool()> may_act;
    lister_settings settings;
    restic_listing_jobs listing_jobs;
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

awaitable<result<void>> restic_lister::state::list_once() {
    const auto began = jobs.world().time.now();
    auto running = listing_jobs.list_ids();
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
    auto checking = listing_jobs.check_absence(*listed, *before);
    const auto checked = co_await std::move(checking);
    if (!checked)
        co_return checked.error();
    auto reading = listing_jobs.read(unknown_ids(*before, listed->ids));
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

awaitable<void> restic_lister::state::turn() {
    const auto now = async::deadline::time_clock::now();
    const bool may = may_act() && maps.synced() && jobs.world().jobs.synced() && jobs.world().pods.synced();
    const bool new_leader = may && !leads;
    leads = may;
    if (new_leader) {
        auto removing = listing_jobs.remove_left();
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
