// The Jobs of a listing, each run to its end and removed: what restic says is in the repository.
#pragma once

#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/backup/restic_jobs.hpp>

#include <functional>
#include <string>
#include <vector>

namespace soteria::backup {

// The word and the sentence of what a person is shown; `since` is the writer's.
restic::trouble trouble_of(const failure& why);

// Refers to runner and settings, which outlive it. Every call ends when another replica leads (cancelled).
class restic_listing_jobs {
public:
    // Is told what keeps a Job from starting, or from being seen, while it waits.
    using teller = std::function<boost::asio::awaitable<result<void>>(restic::trouble)>;

    restic_listing_jobs(restic_jobs& jobs, const lister_settings& settings, std::function<bool()> may_act, teller tell);

    // The ids, and whether the log holds other words too. unavailable: repository_missing, and what else restic met.
    boost::asio::awaitable<result<restic::verdict>> list_ids();
    // The snapshots of these ids, portion by portion. One that was removed since its id was listed is left out.
    boost::asio::awaitable<result<std::vector<restic::snapshot>>> read(std::vector<std::string> ids);
    // Whether what `listed` leaves out of what is known is gone indeed. bad_answer: it is there, so the log of that
    // listing was none of restic's.
    boost::asio::awaitable<result<void>> check_absence(restic::verdict listed, const restic::catalogue& known);
    // Those of a process that led before this one.
    boost::asio::awaitable<void> remove_left();

private:
    [[nodiscard]] restic::job_order order(std::vector<restic::job_command> commands) const;
    [[nodiscard]] effect_budget budget() const;
    boost::asio::awaitable<void> remove(std::string name);
    boost::asio::awaitable<result<restic::verdict>> follow(restic::job_order order,
                                                           restic::output_reader::snapshot_taker take);
    boost::asio::awaitable<result<restic::verdict>> run(std::vector<restic::job_command> commands,
                                                        restic::output_reader::snapshot_taker take);
    boost::asio::awaitable<result<void>> read_lists(std::vector<restic::job_command> commands,
                                                    restic::output_reader::snapshot_taker take);

    restic_jobs& jobs_;
    const lister_settings& settings_;
    std::function<bool()> may_act_;
    teller tell_;
};

} // namespace soteria::backup
