// Jobs that nobody may be waiting for.
#include "restic_job_access.hpp"

#include <soteria/backup/restic_driver.hpp>

namespace soteria::backup {
namespace {

// The others belong to no operation: they make the repository, or list it.
bool is_of_an_operation(const kube::job& job) {
    const auto label = job.meta.labels.find(std::string(restic::role_label));
    if (label == job.meta.labels.end())
        return false;
    const auto what = restic::parse_role(label->second);
    return what.has_value() && *what != restic::role::init && *what != restic::role::list;
}

std::vector<unused_object> unended(const kube::store<kube::job>& jobs) {
    std::vector<unused_object> found;
    for (const auto& each : jobs.all()) {
        const kube::job& job = *each.second;
        const auto& meta = job.meta;
        const auto owner = meta.annotations.find(std::string(restic::operation_annotation));
        const bool ours = is_of_an_operation(job) && owner != meta.annotations.end();
        const bool under_way = job.ended == kube::job::end::none && !meta.deleted_at.has_value();
        if (ours && under_way)
            found.push_back({"Job", meta.ns, meta.name, owner->second, job.suspended ? "suspended" : "running"});
    }
    return found;
}

} // namespace

boost::asio::awaitable<result<std::vector<unused_object>>> restic_driver::unused(async::deadline) {
    co_return unended(world().jobs.world().jobs);
}

} // namespace soteria::backup
