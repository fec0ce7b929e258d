// Backups and restores by Longhorn: snapshot CR, backup, volume from a backup; we make the claim and the PV ourselves.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/longhorn/claim_index.hpp>
#include <soteria/longhorn/client.hpp>
#include <soteria/longhorn/poller.hpp>

#include <string>

namespace soteria::backup {

struct longhorn_settings {
    std::string backup_mode = "incremental"; // or "full"
};

// What the driver works with; all of it outlives the driver.
struct longhorn_world {
    kube::client& kubernetes;
    kube::store<kube::persistent_volume_claim>& claims;
    kube::store<kube::persistent_volume>& volumes;
    longhorn::client& longhorn;
    longhorn::poller& poller;
    const clock& time;
    longhorn::claim_index recorded = {}; // what the driver remembers of the backups' labels
};

class longhorn_driver final : public driver {
public:
    longhorn_driver(longhorn_world world, longhorn_settings settings);

    [[nodiscard]] std::string_view name() const override { return "longhorn"; }

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
    // Volumes and PersistentVolumes that are named as restores name them and that no claim is bound to.
    boost::asio::awaitable<result<std::vector<unused_object>>> unused(async::deadline until) override;
    std::shared_ptr<void> follow(const domain::operation& record) override;
    async::signal& changed() override;

private:
    longhorn_world world_;
    longhorn_settings settings_;
};

} // namespace soteria::backup
