#include "restic_orders.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/digest.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

// Metadata only, except for a prune, whose Job has a backup's time.
constexpr std::chrono::seconds short_work{900};

restic::job_order order_at_home(const restic_world& world, restic::role what, std::string name, std::string uid) {
    restic::job_order order;
    order.ns = world.jobs.world().ns;
    order.name = std::move(name);
    order.what = what;
    order.operation_uid = std::move(uid);
    order.deadline = short_work;
    return order;
}

std::string name_for(std::string_view what, const std::string& uid) {
    return "soteria-" + std::string(what) + "-" + uuid_base32(uid);
}

} // namespace

restic::job_order backup_order(const restic_world& world, const domain::operation_request& request,
                               const resolved_facts& facts, const job_owner& owner, const restic::job_place& place) {
    restic::job_order order;
    order.ns = request.source.ns;
    order.name = fact_of(facts, facts::job_name);
    order.what = restic::role::backup;
    order.operation_uid = owner.uid;
    order.operation_id = owner.id;
    restic::backup_order wanted;
    wanted.pvc = request.source;
    wanted.pvc_uid = fact_of(facts, facts::pvc_uid);
    wanted.operation_uid = owner.uid;
    wanted.name = order.name;
    wanted.tags = request.tags;
    wanted.extra = world.jobs.world().settings.backup_args;
    order.commands = {{"unlock", restic::unlock_arguments()}, {"backup", restic::backup_arguments(wanted)}};
    restic::job_volume volume;
    volume.claim = request.source.name;
    volume.mount_path = restic::data_path;
    volume.read_only = true;
    order.volume = std::move(volume);
    order.place = place;
    order.deadline = std::min(world.backup_deadline, request.deadline.value_or(world.backup_deadline));
    return order;
}

restic::job_order restore_order(const restic_world& world, domain::operation_kind kind,
                                const domain::operation_request& request, const resolved_facts& facts,
                                const job_owner& owner) {
    restic::job_order order;
    order.ns = request.target.ns;
    order.name = fact_of(facts, facts::job_name);
    order.what = kind == domain::operation_kind::restore_test ? restic::role::restore_test : restic::role::restore;
    order.operation_uid = owner.uid;
    order.operation_id = owner.id;
    order.commands = {
        {"unlock", restic::unlock_arguments()},
        {"restore", restic::restore_arguments(fact_of(facts, facts::backup), request.verify)},
    };
    restic::job_volume volume;
    volume.claim = request.target.name;
    if (volume.claim.empty())
        volume.empty_dir_limit_bytes = world.restore_test_max_bytes;
    volume.mount_path = fact_of(facts, facts::mount_path);
    order.volume = std::move(volume);
    order.deadline = std::min(world.restore_deadline, request.deadline.value_or(world.restore_deadline));
    return order;
}

restic::job_order init_order(const restic_world& world) {
    const auto hash = restic::repository_hash(world.jobs.world().settings.repository);
    auto order = order_at_home(world, restic::role::init, "soteria-init-" + hash, "init-" + hash);
    order.commands = {{"init", restic::init_arguments()}};
    return order;
}

restic::job_order mark_order(const restic_world& world, const domain::operation& record) {
    auto order = order_at_home(world, restic::role::mark, name_for("mark", record.uid), record.uid);
    order.operation_id = record.id();
    order.commands = {{"unlock", restic::unlock_arguments()},
                      {"tag", restic::mark_incomplete_arguments(record.fact(facts::backup))}};
    return order;
}

restic::job_order forget_order(const restic_world& world, const domain::operation& record) {
    auto order = order_at_home(world, restic::role::forget, name_for("forget", record.uid), record.uid);
    order.operation_id = record.id();
    const auto& rules = world.jobs.world().settings.forget_args;
    const auto& pvc = record.request.source;
    order.commands = {{"unlock", restic::unlock_arguments()},
                      {"forget-incomplete", restic::forget_incomplete_arguments(pvc, rules)},
                      {"forget", restic::forget_arguments(pvc, rules)}};
    order.deadline = world.backup_deadline;
    return order;
}

restic::job_order main_order(const restic_world& world, const domain::operation& record) {
    const job_owner owner{record.uid, record.id()};
    if (record.kind == domain::operation_kind::backup)
        return backup_order(world, record.request, record.facts, owner, {});
    return restore_order(world, record.kind, record.request, record.facts, owner);
}

std::string mount_path_of(const restic::snapshot& snapshot) {
    const std::string root(restic::restore_path);
    const bool one = snapshot.paths.size() == 1;
    const std::string path = one ? snapshot.paths.front() : std::string();
    // Kubernetes takes no colon in a mount's path.
    const bool usable = path.starts_with('/') && path.size() > 1 && path.find(':') == std::string::npos &&
                        path.find("/../") == std::string::npos && !path.ends_with("/..");
    return usable ? root + path : root;
}

} // namespace soteria::backup
