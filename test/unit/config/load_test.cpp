// The environment: every variable, its default, its effect and its refusals.
#include <soteria/config/load.hpp>
#include <soteria/config/variables.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace soteria;
using config::settings;

namespace {

settings with(const std::string& name, const std::string& value) {
    return config::load({{name, value}}).value().values;
}

settings with_all(const config::environment& from) {
    return config::load(from).value().values;
}

bool warned_of(const config::loaded& outcome, const std::string& what) {
    return std::ranges::any_of(outcome.warnings,
                               [&what](const std::string& each) { return each.find(what) != std::string::npos; });
}

std::string refusal(const std::string& name, const std::string& value) {
    const auto outcome = config::load({{name, value}});
    return outcome ? "accepted" : outcome.error().message;
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// One good value of each variable, what shows that it arrived, and the same for an empty environment.
struct effect {
    std::string name;
    std::string value;
    std::string (*shown)(const settings&);
    std::string expected;
    std::string by_default;
};

std::string number(std::int64_t value) {
    return std::to_string(value);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += "[" + word + "]";
    return text;
}

const std::vector<effect> effects = {
    {"SOTERIA_BACKUP_DRIVER", "longhorn", [](const settings& s) { return s.backup_driver; }, "longhorn", "longhorn"},
    {"SOTERIA_LONGHORN_URL", "https://longhorn.example/api/", [](const settings& s) { return s.longhorn_url; },
     "https://longhorn.example/api", "http://longhorn-backend.longhorn-system.svc:9500"},
    {"SOTERIA_LONGHORN_BACKUP_MODE", "full", [](const settings& s) { return s.longhorn_backup_mode; }, "full",
     "incremental"},
    {"SOTERIA_RESTIC_REPOSITORY", "s3:s3.example/atlas", [](const settings& s) { return s.restic.repository; },
     "s3:s3.example/atlas", ""},
    {"SOTERIA_RESTIC_SECRET_NAME", "keys", [](const settings& s) { return s.restic.secret_name; }, "keys",
     "soteria-restic"},
    {"SOTERIA_SECRET_NAMESPACE", "vault", [](const settings& s) { return s.secret_namespace; }, "vault", ""},
    {"SOTERIA_RESTIC_IMAGE", "restic:1", [](const settings& s) { return s.restic.image; }, "restic:1",
     "restic/restic:0.16.4"},
    {"SOTERIA_RESTIC_BACKUP_ARGS", "--one-file-system  --exclude=/data/tmp",
     [](const settings& s) { return joined(s.restic.backup_args); }, "[--one-file-system][--exclude=/data/tmp]", ""},
    {"SOTERIA_RESTIC_FORGET_ARGS", "--keep-daily 7 --prune",
     [](const settings& s) { return joined(s.restic.forget_args); }, "[--keep-daily][7][--prune]", ""},
    {"SOTERIA_S3_ENDPOINT", "s3.example", [](const settings& s) { return s.restic.s3_endpoint; }, "s3.example", ""},
    {"SOTERIA_S3_REGION", "eu-1", [](const settings& s) { return s.restic.s3_region; }, "eu-1", ""},
    {"SOTERIA_JOB_TTL_SECONDS", "60", [](const settings& s) { return number(s.restic.job_ttl.count()); }, "60",
     "86400"},
    {"SOTERIA_JOB_NODE_SELECTOR", "disk=ssd, zone=a",
     [](const settings& s) {
         std::string text;
         for (const auto& [key, value] : s.restic.job_node_selector)
             text += "[" + key + ":" + value + "]";
         return text;
     },
     "[disk:ssd][zone:a]", ""},
    {"SOTERIA_JOB_SERVICE_ACCOUNT", "runner", [](const settings& s) { return s.restic.job_service_account; }, "runner",
     ""},
    {"SOTERIA_JOB_SECURITY", "restricted", [](const settings& s) { return s.restic.job_security; }, "restricted",
     "baseline"},
    {"SOTERIA_JOB_CPU_REQUEST", "250m", [](const settings& s) { return s.restic.job_cpu_request; }, "250m", "100m"},
    {"SOTERIA_JOB_CPU_LIMIT", "1500m", [](const settings& s) { return s.restic.job_cpu_limit; }, "1500m", "2"},
    {"SOTERIA_JOB_MEMORY_REQUEST", "1Gi", [](const settings& s) { return s.restic.job_memory_request; }, "1Gi",
     "256Mi"},
    {"SOTERIA_JOB_MEMORY_LIMIT", "512Mi", [](const settings& s) { return s.restic.job_memory_limit; }, "512Mi", "2Gi"},
    {"SOTERIA_JOB_PULL_SECRETS", "registry, mirror.example",
     [](const settings& s) { return joined(s.restic.job_pull_secrets); }, "[registry][mirror.example]", ""},
    {"SOTERIA_RESTIC_REFRESH_SECONDS", "60", [](const settings& s) { return number(s.restic.refresh.count()); },
     "60000", "900000"},
    {"SOTERIA_LISTEN_ADDR", "[::1]:9", [](const settings& s) { return s.listen_address; }, "[::1]:9", ":8080"},
    {"SOTERIA_AUTH_REQUIRED", "TRUE", [](const settings& s) { return number(s.auth_required); }, "1", "0"},
    {"SOTERIA_ALLOWED_GROUPS", " /ops ,, dev", [](const settings& s) { return joined(s.allowed_groups); },
     "[/ops][dev]", "[admin][maintenance]"},
    {"SOTERIA_AUTH_BEARER_TOKENS", "first, second",
     [](const settings& s) {
         std::string text;
         for (const auto& token : s.bearer_tokens)
             text += "[" + std::string(token.reveal()) + "]";
         return text;
     },
     "[first][second]", ""},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "1.5", [](const settings& s) { return std::to_string(s.backup_max_age.count()); },
     "5400.000000", "86400.000000"},
    {"SOTERIA_METRICS_REFRESH_SECONDS", "30", [](const settings& s) { return number(s.metrics_refresh.count()); },
     "30000", "300000"},
    {"SOTERIA_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8, 192.0.2.1",
     [](const settings& s) {
         std::string text;
         for (const auto& range : s.trusted_proxies)
             text += "[" + range.text() + "]";
         return text;
     },
     "[10.0.0.0/8][fd00::/8][192.0.2.1]", ""},
    {"SOTERIA_AUTHORIZATION", "groups", [](const settings& s) { return s.authorization; }, "groups", "groups"},
    {"SOTERIA_LOG_LEVEL", "debug", [](const settings& s) { return s.log_level; }, "debug", "info"},
    {"SOTERIA_LOG_FORMAT", "text", [](const settings& s) { return s.log_format; }, "text", "json"},
    {"SOTERIA_BACKUP_TIMEOUT_SECONDS", "7", [](const settings& s) { return number(s.backup_timeout.count()); }, "7",
     "86400"},
    {"SOTERIA_RESTORE_TIMEOUT_SECONDS", "8", [](const settings& s) { return number(s.restore_timeout.count()); }, "8",
     "86400"},
    {"SOTERIA_STALL_SECONDS", "9", [](const settings& s) { return number(s.stall.count()); }, "9", "1800"},
    {"SOTERIA_SHUTDOWN_SECONDS", "10", [](const settings& s) { return number(s.shutdown.count()); }, "10", "25"},
    {"SOTERIA_HISTORY_HOURS", "48", [](const settings& s) { return number(s.history.count()); }, "48", "720"},
    {"SOTERIA_HISTORY_COUNT", "12", [](const settings& s) { return number(s.history_count); }, "12", "10000"},
    {"SOTERIA_MAX_RUNNING_BACKUPS", "3", [](const settings& s) { return number(s.max_running_backups); }, "3", "0"},
    {"SOTERIA_MAX_RUNNING_RESTORES", "4", [](const settings& s) { return number(s.max_running_restores); }, "4", "0"},
    {"SOTERIA_RESTORE_TEST_MAX_BYTES", "1Mi", [](const settings& s) { return number(s.restic.restore_test_max_bytes); },
     "1048576", "10737418240"},
    {"SOTERIA_LEASE_SECONDS", "20", [](const settings& s) { return number(s.lease.count()); }, "20000", "15000"},
};

std::ostream& operator<<(std::ostream& out, const effect& each) {
    return out << each.name;
}

// name, value, part of the message
struct bad_value {
    std::string name;
    std::string value;
    std::string says;
};

const std::vector<bad_value> bad_values = {
    {"SOTERIA_BACKUP_DRIVER", "Longhorn", "must be one of: longhorn, restic"},
    {"SOTERIA_LONGHORN_URL", "longhorn:9500", "must be a URL"},
    {"SOTERIA_LONGHORN_URL", "ftp://longhorn", "must be a URL"},
    {"SOTERIA_LONGHORN_URL", "http://user:pw@longhorn", "without a user name"},
    {"SOTERIA_LONGHORN_URL", "http://longhorn?a=b", "without a user name, a query"},
    {"SOTERIA_LONGHORN_BACKUP_MODE", "fast", "must be one of: incremental, full"},
    {"SOTERIA_RESTIC_SECRET_NAME", "Keys", "must be a Kubernetes name"},
    {"SOTERIA_SECRET_NAMESPACE", "a_b", "must be a Kubernetes name"},
    {"SOTERIA_JOB_TTL_SECONDS", "-1", "whole number from 0"},
    {"SOTERIA_JOB_NODE_SELECTOR", "ssd", "key=value"},
    {"SOTERIA_JOB_NODE_SELECTOR", "a=b,a=c", "twice"},
    {"SOTERIA_JOB_SECURITY", "privileged", "must be one of: baseline, restricted"},
    {"SOTERIA_JOB_CPU_REQUEST", "some", "quantity above zero"},
    {"SOTERIA_JOB_CPU_LIMIT", "0", "quantity above zero"},
    {"SOTERIA_JOB_MEMORY_REQUEST", "-1", "quantity above zero"},
    {"SOTERIA_JOB_MEMORY_LIMIT", "2 GB", "quantity above zero"},
    {"SOTERIA_JOB_PULL_SECRETS", "good,Bad", "\"Bad\" must be a Kubernetes name"},
    {"SOTERIA_RESTIC_REFRESH_SECONDS", "9", "whole number from 10"},
    {"SOTERIA_LISTEN_ADDR", "8080", "[address]:port"},
    {"SOTERIA_LISTEN_ADDR", ":65536", "[address]:port"},
    {"SOTERIA_LISTEN_ADDR", "::1:80", "[address]:port"},
    {"SOTERIA_LISTEN_ADDR", "example.com:80", "[address]:port"},
    {"SOTERIA_LISTEN_ADDR", "localhost:80", "[address]:port"},
    {"SOTERIA_AUTH_REQUIRED", "maybe", "true or false"},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "0", "greater than 0"},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "-1", "greater than 0"},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "24h", "greater than 0"},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "nan", "greater than 0"},
    {"SOTERIA_BACKUP_MAX_AGE_HOURS", "inf", "greater than 0"},
    {"SOTERIA_METRICS_REFRESH_SECONDS", "0", "whole number from 1"},
    {"SOTERIA_METRICS_REFRESH_SECONDS", "1.5", "whole number"},
    {"SOTERIA_TRUSTED_PROXIES", "10.0.0.0/33", "\"10.0.0.0/33\" is none"},
    {"SOTERIA_TRUSTED_PROXIES", "proxy", "\"proxy\" is none"},
    {"SOTERIA_TRUSTED_PROXIES", "10.0.0.0/8,fe80::1%eth0", "\"fe80::1%eth0\" is none"},
    {"SOTERIA_AUTHORIZATION", "none", "must be one of: groups, rbac"},
    {"SOTERIA_AUTHORIZATION", "rbac", "set SOTERIA_AUTH_REQUIRED to true"},
    {"SOTERIA_LOG_LEVEL", "loud", "debug, info, warning, error"},
    {"SOTERIA_LOG_FORMAT", "xml", "json, text"},
    {"SOTERIA_BACKUP_TIMEOUT_SECONDS", "0", "whole number from 1"},
    {"SOTERIA_RESTORE_TIMEOUT_SECONDS", "x", "whole number from 1"},
    {"SOTERIA_STALL_SECONDS", "9999999999", "whole number from 1"},
    {"SOTERIA_SHUTDOWN_SECONDS", "0", "whole number from 1"},
    {"SOTERIA_HISTORY_HOURS", "23", "whole number from 24"},
    {"SOTERIA_HISTORY_COUNT", "0", "whole number from 1"},
    {"SOTERIA_MAX_RUNNING_BACKUPS", "-1", "whole number from 0"},
    {"SOTERIA_MAX_RUNNING_RESTORES", "many", "whole number from 0"},
    {"SOTERIA_RESTORE_TEST_MAX_BYTES", "lots", "must be a size"},
    {"SOTERIA_LEASE_SECONDS", "2", "whole number from 3"},
};

std::ostream& operator<<(std::ostream& out, const bad_value& each) {
    return out << each.name << "=" << each.value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_environment_is_read_into_settings)

BOOST_DATA_TEST_CASE(each_variable_has_its_default_and_its_effect, boost::unit_test::data::make(effects), each) {
    BOOST_TEST(each.shown(config::defaults()) == each.by_default);
    BOOST_TEST(each.shown(with(each.name, each.value)) == each.expected);
    BOOST_TEST(each.shown(with(each.name, " " + each.value + " ")) == each.expected);
}

BOOST_AUTO_TEST_CASE(no_variable_is_left_out_of_these_tests) {
    std::set<std::string> tested{"SOTERIA_TLS_CERT_FILE", "SOTERIA_TLS_KEY_FILE"}; // both or neither, see below
    for (const auto& each : effects)
        tested.insert(each.name);
    for (const auto& each : config::variables())
        BOOST_TEST(tested.contains(std::string(each.name)), each.name << " has no test of its effect");
    BOOST_TEST(tested.size() == config::variables().size());
}

BOOST_DATA_TEST_CASE(a_bad_value_is_refused_by_name_with_what_is_allowed, boost::unit_test::data::make(bad_values),
                     each) {
    const auto message = refusal(each.name, each.value);
    BOOST_TEST(mentions(message, each.name), message);
    BOOST_TEST(mentions(message, each.value), message);
    BOOST_TEST(mentions(message, each.says), message);
}

BOOST_AUTO_TEST_CASE(certificate_and_key_belong_together) {
    const auto both =
        config::load({{"SOTERIA_TLS_CERT_FILE", "/tls/tls.crt"}, {"SOTERIA_TLS_KEY_FILE", "/tls/tls.key"}});
    BOOST_REQUIRE(both);
    BOOST_TEST(both->values.tls_cert_file == "/tls/tls.crt");
    BOOST_TEST(both->values.tls_key_file == "/tls/tls.key");
    BOOST_TEST(config::defaults().tls_cert_file == "");
    for (const std::string alone : {"SOTERIA_TLS_CERT_FILE", "SOTERIA_TLS_KEY_FILE"})
        BOOST_TEST(mentions(refusal(alone, "/tls/x"), "set both or neither"), refusal(alone, "/tls/x"));
}

BOOST_AUTO_TEST_CASE(every_problem_is_in_one_message) {
    const auto outcome = config::load({{"SOTERIA_LOG_LEVEL", "loud"},
                                       {"SOTERIA_LISTEN_ADDR", "nowhere"},
                                       {"SOTERIA_BACKUP_DRIVER", "restic"},
                                       {"SOTERIA_RESTIC_BACKUP_ARGS", "--exclude x --host y"},
                                       {"SOTERIA_JOB_CPU_REQUEST", "3"}});
    BOOST_REQUIRE(!outcome);
    BOOST_TEST((outcome.error().code == errc::invalid));
    for (const std::string name : {"SOTERIA_LOG_LEVEL", "SOTERIA_LISTEN_ADDR", "SOTERIA_RESTIC_REPOSITORY",
                                   "SOTERIA_RESTIC_BACKUP_ARGS", "SOTERIA_JOB_CPU_REQUEST"})
        BOOST_TEST(mentions(outcome.error().message, name), outcome.error().message);
    BOOST_TEST(std::ranges::count(outcome.error().message, '\n') == 5);
}

BOOST_AUTO_TEST_CASE(a_secret_never_stands_in_the_message) {
    const auto message = refusal("SOTERIA_AUTH_BEARER_TOKENS", "good, hush\x01hush");
    BOOST_TEST(mentions(message, "SOTERIA_AUTH_BEARER_TOKENS"), message);
    BOOST_TEST(!mentions(message, "hush"), message);
    BOOST_TEST(!mentions(message, "good"), message);
}

BOOST_AUTO_TEST_CASE(an_empty_value_is_the_default_except_for_the_list_of_groups) {
    BOOST_TEST(with("SOTERIA_LOG_LEVEL", "").log_level == "info");
    BOOST_TEST(with("SOTERIA_ALLOWED_GROUPS", "").allowed_groups.empty());
    BOOST_TEST(with("SOTERIA_ALLOWED_GROUPS", " , ").allowed_groups.empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_variable_is_a_warning) {
    const auto outcome = config::load({{"SOTERIA_BACKUP_DRIVERS", "longhorn"}, {"PATH", "/bin"}}).value();
    BOOST_TEST(warned_of(outcome, "SOTERIA_BACKUP_DRIVERS is not a setting"));
    BOOST_TEST(!warned_of(outcome, "PATH"));
}

BOOST_AUTO_TEST_CASE(what_kubernetes_injects_for_a_service_of_that_name_is_ignored_in_silence) {
    const auto outcome = config::load({{"SOTERIA_SERVICE_HOST", "10.0.0.1"},
                                       {"SOTERIA_SERVICE_PORT", "80"},
                                       {"SOTERIA_SERVICE_PORT_HTTP", "80"},
                                       {"SOTERIA_PORT", "tcp://10.0.0.1:80"},
                                       {"SOTERIA_PORT_80_TCP", "tcp://10.0.0.1:80"},
                                       {"SOTERIA_PORT_80_TCP_ADDR", "10.0.0.1"}});
    for (const auto& name : {"SOTERIA_SERVICE", "SOTERIA_PORT"})
        BOOST_TEST(!warned_of(outcome.value(), name), name);
}

BOOST_AUTO_TEST_CASE(an_open_door_and_headers_believed_from_anybody_are_warnings) {
    const auto with = [](const config::environment& from) { return config::load(from).value(); };
    const auto open = with({});
    BOOST_TEST(warned_of(open, "SOTERIA_AUTH_REQUIRED is false"));
    BOOST_TEST(warned_of(open, "SOTERIA_TRUSTED_PROXIES is empty"));
    const auto required = with({{"SOTERIA_AUTH_REQUIRED", "true"}});
    BOOST_TEST(!warned_of(required, "SOTERIA_AUTH_REQUIRED"));
    BOOST_TEST(warned_of(required, "SOTERIA_TRUSTED_PROXIES is empty"));
    BOOST_TEST(with({{"SOTERIA_AUTH_REQUIRED", "true"}, {"SOTERIA_TRUSTED_PROXIES", "10.0.0.1"}}).warnings.empty());
}

BOOST_AUTO_TEST_CASE(authorization_by_kubernetes_needs_callers_that_are_known) {
    BOOST_TEST(with_all({{"SOTERIA_AUTHORIZATION", "rbac"}, {"SOTERIA_AUTH_REQUIRED", "true"}}).authorization ==
               "rbac");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_settings_document_themselves)

BOOST_AUTO_TEST_CASE(both_printed_forms_name_every_variable_with_its_default_and_meaning) {
    const auto help = config::help_text();
    const auto markdown = config::help_markdown();
    for (const auto& each : config::variables()) {
        const std::string name(each.name);
        BOOST_TEST(mentions(help, name + "  ["), name);
        BOOST_TEST(mentions(help, std::string(each.help)), name);
        BOOST_TEST(mentions(markdown, "| `" + name + "` | "), name);
        BOOST_TEST(mentions(markdown, "`" + std::string(each.default_text)), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
