#include <soteria/restic/arguments.hpp>
#include <soteria/restic/snapshot.hpp>

namespace soteria::restic {
namespace {

std::string tagged(std::string_view tag, const std::string& value) {
    return std::string(tag) + value;
}

void append(arguments& to, const std::vector<std::string>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

arguments forget_those_with(std::string_view state_tag, const domain::pvc_ref& pvc) {
    return {"forget",
            "--host",
            host_of(pvc),
            "--tag",
            tagged(namespace_tag, pvc.ns) + "," + tagged(pvc_tag, pvc.name) + "," + std::string(state_tag),
            "--group-by",
            "host"};
}

} // namespace

arguments backup_arguments(const backup_order& order) {
    arguments all{"backup", "--json", "--host", host_of(order.pvc)};
    std::vector<std::string> tags{tagged(namespace_tag, order.pvc.ns), tagged(pvc_tag, order.pvc.name)};
    if (!order.pvc_uid.empty())
        tags.push_back(tagged(uid_tag, order.pvc_uid));
    if (!order.operation_uid.empty())
        tags.push_back(tagged(operation_tag, order.operation_uid));
    if (!order.name.empty())
        tags.push_back(tagged(name_tag, order.name));
    tags.emplace_back(counted_tag);
    append(tags, order.tags);
    for (const auto& tag : tags)
        append(all, {"--tag", tag});
    append(all, order.extra);
    // "--": whatever stands in `extra`, what follows is the path.
    append(all, {"--", std::string(data_path)});
    return all;
}

arguments restore_arguments(const std::string& snapshot_id, bool verify) {
    arguments all{"restore", snapshot_id, "--target", std::string(restore_path)};
    if (verify)
        all.emplace_back("--verify");
    all.emplace_back("--json");
    return all;
}

arguments forget_arguments(const domain::pvc_ref& pvc, const std::vector<std::string>& extra) {
    auto all = forget_those_with(counted_tag, pvc);
    append(all, extra);
    return all;
}

arguments forget_incomplete_arguments(const domain::pvc_ref& pvc, const std::vector<std::string>& extra) {
    auto all = forget_those_with(incomplete_tag, pvc);
    for (const auto& each : extra)
        if (each != "--prune" && !each.starts_with("--prune="))
            all.push_back(each);
    return all;
}

arguments mark_incomplete_arguments(const std::string& snapshot_id) {
    return {"tag", "--add", std::string(incomplete_tag), "--remove", std::string(counted_tag), snapshot_id};
}

arguments list_ids_arguments() {
    return {"list", "--no-lock", "snapshots"};
}

arguments list_snapshots_arguments(const std::vector<std::string>& ids) {
    arguments all{"snapshots", "--no-lock", "--json"};
    append(all, ids);
    return all;
}

arguments list_newest_arguments() {
    return {"snapshots", "--no-lock", "--json", "--latest", "1"};
}

arguments init_arguments() {
    return {"init"};
}

arguments unlock_arguments() {
    return {"unlock"};
}

} // namespace soteria::restic
