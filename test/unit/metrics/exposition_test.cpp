#include <soteria/metrics/exposition.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <unistd.h>

using namespace soteria;
using namespace std::chrono_literals;
using domain::health;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

struct hand_clock final : clock {
    instant time = noon;

    [[nodiscard]] instant now() const override { return time; }
};

inventory::row row(const std::string& name, health what, std::optional<instant> last = {}, std::int64_t count = 0) {
    inventory::row made;
    made.pvc = {"ai", name};
    made.volume = "v-" + name;
    made.driver = "longhorn";
    made.health = what;
    made.last_backup_at = last;
    made.backup_count = count;
    return made;
}

std::map<std::string, double> series_of(const std::string& text) {
    std::map<std::string, double> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.rfind(' ');
        if (!line.empty() && line[0] != '#')
            found[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
    }
    return found;
}

struct scraped {
    hand_clock time;
    inventory::report report;
    metrics::refresh_state refresh;
    metrics::service_state service;
    std::vector<domain::operation> operations;
    telemetry::service_counters counters{{"longhorn"}};

    metrics::scrape begin() const {
        return metrics::scrape({
            .inventory = [this] { return std::make_shared<const inventory::report>(report); },
            .refresh = [this] { return refresh; },
            .service = [this] { return service; },
            .each_operation =
                [this](const metrics::operation_visitor& visit) {
                    for (const auto& each : operations)
                        visit(each);
                },
            .counters = counters,
            .time = time,
            .max_age = 24h,
        });
    }

    std::string text() const {
        auto one = begin();
        std::string all;
        while (one.next(all)) {
        }
        return all;
    }

    // Series (name and labels as written) to value.
    std::map<std::string, double> series() const { return series_of(text()); }
};

std::string of(const std::string& name) {
    return R"({namespace="ai",pvc=")" + name + R"(",volume="v-)" + name + R"(",driver="longhorn"})";
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_health_of_each_claim_is_a_series)

BOOST_AUTO_TEST_CASE(a_fresh_one_has_age_health_time_and_count) {
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, noon - 90min, 14)};
    const auto series = s.series();
    BOOST_TEST(series.at("pvc_backup_age_hours" + of("llm-cache")) == 1.5);
    BOOST_TEST(series.at("pvc_backup_health" + of("llm-cache")) == 1);
    BOOST_TEST(series.at("pvc_backup_last_success_timestamp_seconds" + of("llm-cache")) == 1775989800.0);
    BOOST_TEST(series.at("pvc_backup_count" + of("llm-cache")) == 14);
}

BOOST_AUTO_TEST_CASE(a_restore_that_was_compared_has_its_time_and_duration) {
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, noon - 90min, 14), row("other", health::fresh, noon - 90min, 1)};
    s.report.rows[0].verified = inventory::proof{noon - 1h, 12.5, "restic"};
    const auto series = s.series();
    const std::string labels = R"({namespace="ai",pvc="llm-cache",driver="restic"})";
    BOOST_TEST(series.at("soteria_restore_verified_timestamp_seconds" + labels) == 1775991600.0);
    BOOST_TEST(series.at("soteria_restore_verified_duration_seconds" + labels) == 12.5);
    BOOST_TEST(
        !series.contains(R"(soteria_restore_verified_timestamp_seconds{namespace="ai",pvc="other",driver="restic"})"));
}

BOOST_AUTO_TEST_CASE(age_and_health_are_of_the_moment_of_the_scrape) {
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, noon - 23h, 1)};
    s.time.time = noon + 2h;
    const auto series = s.series();
    BOOST_TEST(series.at("pvc_backup_age_hours" + of("llm-cache")) == 25);
    BOOST_TEST(series.at("pvc_backup_health" + of("llm-cache")) == 0);
    BOOST_TEST(series.at(R"(soteria_pvcs{health_reason="stale"})") == 1);
    BOOST_TEST(series.at(R"(soteria_pvcs{health_reason="fresh"})") == 0);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_makes_no_negative_age) {
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, noon + 1h, 1)};
    BOOST_TEST(s.series().at("pvc_backup_age_hours" + of("llm-cache")) == 0);
}

BOOST_AUTO_TEST_CASE(one_never_backed_up_has_no_age) {
    scraped s;
    s.report.rows = {row("new", health::missing)};
    const auto series = s.series();
    BOOST_TEST(!series.contains("pvc_backup_age_hours" + of("new")));
    BOOST_TEST(series.at("pvc_backup_health" + of("new")) == 0);
    BOOST_TEST(series.at("pvc_backup_last_success_timestamp_seconds" + of("new")) == 0);
    BOOST_TEST(series.at("pvc_backup_count" + of("new")) == 0);
}

BOOST_AUTO_TEST_CASE(an_unknown_one_keeps_what_was_last_known_and_is_not_healthy) {
    scraped s;
    s.report.rows = {row("llm-cache", health::unknown, noon - 1h, 3)};
    const auto series = s.series();
    BOOST_TEST(series.at("pvc_backup_age_hours" + of("llm-cache")) == 1);
    BOOST_TEST(series.at("pvc_backup_health" + of("llm-cache")) == 0);
    BOOST_TEST(series.at("pvc_backup_count" + of("llm-cache")) == 3);
}

BOOST_AUTO_TEST_CASE(an_unsupported_one_and_one_that_is_gone_have_none) {
    scraped s;
    s.report.rows = {row("nfs", health::unsupported), row("gone", health::fresh, noon, 3)};
    s.report.rows[1].deleted = true;
    for (const auto& [name, value] : s.series()) {
        BOOST_TEST(name.find("nfs") == std::string::npos, name);
        BOOST_TEST(name.find("gone") == std::string::npos, name);
    }
}

BOOST_AUTO_TEST_CASE(a_volume_may_have_any_name) {
    scraped s;
    s.report.rows = {row("odd", health::missing)};
    s.report.rows[0].volume = "a\"b\\c\nd";
    BOOST_TEST(
        s.series().contains(R"(pvc_backup_count{namespace="ai",pvc="odd",volume="a\"b\\c\nd",driver="longhorn"})"));
}

BOOST_AUTO_TEST_CASE(times_are_written_without_an_exponent_or_loss) {
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, instant(1776000000s), 14)};
    BOOST_TEST(s.text().find("driver=\"longhorn\"} 1776000000\n") != std::string::npos, s.text());
}

BOOST_AUTO_TEST_CASE(claims_are_counted_by_reason_with_every_reason_there) {
    scraped s;
    s.report.rows = {row("a", health::missing), row("b", health::missing), row("c", health::unsupported),
                     row("d", health::unbound)};
    const auto series = s.series();
    const std::map<std::string, double> expected{{"fresh", 0},   {"stale", 0},       {"missing", 2},
                                                 {"unknown", 0}, {"unsupported", 1}, {"unbound", 1}};
    for (const auto& [reason, count] : expected)
        BOOST_TEST(series.at("soteria_pvcs{health_reason=\"" + reason + "\"}") == count, reason);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_the_service_does_is_counted)

BOOST_AUTO_TEST_CASE(refreshes) {
    scraped s;
    BOOST_TEST(s.series().at("soteria_inventory_refresh_timestamp_seconds") == 0);
    s.refresh.failures = 7;
    s.refresh.last_complete = noon;
    BOOST_TEST(s.series().at("soteria_inventory_refresh_failures_total") == 7);
    BOOST_TEST(s.series().at("soteria_inventory_refresh_timestamp_seconds") == 1775995200.0);
}

BOOST_AUTO_TEST_CASE(requests_ends_and_denials_with_every_combination_at_zero) {
    scraped s;
    const auto before = s.series();
    for (const auto& result : telemetry::service_counters::request_results()) {
        const auto with = "{driver=\"longhorn\",result=\"" + result + "\"}";
        BOOST_TEST(before.at("soteria_backup_requests_total" + with) == 0);
        BOOST_TEST(before.at("soteria_restore_requests_total" + with) == 0);
    }
    for (const std::string reason : {"no_identity", "bad_token", "group_not_allowed", "namespace_not_allowed",
                                     "malformed_identity", "untrusted_proxy", "cross_site"})
        BOOST_TEST(before.at("soteria_authz_denials_total{reason=\"" + reason + "\"}") == 0);
    for (const std::string kind : {"backup", "restore", "restore_test"})
        for (const std::string outcome : {"succeeded", "incomplete", "failed", "cancelled"})
            BOOST_TEST(before.at("soteria_operations_total{kind=\"" + kind + "\",driver=\"longhorn\",outcome=\"" +
                                 outcome + "\"}") == 0);
    s.counters.backup_requests.add({"longhorn", "accepted"});
    s.counters.restore_requests.add({"longhorn", "conflict"});
    s.counters.operations.add({"restore", "longhorn", "failed"});
    s.counters.authz_denials.add({"bad_token"});
    const auto after = s.series();
    BOOST_TEST(after.at(R"(soteria_backup_requests_total{driver="longhorn",result="accepted"})") == 1);
    BOOST_TEST(after.at(R"(soteria_restore_requests_total{driver="longhorn",result="conflict"})") == 1);
    BOOST_TEST(after.at(R"(soteria_operations_total{kind="restore",driver="longhorn",outcome="failed"})") == 1);
    BOOST_TEST(after.at(R"(soteria_authz_denials_total{reason="bad_token"})") == 1);
}

BOOST_AUTO_TEST_CASE(records_by_phase_and_those_that_run) {
    scraped s;
    for (const auto phase : {domain::operation_phase::running, domain::operation_phase::running,
                             domain::operation_phase::rolling_back, domain::operation_phase::succeeded}) {
        auto& one = s.operations.emplace_back();
        one.kind = domain::operation_kind::restore;
        one.phase = phase;
    }
    const auto series = s.series();
    BOOST_TEST(series.at(R"(soteria_operations{kind="restore",phase="Running"})") == 2);
    BOOST_TEST(series.at(R"(soteria_operations{kind="restore",phase="RollingBack"})") == 1);
    BOOST_TEST(series.at(R"(soteria_operations{kind="restore",phase="Succeeded"})") == 1);
    BOOST_TEST(series.at(R"(soteria_operations{kind="backup",phase="Running"})") == 0);
    BOOST_TEST(series.at(R"(soteria_operations_running{kind="restore"})") == 3);
    BOOST_TEST(series.at(R"(soteria_operations_running{kind="backup"})") == 0);
}

BOOST_AUTO_TEST_CASE(operations_that_left_something_behind) {
    scraped s;
    auto& one = s.operations.emplace_back();
    one.kind = domain::operation_kind::restore;
    one.leftovers.emplace_back();
    s.operations.emplace_back().kind = domain::operation_kind::restore;
    const auto series = s.series();
    BOOST_TEST(series.at(R"(soteria_operations_with_leftovers{kind="restore"})") == 1);
    BOOST_TEST(series.at(R"(soteria_operations_with_leftovers{kind="backup"})") == 0);
}

BOOST_AUTO_TEST_CASE(operations_that_stand_still_by_driver_and_0_where_none_does) {
    scraped s;
    auto& one = s.operations.emplace_back();
    one.kind = domain::operation_kind::restore;
    one.request.driver = "longhorn";
    one.stalled_since = instant{};
    const auto series = s.series();
    BOOST_TEST(series.at(R"(soteria_operations_stalled{kind="restore",driver="longhorn"})") == 1);
    BOOST_TEST(series.at(R"(soteria_operations_stalled{kind="backup",driver="longhorn"})") == 0);
}

BOOST_AUTO_TEST_CASE(calls_of_the_upstreams_by_what_they_were_for) {
    scraped s;
    s.service.upstream_in_flight = {{"kubernetes", 5}, {"longhorn", 0}};
    s.counters.upstream.record({"longhorn", "poller/refresh", "2xx"}, 20ms);
    s.counters.upstream.record({"longhorn", "poller/refresh", "unavailable"}, 40ms);
    s.counters.upstream.record({"kubernetes", "", "2xx"}, 1ms);
    s.counters.upstream.connected("longhorn", 2);
    const auto series = s.series();
    const std::string total = "soteria_upstream_requests_total";
    BOOST_TEST(series.at(total + R"({upstream="longhorn",purpose="poller/refresh",outcome="2xx"})") == 1);
    BOOST_TEST(series.at(total + R"({upstream="longhorn",purpose="poller/refresh",outcome="unavailable"})") == 1);
    BOOST_TEST(series.at(total + R"({upstream="kubernetes",purpose="other",outcome="2xx"})") == 1);
    const std::string seconds = "soteria_upstream_request_duration_seconds";
    const std::string with = R"({upstream="longhorn",purpose="poller/refresh")";
    BOOST_TEST(series.at(seconds + "_count" + with + "}") == 2);
    BOOST_TEST(series.at(seconds + "_sum" + with + "}") == 0.06, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(series.at(seconds + "_bucket" + with + R"(,le="0.01"})") == 0);
    BOOST_TEST(series.at(seconds + "_bucket" + with + R"(,le="0.025"})") == 1);
    BOOST_TEST(series.at(seconds + "_bucket" + with + R"(,le="+Inf"})") == 2);
    BOOST_TEST(series.at(R"(soteria_upstream_requests_in_flight{upstream="kubernetes"})") == 5);
    BOOST_TEST(series.at(R"(soteria_upstream_connections_opened_total{upstream="longhorn"})") == 2);
    BOOST_TEST(series.at(R"(soteria_upstream_connections_opened_total{upstream="kubernetes"})") == 0);
}

BOOST_AUTO_TEST_CASE(answers_by_route_method_and_class) {
    scraped s;
    s.counters.http.expect("/v1/operations/{id}", "GET");
    s.service.server = {7, 3};
    const std::string total = R"(soteria_http_requests_total{route="/v1/operations/{id}",method="GET",code=)";
    for (const std::string code : {"2xx", "3xx", "4xx", "5xx"})
        BOOST_TEST(s.series().at(total + "\"" + code + "\"}") == 0);
    s.counters.http.record("/v1/operations/{id}", "GET", 404, 20ms);
    s.counters.http.record("none", "BREW", 404, 1ms);
    const auto series = s.series();
    BOOST_TEST(series.at(total + "\"4xx\"}") == 1);
    BOOST_TEST(series.at(R"(soteria_http_requests_total{route="none",method="other",code="4xx"})") == 1);
    BOOST_TEST(series.at(R"(soteria_http_request_duration_seconds_count{route="/v1/operations/{id}"})") == 1);
    BOOST_TEST(series.at(R"(soteria_http_request_duration_seconds_sum{route="/v1/operations/{id}"})") == 0.02);
    BOOST_TEST(series.at("soteria_http_connections") == 7);
    BOOST_TEST(series.at("soteria_http_connections_refused_total") == 3);
}

BOOST_AUTO_TEST_CASE(what_the_event_stream_told) {
    scraped s;
    s.service.events = {5, 3, 1, 12, 2};
    const auto series = s.series();
    BOOST_TEST(series.at(R"(soteria_event_frames_total{event="operation"})") == 5);
    BOOST_TEST(series.at(R"(soteria_event_frames_total{event="inventory"})") == 3);
    BOOST_TEST(series.at(R"(soteria_event_frames_total{event="reset"})") == 1);
    BOOST_TEST(series.at("soteria_event_streams") == 12);
    BOOST_TEST(series.at("soteria_event_streams_cut_off_total") == 2);
}

BOOST_AUTO_TEST_CASE(the_leader_the_checks_and_the_watches) {
    scraped s;
    BOOST_TEST(s.series().at("soteria_leader") == 0);
    s.service.leads = true;
    s.service.checks = {{"kubernetes", true}, {"longhorn", false}};
    s.service.watches = {{"persistentvolumes", true, noon, 2, 40}, {"backups", false, std::nullopt, 0, 0}};
    const auto series = s.series();
    BOOST_TEST(series.at("soteria_leader") == 1);
    BOOST_TEST(series.at(R"(soteria_check_ok{check="kubernetes"})") == 1);
    BOOST_TEST(series.at(R"(soteria_check_ok{check="longhorn"})") == 0);
    const std::string volumes = R"({resource="persistentvolumes"})";
    BOOST_TEST(series.at("soteria_watch_synced" + volumes) == 1);
    BOOST_TEST(series.at("soteria_watch_last_contact_timestamp_seconds" + volumes) == 1775995200.0);
    BOOST_TEST(series.at("soteria_watch_lists_total" + volumes) == 2);
    BOOST_TEST(series.at("soteria_watch_objects" + volumes) == 40);
    const std::string backups = R"({resource="backups"})";
    BOOST_TEST(series.at("soteria_watch_synced" + backups) == 0);
    BOOST_TEST(series.at("soteria_watch_last_contact_timestamp_seconds" + backups) == 0);
}

BOOST_AUTO_TEST_CASE(the_loops_lag) {
    scraped s;
    s.counters.loop_lag.observe(0.001);
    BOOST_TEST(s.series().at("soteria_event_loop_lag_seconds_count") == 1);
    BOOST_TEST(s.series().at(R"(soteria_event_loop_lag_seconds_bucket{le="0.005"})") == 1);
}

BOOST_AUTO_TEST_CASE(the_build_and_the_process) {
    const scraped s;
    const auto series = s.series();
    BOOST_TEST(series.at("soteria_build_info{version=\"" SOTERIA_VERSION "\"}") == 1);
    BOOST_TEST(series.at("process_resident_memory_bytes") > 1e6);
    BOOST_TEST(series.at("process_virtual_memory_bytes") >= series.at("process_resident_memory_bytes"));
    BOOST_TEST(series.at("process_cpu_seconds_total") >= 0);
    BOOST_TEST(series.at("process_open_fds") >= 3);
    BOOST_TEST(series.at("process_max_fds") >= series.at("process_open_fds"));
    const auto now = std::chrono::duration<double>(system_clock().now().time_since_epoch()).count();
    BOOST_TEST(series.at("process_start_time_seconds") <= now + 1);
    BOOST_TEST(series.at("process_start_time_seconds") > now - 3600);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_scrape_in_pieces)

BOOST_AUTO_TEST_CASE(consists_of_whole_lines_none_of_them_much_longer_than_64_kib) {
    scraped s;
    for (int number = 0; number < 3000; ++number)
        s.report.rows.push_back(row("claim-" + std::to_string(number), health::fresh, noon - 1h, 1));
    auto one = s.begin();
    std::string piece;
    std::size_t pieces = 0;
    for (bool more = true; more; ++pieces) {
        piece.clear();
        more = one.next(piece);
        BOOST_TEST((piece.empty() || piece.ends_with("\n"))); // empty: rows that have no series of this family
        BOOST_TEST(piece.size() < 80U * 1024);
    }
    BOOST_TEST(pieces > 15U);
    BOOST_TEST(s.series().size() > 12'000U);
}

BOOST_AUTO_TEST_CASE(gives_way_among_claims_that_have_no_series) {
    scraped s;
    for (int number = 0; number < 3000; ++number)
        s.report.rows.push_back(row("nfs-" + std::to_string(number), health::unsupported));
    auto one = s.begin();
    std::string piece;
    std::size_t pieces = 1;
    while (one.next(piece))
        ++pieces;
    BOOST_TEST(pieces > 10U);
    BOOST_TEST(s.series().at(R"(soteria_pvcs{health_reason="unsupported"})") == 3000);
}

BOOST_AUTO_TEST_CASE(shows_one_inventory_and_one_moment_whatever_happens_meanwhile_and_whoever_else_asks) {
    scraped s;
    for (int number = 0; number < 3000; ++number)
        s.report.rows.push_back(row("claim-" + std::to_string(number), health::fresh, noon - 23h, 1));
    auto first = s.begin();
    std::string text;
    first.next(text);
    s.time.time = noon + 2h;
    s.report.rows.resize(1);
    auto second = s.begin();
    std::string other;
    bool more = true;
    while (more) {
        more = first.next(text);
        second.next(other);
    }
    const auto before = series_of(text);
    BOOST_TEST(before.at("pvc_backup_count" + of("claim-2999")) == 1);
    BOOST_TEST(before.at("pvc_backup_age_hours" + of("claim-2999")) == 23);
    BOOST_TEST(before.at("pvc_backup_health" + of("claim-2999")) == 1);
    BOOST_TEST(before.at(R"(soteria_pvcs{health_reason="fresh"})") == 3000);
    const auto after = s.series();
    BOOST_TEST(after.at("pvc_backup_age_hours" + of("claim-0")) == 25);
    BOOST_TEST(!after.contains("pvc_backup_count" + of("claim-2999")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(prometheus_own_checker)

// The names are part of the contract, also where the checker would choose others.
BOOST_AUTO_TEST_CASE(finds_nothing_but_the_two_names_of_the_contract) {
    BOOST_REQUIRE_MESSAGE(std::system("command -v promtool >/dev/null 2>&1") == 0,
                          "promtool is missing: it is in Debian's package prometheus");
    scraped s;
    s.report.rows = {row("llm-cache", health::fresh, noon - 90min, 14), row("new", health::missing)};
    s.counters.upstream.record({"longhorn", "poller/refresh", "2xx"}, 20ms);
    s.counters.http.record("/healthz", "GET", 200, 1ms);
    s.service.checks = {{"longhorn", false}};
    s.service.watches = {{"backups", true, noon, 1, 1}};
    s.service.upstream_in_flight = {{"longhorn", 1}};
    char name[] = "/tmp/soteria-metrics-XXXXXX";
    const int file = mkstemp(name);
    BOOST_REQUIRE(file >= 0);
    close(file);
    std::ofstream(name) << s.text();
    FILE* checker = popen(("promtool check metrics 2>&1 <" + std::string(name)).c_str(), "r");
    BOOST_REQUIRE(checker != nullptr);
    std::set<std::string> complaints;
    char line[1000];
    while (std::fgets(line, sizeof line, checker) != nullptr)
        complaints.insert(std::string(line).substr(0, std::string(line).find(' ')));
    pclose(checker);
    std::remove(name);
    const std::set<std::string> by_contract{"pvc_backup_age_hours", "pvc_backup_count"};
    for (const auto& complaint : complaints)
        BOOST_TEST(by_contract.contains(complaint), "promtool complains about " << complaint);
    BOOST_TEST(complaints.size() == by_contract.size(), "promtool did not check the text");
}

BOOST_AUTO_TEST_SUITE_END()
