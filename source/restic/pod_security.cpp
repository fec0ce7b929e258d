// What restic may do in its Pod: no more than reading, or writing back, any file.
#include "pod_spec.hpp"

#include <boost/json/array.hpp>

namespace soteria::restic {

namespace json = boost::json;

namespace {

constexpr std::int64_t nobody = 65534;

} // namespace

bool without_rights(const job_order& order, const job_settings& settings) {
    return settings.security == job_security::restricted || !order.volume;
}

// No fsGroup for a backup: the kubelet would change the group of all of the PVC's files, though it is mounted
// read-only. A restore writes into a volume that nobody else has yet, whose root belongs to root: without rights, the
// group is the only way in.
json::object pod_security(const job_order& order, const job_settings& settings) {
    const bool nobody_runs_it = without_rights(order, settings);
    const std::int64_t user = nobody_runs_it ? nobody : 0;
    json::object security{{"runAsUser", user}, {"runAsGroup", user}, {"seccompProfile", {{"type", "RuntimeDefault"}}}};
    if (nobody_runs_it)
        security["runAsNonRoot"] = true;
    if (nobody_runs_it && restores(order.what)) {
        security["fsGroup"] = nobody;
        security["fsGroupChangePolicy"] = "OnRootMismatch";
    }
    if (!order.place.selinux.empty())
        security["seLinuxOptions"] = order.place.selinux;
    return security;
}

json::object container_security(const job_order& order, const job_settings& settings) {
    json::object capabilities{{"drop", json::array{"ALL"}}};
    if (!without_rights(order, settings)) {
        // All within Pod Security "baseline".
        json::array added{"DAC_OVERRIDE"};
        if (restores(order.what))
            for (const auto* each : {"CHOWN", "FOWNER", "FSETID", "SETFCAP", "MKNOD"})
                added.emplace_back(each);
        capabilities["add"] = std::move(added);
    }
    return {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", std::move(capabilities)}};
}

} // namespace soteria::restic
