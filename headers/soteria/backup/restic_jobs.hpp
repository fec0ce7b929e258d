// Runs restic in Kubernetes Jobs: makes a Job with its Secret, starts it when the repository is free, judges it,
// removes it. Every call looks at the cluster first and can be made twice; what is remembered here only spares calls.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/kube/workloads.hpp>
#include <soteria/restic/manifests.hpp>
#include <soteria/restic/verdict.hpp>

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace soteria::backup {

// What the Jobs are made with and looked at by; all that is referred to outlives the runner.
struct restic_cluster {
    kube::client& kubernetes;
    kube::store<kube::job>& jobs; // those with our label, in all namespaces
    kube::store<kube::pod>& pods; // theirs
    const clock& time;
    std::string ns; // the service's own: where Jobs without a PVC run
    std::string secret_name;
    std::string secret_ns;
    restic::job_settings settings;
};

class restic_jobs {
public:
    explicit restic_jobs(restic_cluster world);

    [[nodiscard]] const restic_cluster& world() const { return world_; }

    [[nodiscard]] restic_cluster& world() { return world_; }

    // Before anything is made: the three keys of the Secret, then a server-side dry run of Secret, Job and Pod. The
    // failure is ready for a caller (unprocessable: secret_missing, secret_incomplete, refused_by_cluster).
    boost::asio::awaitable<result<void>> rehearse(restic::job_order order, async::deadline until);

    // The three effects, one attempt each. done: it is there and ours.
    boost::asio::awaitable<step_report> create(restic::job_order order, effect_budget budget);
    boost::asio::awaitable<step_report> give_secret(restic::job_order order, effect_budget budget);
    // Starts it. waiting, in words that name the other Job, while the repository is not free: an exclusive Job runs
    // alone, and while one waits no shared one starts before it. `order.place` is where it must run as of now.
    boost::asio::awaitable<step_report> start(restic::job_order order, effect_budget budget);

    // How it stands: Job, Pod, events (only while it does not start) and, of an ended Pod, all logs. not_found: there
    // is no such Job of this operation (any more). `take` gets the snapshots that a listing writes.
    boost::asio::awaitable<result<restic::verdict>> look(restic::job_order order, effect_budget budget,
                                                         restic::output_reader::snapshot_taker take = {});

    // create, give_secret, start and look in turn, as far as it goes now: for Jobs that are one step as a whole (init,
    // mark, forget, list). The verdict is `waiting` until it has ended.
    boost::asio::awaitable<result<restic::verdict>> advance(restic::job_order order, effect_budget budget,
                                                            restic::output_reader::snapshot_taker take = {});

    // Deletes the Job (by uid, if it is this operation's) with Pod and Secret. waiting until its Pods are gone, as
    // they may use the volume until then. The lock of a restic that was killed stays in the repository for up to half
    // an hour.
    boost::asio::awaitable<step_report> remove(std::string ns, std::string name, std::string operation_uid,
                                               effect_budget budget);
    // After the verdict is recorded: Kubernetes removes it SOTERIA_JOB_TTL_SECONDS later.
    boost::asio::awaitable<step_report> expire(std::string ns, std::string name, std::string operation_uid,
                                               effect_budget budget);

private:
    // What a running Pod said last, so that its log is not asked for at every look.
    struct glance {
        async::deadline::time_clock::time_point next{};
        std::optional<restic::output> said;
        std::string unreadable; // why its log could not be read when it was asked for last; empty: it could
        std::vector<std::string> warnings;
    };

    [[nodiscard]] std::optional<std::string> in_the_way_of(const kube::job& job) const;
    boost::asio::awaitable<void> watch_it_run(restic::evidence& all, kube::pod pod, effect_budget budget);
    boost::asio::awaitable<void> ask_why_not(restic::evidence& all, kube::job job, std::string about_uid,
                                             effect_budget budget);
    boost::asio::awaitable<result<void>> read_all(restic::evidence& all, kube::pod pod, effect_budget budget,
                                                  std::vector<restic::snapshot>& listed);

    restic_cluster world_;
    std::set<std::string> starting_;        // uids of Jobs whose start was sent and not answered yet
    std::map<std::string, glance> glances_; // by the uid of the Job
};

} // namespace soteria::backup
