// What there is where SOTERIA_RESTIC_REPOSITORY is set.
#pragma once

#include "caches.hpp"

#include <soteria/app/service.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/backup/restic_claim_release.hpp>
#include <soteria/backup/restic_driver.hpp>
#include <soteria/backup/restic_jobs.hpp>

#include <functional>

namespace soteria::app {

// All references outlive it; `near.restic` is there. `may_act`: this process leads.
struct restic_parts {
    restic_parts(const boost::asio::any_io_executor& executor, kube::client& kubernetes, caches& near,
                 const config::settings& settings, const pace& paces, const std::string& ns, const clock& time,
                 std::function<bool()> may_act);

    backup::restic_jobs jobs;
    backup::restic_claim_release claim_release;
    backup::restic_catalogue catalogue;
    backup::restic_lister lister;
    backup::restic_driver driver;
};

} // namespace soteria::app
