// Before a Job runs: the rehearsal, the Job itself (suspended), its copy of the Secret.
#include "cluster_checks.hpp"
#include "restic_job_access.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/decode.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
namespace json = boost::json;

constexpr milliseconds look_again{1000};
// Stands for the Job's uid where there is no Job yet.
constexpr std::string_view planned_uid = "00000000-0000-0000-0000-000000000000";

// The Secret that is copied. unprocessable: secret_missing, secret_incomplete.
awaitable<result<json::object>> read_keys(const restic_cluster& world, async::deadline until, std::string purpose) {
    const auto stored = co_await world.kubernetes.get(kube::secrets, world.secret_ns, world.secret_name,
                                                      kube::call_options(until, std::move(purpose)));
    const std::string called = "the Secret " + world.secret_ns + "/" + world.secret_name;
    if (!stored && stored.error().code == errc::not_found)
        co_return failure(errc::unprocessable,
                          called + " with the keys of the repository is not there; make it with "
                                   "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and RESTIC_PASSWORD",
                          "secret_missing");
    if (!stored)
        co_return stored.error();
    const auto* data = stored->if_contains("data");
    json::object keys = data != nullptr && data->is_object() ? data->get_object() : json::object{};
    if (const auto trouble = restic::secret_trouble(keys); !trouble.empty())
        co_return failure(errc::unprocessable, called + " cannot be used: " + trouble, "secret_incomplete");
    co_return keys;
}

// The uid of the Job that owns a Secret; empty: no Job does.
std::string owning_job(const json::object& secret) {
    const auto* metadata = secret.if_contains("metadata");
    const auto* owners =
        metadata != nullptr && metadata->is_object() ? metadata->get_object().if_contains("ownerReferences") : nullptr;
    if (owners == nullptr || !owners->is_array())
        return {};
    for (const auto& each : owners->get_array()) {
        const auto* owner = each.if_object();
        const auto* kind = owner == nullptr ? nullptr : owner->if_contains("kind");
        const auto* uid = owner == nullptr ? nullptr : owner->if_contains("uid");
        if (kind != nullptr && uid != nullptr && *kind == "Job" && uid->is_string())
            return std::string(uid->get_string());
    }
    return {};
}

// A Secret of that name is there already.
awaitable<step_report> adopt_secret(const restic_cluster& world, std::string ns, std::string name, std::string job_uid,
                                    effect_budget budget) {
    const auto existing =
        co_await world.kubernetes.get(kube::secrets, ns, name, kube::call_options(budget.until, budget.purpose));
    if (!existing) {
        // Soteria need not be allowed to read other namespaces' Secrets. The name comes from the Job's, which is ours
        // and never used twice, so it is from an earlier attempt, whose answer was lost.
        if (existing.error().code == errc::forbidden)
            co_return step_report::done();
        co_return step_report::retry(existing.error().message, look_again);
    }
    const std::string owner = owning_job(*existing);
    if (owner == job_uid)
        co_return step_report::done();
    if (!owner.empty())
        co_return step_report::waiting(
            "waiting until Kubernetes has removed the Secret " + ns + "/" + name + " of an earlier Job", look_again);
    co_return step_report::failed("name_taken",
                                  "the Secret " + ns + "/" + name + " was made by somebody else; it is left alone");
}

} // namespace

restic_jobs::restic_jobs(restic_cluster world) : world_(std::move(world)) {}

awaitable<result<void>> restic_jobs::rehearse(restic::job_order order, async::deadline until) {
    const auto keys = co_await read_keys(world_, until, std::string(purposes::resolve));
    if (!keys)
        co_return keys.error();
    auto secret = restic::secret_manifest(order, planned_uid, *keys);
    auto job = restic::job_manifest(order, world_.settings);
    auto pod = restic::pod_manifest(order, world_.settings);
    // A name that is taken is not the plan's business: names are given when the record is made.
    auto trying = rehearse_create(world_.kubernetes, kube::jobs, std::move(job), until);
    const auto job_passes = co_await std::move(trying);
    if (!job_passes && job_passes.error().code != errc::conflict)
        co_return job_passes.error();
    trying = rehearse_create(world_.kubernetes, kube::pods, std::move(pod), until);
    const auto pod_passes = co_await std::move(trying);
    if (!pod_passes && pod_passes.error().code != errc::conflict)
        co_return pod_passes.error();
    trying = rehearse_create(world_.kubernetes, kube::secrets, std::move(secret), until);
    const auto secret_passes = co_await std::move(trying);
    if (!secret_passes && secret_passes.error().code != errc::conflict)
        co_return secret_passes.error();
    co_return result<void>{};
}

awaitable<step_report> restic_jobs::create(restic::job_order order, effect_budget budget) {
    auto manifest = restic::job_manifest(order, world_.settings);
    const auto created = co_await world_.kubernetes.create(kube::jobs, std::move(manifest),
                                                           kube::call_options(budget.until, budget.purpose));
    if (created) {
        auto decoded = kube::decode_job(*created);
        if (!decoded)
            co_return step_report::retry(decoded.error().message, look_again);
        world_.jobs.apply(std::move(*decoded));
        co_return step_report::done();
    }
    const failure refusal = created.error();
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, budget.settle);
    kube::object_key key{order.ns, order.name};
    auto reading = read_job(world_, std::move(key), order.operation_uid, budget.until);
    const auto existing = co_await std::move(reading);
    if (existing)
        co_return step_report::done();
    // Refused because of something else than a Job of that name?
    const bool taken = existing.error().code == errc::not_found && refusal.reason == "already_exists";
    if (!taken)
        co_return step_report::retry(
            existing.error().code == errc::not_found ? refusal.message : existing.error().message, look_again);
    co_return step_report::failed("name_taken", "the Job " + order.ns + "/" + order.name +
                                                    " was made by somebody else; it is left alone");
}

awaitable<step_report> restic_jobs::give_secret(restic::job_order order, effect_budget budget) {
    kube::object_key key{order.ns, order.name};
    auto finding = find_job(world_, std::move(key), order.operation_uid, budget.until);
    const auto job = co_await std::move(finding);
    if (!job)
        co_return step_report::from(job.error(), look_again);
    const auto keys = co_await read_keys(world_, budget.until, budget.purpose);
    if (!keys)
        co_return step_report::from(keys.error(), look_again);
    auto manifest = restic::secret_manifest(order, (*job)->meta.uid, *keys);
    const auto created = co_await world_.kubernetes.create(kube::secrets, std::move(manifest),
                                                           kube::call_options(budget.until, budget.purpose));
    if (created)
        co_return step_report::done();
    const failure refusal = created.error();
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, budget.settle);
    auto adopting = adopt_secret(world_, order.ns, restic::secret_name(order.name), (*job)->meta.uid, budget);
    co_return co_await std::move(adopting);
}

} // namespace soteria::backup
