// Lets go of claims that somebody deletes: Kubernetes holds a claim in Terminating as long as any Pod names it, also
// that of a Job which has ended and waits for its time to run out.
#pragma once

#include <soteria/backup/restic_jobs.hpp>
#include <soteria/kube/store.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace soteria::backup {

class restic_claim_release {
public:
    // All outlive it. `may_act`: this process leads.
    restic_claim_release(restic_jobs& jobs, kube::store<kube::persistent_volume_claim>& claims,
                         std::function<bool()> may_act, std::chrono::milliseconds effect_timeout);

    // Until cancelled: removes the ended Jobs of claims that are being deleted, once their outcome is on record.
    boost::asio::awaitable<void> run();

private:
    struct held {
        std::string ns;
        std::string job;
        std::string operation_uid;
    };

    [[nodiscard]] std::vector<held> held_up() const;
    boost::asio::awaitable<void> release_all();

    restic_jobs& jobs_;
    kube::store<kube::persistent_volume_claim>& claims_;
    std::function<bool()> may_act_;
    std::chrono::milliseconds effect_timeout_;
};

} // namespace soteria::backup
