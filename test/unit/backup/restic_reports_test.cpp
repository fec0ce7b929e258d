#include "source/backup/restic_reports.hpp"

#include <soteria/backup/facts.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::backup;
using namespace std::chrono_literals;

namespace {

const instant ended = *parse_rfc3339("2026-04-12T15:30:10.750000Z");

restic::verdict good_backup() {
    restic::verdict made;
    made.what = restic::verdict::kind::complete;
    made.message = "The backup of ai/x is complete.";
    made.backup = restic::backup_summary{};
    made.backup->snapshot_id = "0123456789abcdef";
    made.backup->files_processed = 120;
    made.backup->bytes_processed = 5000;
    made.backup->bytes_added = 10;
    made.backup->seconds = 0.5;
    return made;
}

std::string fact(const step_report& report, std::string_view key) {
    const auto found = report.facts.find(std::string(key));
    return found == report.facts.end() ? std::string() : found->second;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reports_of_verdicts)

BOOST_AUTO_TEST_CASE(a_backup_brings_its_snapshot_its_numbers_and_the_time_of_its_data_to_the_fraction) {
    const auto report = backup_made(good_backup(), ended);
    BOOST_TEST((report.what == step_report::outcome::done));
    BOOST_TEST(fact(report, facts::backup) == "0123456789abcdef");
    BOOST_TEST(fact(report, facts::files) == "120");
    BOOST_TEST(fact(report, facts::bytes) == "5000");
    BOOST_TEST(fact(report, facts::bytes_added) == "10");
    BOOST_TEST(fact(report, facts::seconds) == "0.5");
    BOOST_TEST(fact(report, facts::backup_created_at) == "2026-04-12T15:30:10.250000Z");
    BOOST_TEST(fact(report, facts::incomplete).empty());
}

BOOST_AUTO_TEST_CASE(an_incomplete_one_keeps_the_sentence_that_names_the_files) {
    auto verdict = good_backup();
    verdict.what = restic::verdict::kind::incomplete;
    verdict.message = "The backup of ai/x is incomplete: 1 file could not be read: /data/a.";
    BOOST_TEST(fact(backup_made(verdict, ended), facts::incomplete) == verdict.message);
}

BOOST_AUTO_TEST_CASE(a_restore_tells_what_it_wrote_in_how_long_and_whether_that_was_verified) {
    restic::verdict verdict;
    verdict.what = restic::verdict::kind::complete;
    verdict.restore = restic::restore_summary{};
    verdict.restore->files_restored = 3;
    verdict.restore->bytes_restored = 3000;
    const auto report = restore_made(verdict, true, ended - 2500ms, ended);
    BOOST_TEST(fact(report, facts::restored_files) == "3");
    BOOST_TEST(fact(report, facts::restored_bytes) == "3000");
    BOOST_TEST(fact(report, facts::seconds) == "2.5");
    BOOST_TEST(fact(report, facts::verified) == "true");
    BOOST_TEST(fact(restore_made(verdict, false, std::nullopt, ended), facts::verified) == "false");
}

BOOST_AUTO_TEST_CASE(a_pod_that_runs_where_restic_tells_no_progress_is_no_stall) {
    restic::verdict verdict;
    verdict.running = true;
    BOOST_TEST(still_running(verdict, "restic is restoring", 1s).patient);
    verdict.progress = domain::progress{.percent = 5, .bytes_done = {}, .bytes_total = {}, .eta_seconds = {}};
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).patient);
    verdict.progress->percent = 100; // it reads all of it again
    BOOST_TEST(still_running(verdict, "restic is restoring", 1s).patient);
    verdict.code = "repository_unreachable";
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).patient);
    BOOST_TEST(still_running(verdict, "restic is restoring", 1s).code == "repository_unreachable");
}

BOOST_AUTO_TEST_CASE(a_pod_whose_log_cannot_be_read_is_not_seen) {
    restic::verdict verdict;
    verdict.running = true;
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).unseen);
    verdict.code = "log_unreadable";
    BOOST_TEST(still_running(verdict, "restic is restoring", 1s).unseen);
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).patient);
    const auto report = could_not_look(failure(errc::forbidden, "pods/log is forbidden"), 1s);
    BOOST_TEST(report.unseen);
    BOOST_TEST((report.what == step_report::outcome::retry));
    BOOST_TEST(report.code == "forbidden");
}

BOOST_AUTO_TEST_CASE(a_pod_that_does_not_start_is_one_whatever_is_known_of_the_cause) {
    restic::verdict verdict;
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).patient);
    verdict.code = "image_unavailable";
    BOOST_TEST(!still_running(verdict, "restic is restoring", 1s).patient);
    BOOST_TEST(!own_job_waits(verdict, "making the repository", 1s).patient);
    BOOST_TEST(own_job_waits(verdict, "making the repository", 1s).code == "image_unavailable");
}

BOOST_AUTO_TEST_CASE(a_short_job_that_waits_its_turn_is_patient) {
    restic::verdict verdict;
    BOOST_TEST(own_job_waits(verdict, "making the repository", 1s).message == "making the repository");
    verdict.message = "waiting for the Job ai/other, which backs up";
    BOOST_TEST(own_job_waits(verdict, "making the repository", 1s).patient);
    BOOST_TEST(own_job_waits(verdict, "making the repository", 1s).message == verdict.message);
}

BOOST_AUTO_TEST_SUITE_END()
