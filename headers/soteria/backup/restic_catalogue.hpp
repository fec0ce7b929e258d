// What the repository holds, as all replicas know it: listed by the leader, kept in ConfigMaps of our namespace.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/backup/catalogue_maps.hpp>
#include <soteria/backup/restic_jobs.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/records/records.hpp>
#include <soteria/restic/catalogue.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace soteria::backup {

// The ConfigMaps put together, and with them the backups that have ended since the listing began: as every replica sees
// the same records, a row is right as soon as its record is. Single-threaded; stores outlive it.
class restic_catalogue {
public:
    // Records of backups into another repository (the setting was changed) are none of this one's.
    restic_catalogue(boost::asio::any_io_executor executor, std::string_view repository,
                     kube::store<catalogue_map>& maps, kube::store<records::record>& backups);

    // Never null. While the ConfigMaps are being rewritten, the last whole state.
    [[nodiscard]] std::shared_ptr<const restic::catalogue> current() const;
    // What the ConfigMaps alone say. Never null.
    [[nodiscard]] std::shared_ptr<const restic::catalogue> listed() const;
    // What the records know of these snapshots and a listing does not: sizes, and marks that are not set yet.
    [[nodiscard]] std::vector<restic::snapshot> completed(std::vector<restic::snapshot> snapshots) const;
    async::signal& changed();

private:
    struct state;
    std::shared_ptr<state> state_;
};

struct lister_settings {
    std::chrono::milliseconds period{900'000};    // SOTERIA_RESTIC_REFRESH_SECONDS
    std::chrono::milliseconds least_pause{5'000}; // between two listings, however often one is asked for
    std::chrono::seconds job_deadline{600};
    std::chrono::milliseconds effect_timeout{7500};
};

// Lists the repository in a small Job: the ids first, then what is new among them, in portions whose one line of JSON
// stays far below the 10 MiB that the kubelet keeps of a log. Writes the ConfigMaps. Only while `may_act` says so (the
// leader).
class restic_lister {
public:
    restic_lister(const boost::asio::any_io_executor& executor, restic_jobs& jobs, const restic_catalogue& known,
                  kube::store<catalogue_map>& maps, std::function<bool()> may_act, lister_settings settings);

    // Until cancelled: at start, each period, and when asked.
    boost::asio::awaitable<void> run();
    // A listing that begins now or later than now is wanted soon (after each backup, forget, init).
    void list_soon();
    // Listings of this process that came to nothing, since the start.
    [[nodiscard]] std::uint64_t failures() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::backup
