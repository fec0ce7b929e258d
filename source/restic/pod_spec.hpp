// The Pod of a Job, by subject: where it runs, as what, and its containers.
#pragma once

#include <soteria/restic/manifests.hpp>

#include <boost/json/object.hpp>

namespace soteria::restic {

// spec of a Pod.
boost::json::object pod_spec(const job_order& order, const job_settings& settings);

// affinity, tolerations, nodeSelector: those that are wanted.
boost::json::object placement(const job_place& place, const job_settings& settings);

// The Pod is to be run without root and without rights (job_security::restricted, and all Jobs without a volume).
bool without_rights(const job_order& order, const job_settings& settings);
boost::json::object pod_security(const job_order& order, const job_settings& settings);
boost::json::object container_security(const job_order& order, const job_settings& settings);

} // namespace soteria::restic
