#include "cluster_checks.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/records/records.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

constexpr milliseconds look_again{1000};
constexpr milliseconds just_deleted{100};

step_report known_as(std::string_view key, const std::string& uid) {
    std::map<std::string, std::string> known;
    known[std::string(key)] = uid;
    return step_report::done(std::move(known));
}

std::string shown(kube::resource kind, const std::string& ns, const std::string& name) {
    return std::string(kind.kind) + " " + (ns.empty() ? name : ns + "/" + name);
}

} // namespace

awaitable<result<void>> check_namespace_is_open(kube::client& kubernetes, std::string ns, async::deadline until) {
    const auto found =
        co_await kubernetes.get(kube::namespaces, "", ns, kube::call_options(until, std::string(purposes::resolve)));
    if (!found && found.error().code == errc::not_found)
        co_return failure(errc::not_found, "there is no namespace " + ns + " to restore into", "namespace_not_found");
    if (!found)
        co_return found.error();
    const auto decoded = kube::decode_namespace(*found);
    if (decoded && decoded->phase == "Terminating")
        co_return failure(errc::unprocessable, "the namespace " + ns + " is being deleted", "namespace_terminating");
    co_return result<void>{};
}

awaitable<result<void>> check_target_is_free(kube::client& kubernetes, domain::pvc_ref target, async::deadline until) {
    const auto open = co_await check_namespace_is_open(kubernetes, target.ns, until);
    if (!open)
        co_return open.error();
    const auto claim = co_await kubernetes.get(kube::persistent_volume_claims, target.ns, target.name,
                                               kube::call_options(until, std::string(purposes::resolve)));
    if (claim)
        co_return failure(errc::conflict,
                          "the PVC " + target.text() + " exists already and is not touched; restore under another name",
                          "target_exists");
    if (claim.error().code != errc::not_found)
        co_return claim.error();
    co_return result<void>{};
}

awaitable<result<void>> rehearse_create(kube::client& kubernetes, kube::resource kind, boost::json::object manifest,
                                        async::deadline until) {
    kube::call_options options(until, std::string(purposes::rehearse));
    options.dry_run = true;
    const auto answer = co_await kubernetes.create(kind, std::move(manifest), options);
    if (answer)
        co_return result<void>{};
    failure refusal = answer.error();
    const bool of_the_object = refusal.code == errc::forbidden && refusal.reason != "unauthorized";
    if (of_the_object || refusal.code == errc::invalid || refusal.code == errc::unprocessable)
        co_return failure(errc::unprocessable,
                          "Kubernetes would refuse the " + std::string(kind.kind) + ": " + refusal.message,
                          "refused_by_cluster");
    co_return refusal;
}

bool carries_mark(const kube::object_meta& meta, std::string_view mark) {
    const auto found = meta.annotations.find(std::string(records::operation_annotation));
    return found != meta.annotations.end() && found->second == mark;
}

awaitable<result<kube::object_meta>> read_meta(cluster_effect of, kube::resource kind, std::string ns,
                                               std::string name) {
    const auto object = co_await of.kubernetes.get(kind, std::move(ns), std::move(name), of.call());
    if (!object)
        co_return object.error();
    co_return kube::decode_meta(*object);
}

awaitable<step_report> create_ours(cluster_effect of, kube::resource kind, boost::json::object manifest,
                                   std::string_view uid_fact, std::string taken_code) {
    const auto& metadata = manifest.at("metadata").as_object();
    const std::string name(metadata.at("name").as_string());
    const auto* ns_value = metadata.if_contains("namespace");
    const std::string ns = ns_value == nullptr ? std::string() : std::string(ns_value->as_string());
    const auto created = co_await of.kubernetes.create(kind, std::move(manifest), of.call());
    if (created) {
        const auto meta = kube::decode_meta(*created);
        if (!meta)
            co_return step_report::retry(meta.error().message, look_again);
        co_return known_as(uid_fact, meta->uid);
    }
    const failure refusal = created.error();
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, of.budget.settle);
    const auto existing = co_await read_meta(of, kind, ns, name);
    if (!existing)
        co_return step_report::retry(existing.error().message, look_again);
    if (carries_mark(*existing, of.mark))
        co_return known_as(uid_fact, existing->uid);
    co_return step_report::failed(std::move(taken_code), "the " + shown(kind, ns, name) +
                                                             " was made by somebody else meanwhile; it is left alone");
}

awaitable<step_report> delete_ours(cluster_effect of, kube::resource kind, std::string ns, std::string name,
                                   bool deleting_is_enough) {
    const auto meta = co_await read_meta(of, kind, ns, name);
    if (!meta) {
        if (meta.error().code == errc::not_found)
            co_return step_report::done();
        co_return step_report::from(meta.error(), look_again);
    }
    if (!carries_mark(*meta, of.mark))
        co_return step_report::done();
    const std::string called = shown(kind, ns, name);
    if (meta->deleted_at) {
        if (deleting_is_enough)
            co_return step_report::done();
        co_return step_report::waiting("waiting until " + called + " is gone; a Pod may still use it", look_again);
    }
    kube::delete_preconditions only_this;
    only_this.uid = meta->uid;
    const auto deleted = co_await of.kubernetes.remove(kind, ns, name, std::move(only_this), of.call());
    if (!deleted && deleted.error().code != errc::not_found && deleted.error().code != errc::conflict)
        co_return step_report::from(deleted.error(), look_again);
    co_return step_report::waiting("deleting " + called, just_deleted);
}

} // namespace soteria::backup
