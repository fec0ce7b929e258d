// What the environment says, in types. Immutable once loaded; the defaults stand in the table of variables.hpp only
// (defaults() gives them).
#pragma once

#include <soteria/base/network.hpp>
#include <soteria/base/secret.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace soteria::config {

// Read only by the restic driver, which exists where `repository` is not empty.
struct restic_settings {
    std::string repository; // as restic gets it: with a host in it ("s3:https://s3.example/bucket/path")
    std::string secret_name;
    std::string image;
    std::vector<std::string> backup_args;
    std::vector<std::string> forget_args;
    std::string s3_endpoint; // is in `repository` already
    std::string s3_region;
    std::chrono::milliseconds refresh{0}; // how often the repository is listed
    std::chrono::seconds job_ttl{0};
    std::map<std::string, std::string> job_node_selector;
    std::string job_service_account;
    std::string job_security;    // baseline, restricted
    std::string job_cpu_request; // quantities
    std::string job_cpu_limit;
    std::string job_memory_request;
    std::string job_memory_limit;
    std::vector<std::string> job_pull_secrets;
    std::int64_t restore_test_max_bytes = 0;
};

struct settings {
    std::string backup_driver;        // longhorn, restic: what a request gets that names none
    bool longhorn = false;            // the longhorn driver exists: it is the default, or its URL was given
    std::string longhorn_url;         // without a slash at the end
    std::string longhorn_backup_mode; // incremental, full
    std::string secret_namespace;     // empty: the service's own
    restic_settings restic;

    std::string listen_address; // "[address]:port", checked
    std::string tls_cert_file;  // both or neither; empty: plain HTTP
    std::string tls_key_file;
    bool auth_required = false;
    std::vector<std::string> allowed_groups; // as written; empty: no group is allowed
    std::vector<secret_string> bearer_tokens;
    std::vector<network> trusted_proxies; // empty: any peer
    std::string authorization;            // groups, rbac

    std::chrono::duration<double> backup_max_age{0};
    std::chrono::milliseconds metrics_refresh{0};
    std::chrono::seconds backup_timeout{0};
    std::chrono::seconds restore_timeout{0};
    std::chrono::seconds stall{0};
    std::chrono::seconds shutdown{0};
    std::chrono::milliseconds lease{0};    // how long the leader's lease holds without renewal
    std::chrono::hours history{0};         // finished records are kept so long ...
    std::int64_t history_count = 0;        // ... and at most so many
    std::int64_t max_running_backups = 0;  // 0: no limit (Jobs of restic: 10)
    std::int64_t max_running_restores = 0; // 0: no limit (Jobs of restic: 10)

    std::string log_level;
    std::string log_format;
};

} // namespace soteria::config
