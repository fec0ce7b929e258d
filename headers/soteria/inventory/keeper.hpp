// Holds the present report and makes it anew when something changes.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/inventory/builder.hpp>
#include <soteria/inventory/inventory.hpp>
#include <soteria/kube/store.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace soteria::inventory {

struct keeper_settings {
    rules by;
    std::string default_driver = "longhorn";
    std::chrono::milliseconds refresh{300'000};     // how often all of Longhorn is read
    std::chrono::milliseconds list_period{900'000}; // how often restic's repository is listed
    std::chrono::milliseconds least_interval{1000}; // between two reports, however much changes
    std::chrono::milliseconds longest_interval{60'000};
};

// What it reads; all of it must outlive the keeper.
struct keeper_sources {
    kube::store<kube::persistent_volume_claim>& claims;
    kube::store<kube::persistent_volume>& volumes;
    // A driver that is not configured: unset, and no signal.
    std::function<std::shared_ptr<const longhorn::picture>()> longhorn = {}; // may return null: not asked yet
    async::signal* longhorn_changed = nullptr;
    std::function<std::shared_ptr<const restic::catalogue>()> repository = {}; // never returns null
    async::signal* repository_changed = nullptr;
    proof_book* proofs = nullptr; // null: none
};

// A report follows a change at once if the last one is `least_interval` old, else as soon as it is; besides, when a PVC
// crosses its age limit, and every `longest_interval` (every `refresh`, if that is shorter). It is made in slices of
// less than a few milliseconds. Single-threaded.
class keeper {
public:
    keeper(boost::asio::any_io_executor executor, keeper_sources sources, keeper_settings settings,
           const clock& time = system_clock());

    // Until cancelled; once.
    boost::asio::awaitable<void> run();

    // Never null; empty until the first one is made. May be kept as long as needed.
    [[nodiscard]] std::shared_ptr<const report> current() const { return current_; }

    // The present report was made of complete lists of PVCs and PVs.
    [[nodiscard]] bool complete() const { return complete_; }

    // Another report than before is there.
    async::signal& changed() { return changed_; }

private:
    boost::asio::awaitable<void> make();
    boost::asio::awaitable<bool> turn();
    boost::asio::awaitable<void> forward(async::signal& from);
    boost::asio::awaitable<void> absorb(instant now);
    [[nodiscard]] views known() const;
    [[nodiscard]] async::deadline next_due() const;

    boost::asio::any_io_executor executor_;
    keeper_sources sources_;
    keeper_settings settings_;
    const clock& clock_;
    longhorn_view view_;
    restic_view restic_;
    std::unique_ptr<const proof_table> proofs_; // as of the report that is being made
    std::shared_ptr<const report> current_ = std::make_shared<const report>();
    bool complete_ = false;
    bool dirty_ = true;
    async::signal wake_;
    async::signal changed_;
};

} // namespace soteria::inventory
