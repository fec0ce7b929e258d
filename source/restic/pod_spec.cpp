#include "pod_spec.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace soteria::restic {

namespace json = boost::json;

namespace {

constexpr std::string_view temporary_path = "/tmp";
constexpr std::string_view cache_path = "/cache";
// Time to end in order, after which the kubelet kills.
constexpr std::int64_t grace_seconds = 60;

json::object variable(std::string_view name, std::string_view value) {
    return {{"name", name}, {"value", value}};
}

json::object secret_variable(std::string_view name, const std::string& secret) {
    json::object key{{"name", secret}, {"key", name}};
    json::object source{{"secretKeyRef", std::move(key)}};
    return {{"name", name}, {"valueFrom", std::move(source)}};
}

json::array environment(const job_order& order, const job_settings& settings) {
    const auto secret = secret_name(order.name);
    json::array all{variable("RESTIC_REPOSITORY", settings.repository), secret_variable("RESTIC_PASSWORD", secret),
                    secret_variable("AWS_ACCESS_KEY_ID", secret), secret_variable("AWS_SECRET_ACCESS_KEY", secret),
                    // A status line each five seconds: with --json restic would write sixty a second into the log.
                    variable("RESTIC_PROGRESS_FPS", "0.2"), variable("RESTIC_CACHE_DIR", cache_path),
                    variable("TMPDIR", temporary_path), variable("HOME", temporary_path)};
    if (!settings.region.empty())
        all.push_back(variable("AWS_DEFAULT_REGION", settings.region));
    return all;
}

json::object quantities(const resource_list& list) {
    json::object all;
    for (const auto& [name, quantity] : list)
        all[name] = quantity;
    return all;
}

json::array mounts(const job_order& order) {
    json::array all{json::object{{"name", "tmp"}, {"mountPath", temporary_path}},
                    json::object{{"name", "cache"}, {"mountPath", cache_path}}};
    if (order.volume)
        all.push_back(json::object{
            {"name", "data"}, {"mountPath", order.volume->mount_path}, {"readOnly", order.volume->read_only}});
    return all;
}

json::object data_volume(const job_volume& volume) {
    if (!volume.claim.empty()) {
        json::object claim{{"claimName", volume.claim}, {"readOnly", volume.read_only}};
        return {{"name", "data"}, {"persistentVolumeClaim", std::move(claim)}};
    }
    json::object empty_dir;
    if (volume.empty_dir_limit_bytes)
        empty_dir["sizeLimit"] = std::to_string(*volume.empty_dir_limit_bytes);
    return {{"name", "data"}, {"emptyDir", std::move(empty_dir)}};
}

json::array volumes(const job_order& order) {
    json::array all{json::object{{"name", "tmp"}, {"emptyDir", json::object()}},
                    json::object{{"name", "cache"}, {"emptyDir", json::object()}}};
    if (order.volume)
        all.push_back(data_volume(*order.volume));
    return all;
}

// restic (0.14 and 0.16 alike) gives its lock back on SIGINT only; the SIGTERM of a Pod that is deleted kills it, and
// the lock would stay for the 30 minutes after which it counts as stale. So the kubelet's hook sends a SIGINT first,
// and waits: with restic the container ends, and the hook with it. In an image without sh the hook fails, and SIGTERM
// comes.
json::object gentle_end() {
    json::object exec{{"command", json::array{"sh", "-c", "kill -INT 1; sleep 50"}}};
    json::object hook{{"exec", std::move(exec)}};
    return {{"preStop", std::move(hook)}};
}

json::object container(const job_command& command, const job_order& order, const job_settings& settings) {
    json::array args;
    for (const auto& each : command.args)
        args.emplace_back(each);
    json::object resources{{"requests", quantities(settings.requests)}, {"limits", quantities(settings.limits)}};
    return {{"name", command.name},
            {"image", settings.image},
            {"command", json::array{"restic"}},
            {"args", std::move(args)},
            {"env", environment(order, settings)},
            {"resources", std::move(resources)},
            {"volumeMounts", mounts(order)},
            {"securityContext", container_security(order, settings)}};
}

// One after the other: init containers, and the last one as the container.
void add_containers(json::object& spec, const job_order& order, const job_settings& settings) {
    json::array before;
    json::array last;
    for (const auto& command : order.commands)
        (&command == &order.commands.back() ? last : before).push_back(container(command, order, settings));
    if (!last.empty())
        last.front().get_object()["lifecycle"] = gentle_end(); // not allowed on init containers
    if (!before.empty())
        spec["initContainers"] = std::move(before);
    spec["containers"] = std::move(last);
}

} // namespace

json::object placement(const job_place& place, const job_settings& settings) {
    json::object placed;
    if (!place.node.empty()) {
        // Not nodeName, which would go round the scheduler's checks.
        json::object field{{"key", "metadata.name"}, {"operator", "In"}, {"values", json::array{place.node}}};
        json::object term{{"matchFields", json::array{std::move(field)}}};
        json::object required{{"nodeSelectorTerms", json::array{std::move(term)}}};
        json::object node_affinity{{"requiredDuringSchedulingIgnoredDuringExecution", std::move(required)}};
        placed["affinity"] = json::object{{"nodeAffinity", std::move(node_affinity)}};
    } else if (!settings.node_selector.empty()) {
        json::object selector;
        for (const auto& [key, value] : settings.node_selector)
            selector[key] = value;
        placed["nodeSelector"] = std::move(selector);
    }
    if (!place.tolerations.empty())
        placed["tolerations"] = place.tolerations;
    return placed;
}

json::object pod_spec(const job_order& order, const job_settings& settings) {
    auto spec = placement(order.place, settings);
    spec["restartPolicy"] = "Never";
    spec["terminationGracePeriodSeconds"] = grace_seconds;
    spec["enableServiceLinks"] = false;
    spec["automountServiceAccountToken"] = !settings.service_account.empty();
    if (!settings.service_account.empty())
        spec["serviceAccountName"] = settings.service_account;
    json::array pull_secrets;
    for (const auto& each : settings.pull_secrets)
        pull_secrets.push_back(json::object{{"name", each}});
    if (!pull_secrets.empty())
        spec["imagePullSecrets"] = std::move(pull_secrets);
    spec["securityContext"] = pod_security(order, settings);
    spec["volumes"] = volumes(order);
    add_containers(spec, order, settings);
    return spec;
}

} // namespace soteria::restic
