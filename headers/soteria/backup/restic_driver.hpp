// Backups and restores by restic in Jobs, into one repository in an S3-compatible store.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/backup/restic_jobs.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>

#include <functional>

namespace soteria::backup {

// What the driver works with; all of it outlives the driver.
struct restic_world {
    kube::client& kubernetes;
    kube::store<kube::persistent_volume_claim>& claims;
    kube::store<kube::persistent_volume>& volumes;
    restic_jobs& jobs;
    restic_catalogue& catalogue;
    std::function<void()> list_soon; // restic_lister::list_soon of this process
    const clock& time;
    std::chrono::seconds backup_deadline{86400}; // activeDeadlineSeconds of a Job
    std::chrono::seconds restore_deadline{86400};
    std::int64_t restore_test_max_bytes = 0;
};

class restic_driver final : public driver {
public:
    // Each is a Pod that reads or writes a whole volume over the network.
    static constexpr std::size_t most_jobs = 10;

    restic_driver(boost::asio::any_io_executor executor, restic_world world);
    ~restic_driver() override;

    [[nodiscard]] std::string_view name() const override { return "restic"; }

    [[nodiscard]] std::size_t most_running() const override { return most_jobs; }

    // That of the Job.
    [[nodiscard]] std::string record_name(domain::operation_kind kind, const domain::operation_request& request,
                                          instant when, std::string_view distinction) const override;

    [[nodiscard]] std::span<const step_definition> steps(domain::operation_kind kind) const override;
    boost::asio::awaitable<result<domain::plan>> plan_backup(domain::operation_request request,
                                                             async::deadline until) override;
    boost::asio::awaitable<result<domain::plan>> plan_restore(domain::operation_request request,
                                                              async::deadline until) override;
    boost::asio::awaitable<result<domain::backup_list>> list(domain::pvc_ref pvc, async::deadline until) override;
    boost::asio::awaitable<step_report> perform(std::string_view step, const domain::operation& record,
                                                effect_budget budget) override;
    boost::asio::awaitable<step_report> undo(std::string_view step, const domain::operation& record,
                                             effect_budget budget) override;
    [[nodiscard]] domain::leftover leftover_of(std::string_view step, const domain::operation& record) const override;
    boost::asio::awaitable<step_report> tidy(const domain::operation& record, effect_budget budget) override;
    // Jobs that have not ended. What has ended goes by itself, and a Secret goes with its Job.
    boost::asio::awaitable<result<std::vector<unused_object>>> unused(async::deadline until) override;
    std::shared_ptr<void> follow(const domain::operation& record) override;
    // Jobs or their Pods.
    async::signal& changed() override;

private:
    [[nodiscard]] restic_world& world();

    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::backup
