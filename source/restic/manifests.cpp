#include "pod_spec.hpp"

#include <soteria/base/digest.hpp>
#include <soteria/restic/manifests.hpp>

#include <array>
#include <utility>

namespace soteria::restic {

namespace json = boost::json;

namespace {

// Should nobody come to set the real one after the verdict.
constexpr std::int64_t fallback_ttl_seconds = std::int64_t{7} * 24 * 3600;

constexpr std::array<std::pair<role, std::string_view>, 7> role_names{{{role::backup, "backup"},
                                                                       {role::restore, "restore"},
                                                                       {role::restore_test, "restore_test"},
                                                                       {role::forget, "forget"},
                                                                       {role::mark, "mark"},
                                                                       {role::init, "init"},
                                                                       {role::list, "list"}}};

json::object labels(const job_order& order, const job_settings& settings) {
    return {{managed_by_label, "soteria"},
            {role_label, to_string(order.what)},
            {repository_label, repository_hash(settings.repository)},
            // What a mesh would put beside restic never ends, and so neither would the Job.
            {"sidecar.istio.io/inject", "false"}};
}

json::object annotations(const job_order& order) {
    json::object all{{operation_annotation, order.operation_uid},
                     {"sidecar.istio.io/inject", "false"},
                     {"linkerd.io/inject", "disabled"}};
    if (!order.operation_id.empty())
        all[operation_id_annotation] = order.operation_id;
    return all;
}

json::object metadata(const job_order& order, const job_settings& settings) {
    return {{"name", order.name},
            {"namespace", order.ns},
            {"labels", labels(order, settings)},
            {"annotations", annotations(order)}};
}

} // namespace

std::string_view to_string(role what) {
    for (const auto& [each, name] : role_names)
        if (each == what)
            return name;
    return "backup";
}

std::optional<role> parse_role(std::string_view text) {
    for (const auto& [each, name] : role_names)
        if (name == text)
            return each;
    return std::nullopt;
}

bool restores(role what) {
    return what == role::restore || what == role::restore_test;
}

bool exclusive(role what) {
    return what == role::forget || what == role::mark || what == role::init;
}

std::string secret_name(std::string_view job_name) {
    return shortened("soteria-" + std::string(job_name) + "-restic", 253);
}

std::string repository_hash(std::string_view repository) {
    return sha256_base32(repository, 10);
}

json::object job_manifest(const job_order& order, const job_settings& settings) {
    json::object pod_metadata{{"labels", labels(order, settings)}, {"annotations", annotations(order)}};
    json::object spec{{"suspend", true},
                      {"backoffLimit", 0},
                      {"completions", 1},
                      {"parallelism", 1},
                      {"ttlSecondsAfterFinished", fallback_ttl_seconds},
                      {"template", {{"metadata", std::move(pod_metadata)}, {"spec", pod_spec(order, settings)}}}};
    if (order.deadline.count() > 0)
        spec["activeDeadlineSeconds"] = static_cast<std::int64_t>(order.deadline.count());
    return {{"apiVersion", "batch/v1"},
            {"kind", "Job"},
            {"metadata", metadata(order, settings)},
            {"spec", std::move(spec)}};
}

json::object pod_manifest(const job_order& order, const job_settings& settings) {
    return {{"apiVersion", "v1"},
            {"kind", "Pod"},
            {"metadata", metadata(order, settings)},
            {"spec", pod_spec(order, settings)}};
}

json::object place_patch(const job_place& place, const job_settings& settings) {
    auto placed = placement(place, settings);
    for (const auto* field : {"affinity", "tolerations", "nodeSelector"})
        if (!placed.contains(field))
            placed[field] = nullptr;
    json::object pod_template{{"spec", std::move(placed)}};
    json::object spec{{"template", std::move(pod_template)}};
    return {{"spec", std::move(spec)}};
}

} // namespace soteria::restic
