#include <soteria/web/problem_codes.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

// clang-format off
constexpr problem_code codes[] = {
    {400, "bad_request", "The request is not HTTP as it should be."},
    {400, "bad_target", "The path or query cannot be read: bad percent-encoding, or no UTF-8."},
    {400, "bad_parameter", "A query parameter has a value that it does not take."},
    {400, "missing_parameter", "A required query parameter is missing."},
    {400, "unknown_parameter", "The route takes no query parameter of this name."},
    {400, "duplicate_parameter", "A query parameter is given twice."},
    {400, "bad_continue", "`continue` is not a token of this list."},
    {400, "invalid_if_match", "`If-Match` is neither `*` nor a list of entity tags."},
    {400, "malformed_json", "The body is not a JSON object."},
    {400, "duplicate_field", "A field is given twice."},
    {400, "unknown_field", "The route takes no field of this name."},
    {400, "missing_field", "A required field is missing."},
    {400, "wrong_type", "A field is of another JSON type than the one it takes."},
    {400, "invalid_name", "A name that Kubernetes does not take: a namespace is a DNS label, a PVC a DNS subdomain."},
    {400, "invalid_tags", "`tags` holds too many, too long, empty, illegal or repeated ones."},
    {400, "conflicting_fields", "Two fields exclude each other."},
    {400, "invalid_snapshot", "`snapshot` is not 1 to 253 visible characters."},
    {400, "invalid_backup_url", "`backup_url` is not the URL of a Longhorn backup."},
    {400, "invalid_quantity", "`capacity` is not a size above zero."},
    {400, "invalid_access_modes", "`access_modes` is empty, repeats one or holds an unknown one."},
    {400, "invalid_request", "The request can never work as it is."},
    {401, "no_identity", "The request names no caller, and one is required."},
    {401, "bad_token", "The bearer token is not one of this service's, and nothing else names the caller."},
    {401, "malformed_identity", "The identity headers cannot be read."},
    {401, "untrusted_proxy", "The identity headers come from an address that is no trusted proxy."},
    {403, "group_not_allowed", "The caller is in no allowed group."},
    {403, "namespace_not_allowed", "The caller may not do this in this namespace."},
    {403, "cross_site", "A browser sent this from another site."},
    {403, "forbidden", "The caller may not do this."},
    {404, "no_such_route", "There is nothing at this path."},
    {404, "pvc_not_found", "There is no such PVC, and no backup of one."},
    {404, "no_backup", "There is no such backup, or none that is complete."},
    {404, "operation_not_found", "There is no such operation (any more)."},
    {404, "namespace_not_found", "The target namespace does not exist."},
    {404, "not_found", "Something that the request needs does not exist."},
    {405, "method_not_allowed", "The path does not take this method; `Allow` names those that it takes."},
    {408, "request_timeout", "The request did not arrive in time; the connection is closed."},
    {409, "operation_running", "Another operation is at work on the same PVC; `detail` names it."},
    {409, "target_exists", "The target PVC exists, and is not touched."},
    {409, "already_finished", "The operation has ended; there is nothing to cancel."},
    {409, "conflict", "Somebody else changed the same thing at the same time; look again."},
    {412, "plan_changed", "The plan is none of those that `If-Match` names; nothing was started."},
    {413, "body_too_large", "The body is larger than 64 KiB."},
    {414, "target_too_long", "The request line is longer than 16 KiB."},
    {415, "unsupported_media_type", "The body is not plain UTF-8 `application/json`."},
    {417, "expectation_failed", "`Expect` asks for something other than `100-continue`."},
    {422, "missing_field", "The cluster does not tell what this field would: name it."},
    {422, "unsupported_field", "The driver cannot honour this field."},
    {422, "pvc_required", "This driver needs `pvc`."},
    {422, "target_pvc_required", "This driver needs `target_pvc`."},
    {422, "driver_not_configured", "The service has no driver of this name."},
    {422, "reserved_tag", "A tag's key is reserved."},
    {422, "pvc_not_bound", "The PVC has no volume yet."},
    {422, "pvc_terminating", "The PVC is being deleted."},
    {422, "not_longhorn", "The PVC's volume is not one of Longhorn's."},
    {422, "volume_missing", "Longhorn has no volume of the name that the PVC's volume carries."},
    {422, "volume_faulted", "None of the volume's replicas can be read."},
    {422, "volume_standby", "The volume is a standby of another one."},
    {422, "volume_restoring", "The volume is still being restored."},
    {422, "volume_deleting", "The volume is being deleted."},
    {422, "backup_target_not_configured", "Longhorn has no URL for the volume's backup target."},
    {422, "backup_not_completed", "The backup has not finished, or failed."},
    {422, "foreign_backup", "The backup is another PVC's; `allow_foreign` allows it."},
    {422, "encryption_secret_unknown", "The backup is encrypted, and nothing names the Secret of its key."},
    {422, "block_volume", "The PVC has no file system (volumeMode Block), and restic backs up files."},
    {422, "pvc_in_use", "The PVC may be used by one Pod alone (ReadWriteOncePod), and one uses it."},
    {422, "ambiguous_snapshot", "`snapshot` begins the ids of several snapshots; `detail` names them."},
    {422, "too_large", "The backup is larger than a restore test without `target_pvc` may write."},
    {422, "secret_missing", "The Secret with the repository's keys is not there."},
    {422, "secret_incomplete", "The Secret lacks a key, or its password is empty or the example's."},
    {422, "wrong_password", "The repository has another password than the Secret's."},
    {422, "repository_refused", "The store refuses the Secret's keys."},
    {422, "namespace_terminating", "The target namespace is being deleted."},
    {422, "refused_by_cluster", "Kubernetes would refuse an object that this makes."},
    {422, "quota_exceeded", "A quota of the namespace is used up."},
    {422, "admission_refused", "An admission policy of the cluster refuses it."},
    {422, "unprocessable", "The cluster's state does not allow it."},
    {429, "throttled", "Kubernetes or Longhorn is being asked too much; `Retry-After` says when to come back."},
    {431, "headers_too_large", "The headers are larger than 16 KiB together, or more than 100."},
    {500, "internal", "A bug of this service; its log says more under the request's id."},
    {501, "not_implemented", "A transfer coding other than `chunked`."},
    {502, "upstream_refused", "Kubernetes or Longhorn refuses this service."},
    {502, "upstream_bad_answer", "Kubernetes or Longhorn gave an answer that makes no sense."},
    {503, "upstream_unavailable", "Kubernetes or Longhorn cannot be reached."},
    {503, "authorization_unavailable", "Kubernetes does not tell now whether the caller may do this."},
    {503, "backup_target_unavailable", "Longhorn cannot reach its backup target."},
    {503, "backup_volume_not_synced", "Longhorn does not know enough of the backup yet."},
    {503, "repository_unavailable", "What restic's repository holds is not known (yet)."},
    {503, "try_again", "It did not work this time, and nothing was changed."},
    {503, "too_many_connections", "All connections of this service are in use."},
    {503, "shutting_down", "This replica is stopping; another one answers."},
    {504, "upstream_timeout", "Kubernetes or Longhorn did not answer in time."},
    {504, "outcome_unknown", "A change was sent and its answer was lost: look before trying again."},
    {505, "http_version_not_supported", "The request is not HTTP/1.0 or HTTP/1.1."},
};
// clang-format on

} // namespace

std::span<const problem_code> problem_codes() {
    return codes;
}

bool is_problem_code(int status, std::string_view code) {
    return std::ranges::any_of(codes, [&](const auto& each) { return each.status == status && each.code == code; });
}

} // namespace soteria::web
