#include "parsers.hpp"

#include <soteria/config/variables.hpp>

#include <limits>

namespace soteria::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t day = 86'400;
constexpr std::int64_t year = 366 * day;

problem free_text(std::string& into, std::string_view text) {
    into = text;
    return {};
}

// clang-format off
const variable table[] = {
    {.name = "SOTERIA_BACKUP_DRIVER", .default_text = "longhorn",
     .help = "Who makes backups where a request names no driver: longhorn or restic. The other one serves too where "
             "SOTERIA_LONGHORN_URL or SOTERIA_RESTIC_REPOSITORY is set.",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.backup_driver, t, {"longhorn", "restic"}); }},
    {.name = "SOTERIA_LONGHORN_URL", .default_text = "http://longhorn-backend.longhorn-system.svc:9500",
     .help = "Where the Longhorn manager's API is.",
     .parse = [](settings& s, std::string_view t) { return parse_url(s.longhorn_url, t); }},
    {.name = "SOTERIA_LONGHORN_BACKUP_MODE", .default_text = "incremental",
     .help = "incremental sends changed blocks, full sends every block again.",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.longhorn_backup_mode, t, {"incremental", "full"}); }},
    {.name = "SOTERIA_RESTIC_REPOSITORY",
     .help = "restic only: the repository, such as s3:s3.us-west-004.backblazeb2.com/atlas-backups; with SOTERIA_S3_ENDPOINT "
             "also s3:<bucket>[/path]. Required for the restic driver.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.restic.repository, t); }},
    {.name = "SOTERIA_RESTIC_SECRET_NAME", .default_text = "soteria-restic",
     .help = "restic only: the Secret with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and RESTIC_PASSWORD.",
     .parse = [](settings& s, std::string_view t) { return parse_object_name(s.restic.secret_name, t); }},
    {.name = "SOTERIA_SECRET_NAMESPACE",
     .help = "restic only: the namespace of that Secret; nothing means the service's own.",
     .parse = [](settings& s, std::string_view t) { return parse_object_name(s.secret_namespace, t); }},
    {.name = "SOTERIA_RESTIC_IMAGE", .default_text = "restic/restic:0.16.4",
     .help = "restic only: the image that its Jobs run.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.restic.image, t); }},
    {.name = "SOTERIA_RESTIC_BACKUP_ARGS",
     .help = "restic only: further arguments of restic backup, separated by blanks; none of --host, --tag, --group-by, --repo, "
             "--password*, --json, --stdin*, --path.",
     .parse = [](settings& s, std::string_view t) { return parse_words(s.restic.backup_args, t); }},
    {.name = "SOTERIA_RESTIC_FORGET_ARGS",
     .help = "restic only: arguments of restic forget after each backup, such as --keep-daily 7 --prune, with the same "
             "exceptions; nothing means no forget.",
     .parse = [](settings& s, std::string_view t) { return parse_words(s.restic.forget_args, t); }},
    {.name = "SOTERIA_S3_ENDPOINT",
     .help = "restic only: the S3 endpoint, a host or a URL; a repository that names a bucket alone is there, one that names "
             "a host must name the same.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.restic.s3_endpoint, t); }},
    {.name = "SOTERIA_S3_REGION",
     .help = "restic only: the S3 region.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.restic.s3_region, t); }},
    {.name = "SOTERIA_JOB_TTL_SECONDS", .default_text = "86400", .unit = "seconds",
     .help = "restic only: how long a finished Job stays.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.restic.job_ttl, t, 0, year, seconds(1)); }},
    {.name = "SOTERIA_JOB_NODE_SELECTOR",
     .help = "restic only: key=value,key=value that a Job's node must carry.",
     .parse = [](settings& s, std::string_view t) { return parse_selector(s.restic.job_node_selector, t); }},
    {.name = "SOTERIA_JOB_SERVICE_ACCOUNT",
     .help = "restic only: the service account of the Jobs.",
     .parse = [](settings& s, std::string_view t) { return parse_object_name(s.restic.job_service_account, t); }},
    {.name = "SOTERIA_JOB_SECURITY", .default_text = "baseline",
     .help = "restic only: baseline (the Jobs run as root with the few capabilities that reading and restoring any file takes) "
             "or restricted (as nobody: what it may not read makes a backup incomplete, and restores do not set owners).",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.restic.job_security, t, {"baseline", "restricted"}); }},
    {.name = "SOTERIA_JOB_CPU_REQUEST", .default_text = "100m",
     .help = "restic only: the CPU that a Job asks for, a quantity.",
     .parse = [](settings& s, std::string_view t) { return parse_amount(s.restic.job_cpu_request, t, "500m"); }},
    {.name = "SOTERIA_JOB_CPU_LIMIT", .default_text = "2",
     .help = "restic only: the CPU that a Job may use at most.",
     .parse = [](settings& s, std::string_view t) { return parse_amount(s.restic.job_cpu_limit, t, "500m"); }},
    {.name = "SOTERIA_JOB_MEMORY_REQUEST", .default_text = "256Mi",
     .help = "restic only: the memory that a Job asks for, a quantity.",
     .parse = [](settings& s, std::string_view t) { return parse_amount(s.restic.job_memory_request, t, "512Mi"); }},
    {.name = "SOTERIA_JOB_MEMORY_LIMIT", .default_text = "2Gi",
     .help = "restic only: the memory that a Job may use at most; restic holds the index of the whole repository.",
     .parse = [](settings& s, std::string_view t) { return parse_amount(s.restic.job_memory_limit, t, "512Mi"); }},
    {.name = "SOTERIA_JOB_PULL_SECRETS",
     .help = "restic only: names of the Secrets that the Jobs pull their image with, separated by commas; each is looked for "
             "in the Job's namespace.",
     .parse = [](settings& s, std::string_view t) { return parse_object_names(s.restic.job_pull_secrets, t); }},
    {.name = "SOTERIA_RESTIC_REFRESH_SECONDS", .default_text = "900", .unit = "seconds",
     .help = "restic only: how often the repository is listed, besides after each backup.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.restic.refresh, t, 10, day, milliseconds(1000)); }},
    {.name = "SOTERIA_LISTEN_ADDR", .default_text = ":8080",
     .help = "[address]:port to serve on; without an address all of them, v4 and v6; port 0 takes a free one and logs it.",
     .parse = [](settings& s, std::string_view t) { return parse_listen(s.listen_address, t); }},
    {.name = "SOTERIA_AUTH_REQUIRED", .default_text = "false",
     .help = "true: everything but /healthz, /readyz and /metrics needs an identity.",
     .parse = [](settings& s, std::string_view t) { return parse_bool(s.auth_required, t); }},
    {.name = "SOTERIA_ALLOWED_GROUPS", .default_text = "admin,maintenance", .empty_counts = true,
     .help = "Groups whose members may call; set to nothing, no group may. Not asked where SOTERIA_AUTHORIZATION is rbac.",
     .parse = [](settings& s, std::string_view t) { s.allowed_groups = comma_list(t); return problem(); }},
    {.name = "SOTERIA_AUTH_BEARER_TOKENS", .secret = true,
     .help = "Tokens that may call, separated by commas.",
     .parse = [](settings& s, std::string_view t) { return parse_tokens(s.bearer_tokens, t); }},
    {.name = "SOTERIA_BACKUP_MAX_AGE_HOURS", .default_text = "24", .unit = "hours",
     .help = "How old the newest backup may be before a PVC counts as stale; decimals are allowed.",
     .parse = [](settings& s, std::string_view t) { return parse_hours(s.backup_max_age, t); }},
    {.name = "SOTERIA_METRICS_REFRESH_SECONDS", .default_text = "300", .unit = "seconds",
     .help = "How often all of Longhorn's volumes and backups are read.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.metrics_refresh, t, 1, day, milliseconds(1000)); }},
    {.name = "SOTERIA_TRUSTED_PROXIES",
     .help = "Networks (CIDRs) whose identity headers are believed; nothing means any peer.",
     .parse = [](settings& s, std::string_view t) { return parse_networks(s.trusted_proxies, t); }},
    {.name = "SOTERIA_AUTHORIZATION", .default_text = "groups",
     .help = "Who may do what: groups (an allowed group or token may do everything), or rbac (a token may do everything, "
             "others in each namespace what Kubernetes' RBAC grants them on backups.soteria.dev and restores.soteria.dev).",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.authorization, t, {"groups", "rbac"}); }},
    {.name = "SOTERIA_TLS_CERT_FILE",
     .help = "A PEM file with the certificate chain to serve HTTPS with; read anew when it changes. Nothing means plain HTTP.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.tls_cert_file, t); }},
    {.name = "SOTERIA_TLS_KEY_FILE",
     .help = "A PEM file with the key of that certificate, without a passphrase.",
     .parse = [](settings& s, std::string_view t) { return free_text(s.tls_key_file, t); }},
    {.name = "SOTERIA_LOG_LEVEL", .default_text = "info",
     .help = "debug, info, warning or error.",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.log_level, t, {"debug", "info", "warning", "error"}); }},
    {.name = "SOTERIA_LOG_FORMAT", .default_text = "json",
     .help = "json (an object a line) or text.",
     .parse = [](settings& s, std::string_view t) { return parse_word(s.log_format, t, {"json", "text"}); }},
    {.name = "SOTERIA_BACKUP_TIMEOUT_SECONDS", .default_text = "86400", .unit = "seconds",
     .help = "A backup that runs longer fails.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.backup_timeout, t, 1, year, seconds(1)); }},
    {.name = "SOTERIA_RESTORE_TIMEOUT_SECONDS", .default_text = "86400", .unit = "seconds",
     .help = "A restore that runs longer fails and is rolled back.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.restore_timeout, t, 1, year, seconds(1)); }},
    {.name = "SOTERIA_STALL_SECONDS", .default_text = "1800", .unit = "seconds",
     .help = "An operation that makes no progress for so long is shown as stalled, with the cause; after as long again it fails and is rolled back.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.stall, t, 1, year, seconds(1)); }},
    {.name = "SOTERIA_SHUTDOWN_SECONDS", .default_text = "25", .unit = "seconds",
     .help = "The time for an orderly stop; keep it below the Pod's grace period.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.shutdown, t, 1, 3600, seconds(1)); }},
    {.name = "SOTERIA_HISTORY_HOURS", .default_text = "720", .unit = "hours",
     .help = "How long finished operations are kept.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.history, t, 24, 876'000, hours(1)); }},
    {.name = "SOTERIA_HISTORY_COUNT", .default_text = "10000",
     .help = "How many finished operations are kept at most.",
     .parse = [](settings& s, std::string_view t) { return parse_whole(s.history_count, t, 1, 1'000'000); }},
    {.name = "SOTERIA_MAX_RUNNING_BACKUPS", .default_text = "0",
     .help = "How many backups run at once, the rest is queued; 0 means no limit (10 for restic's Jobs).",
     .parse = [](settings& s, std::string_view t) { return parse_whole(s.max_running_backups, t, 0, 1'000'000); }},
    {.name = "SOTERIA_MAX_RUNNING_RESTORES", .default_text = "0",
     .help = "How many restores run at once, the rest is queued; 0 means no limit (10 for restic's Jobs).",
     .parse = [](settings& s, std::string_view t) { return parse_whole(s.max_running_restores, t, 0, 1'000'000); }},
    {.name = "SOTERIA_RESTORE_TEST_MAX_BYTES", .default_text = "10Gi", .unit = "bytes",
     .help = "restic only: the largest restore test into an emptyDir; a quantity is allowed.",
     .parse = [](settings& s, std::string_view t) { return parse_bytes(s.restic.restore_test_max_bytes, t); }},
    {.name = "SOTERIA_LEASE_SECONDS", .default_text = "15", .unit = "seconds",
     .help = "How long the leader's Lease holds without renewal; one call to Longhorn or Kubernetes may take half of it.",
     .parse = [](settings& s, std::string_view t) { return parse_duration(s.lease, t, 3, 600, milliseconds(1000)); }},
};
// clang-format on

} // namespace

std::span<const variable> variables() {
    return table;
}

} // namespace soteria::config
