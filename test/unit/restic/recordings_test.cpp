// What real restics wrote in each situation, and what is made of it.
#include "recordings.hpp"

#include <soteria/restic/verdict.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace soteria;
using namespace soteria::restic;
using restic::test::recording;

namespace {

struct expectation {
    const char* name;
    role what;
    verdict::kind kind;
    const char* code;
    const char* words; // part of the message
};

using enum verdict::kind;

const std::vector<expectation> expectations{
    {"init_new", role::init, complete, "", "complete"},
    {"init_again", role::init, complete, "", "there already"},
    {"init_wrong_secret_key", role::init, failed, "repository_refused", "signature"},
    {"backup_empty", role::backup, complete, "", "0 files in snapshot"},
    {"backup_first", role::backup, complete, "", "42 files in snapshot"},
    {"backup_incremental", role::backup, complete, "", "43 files in snapshot"},
    {"backup_with_progress", role::backup, complete, "", "44 files in snapshot"},
    {"backup_dry_run", role::backup, failed, "restic_failed", "--dry-run"},
    {"backup_no_source", role::backup, failed, "restic_failed", "all target directories/files do not exist"},
    {"backup_unreadable", role::backup, incomplete, "", "/data/secret (open: Permission denied)"},
    {"backup_interrupted", role::backup, failed, "restic_failed", "exit code 130"},
    {"backup_repository_missing", role::backup, failed, "repository_missing", "SOTERIA_RESTIC_REPOSITORY"},
    {"backup_bucket_missing", role::backup, failed, "repository_missing", "bucket does not exist"},
    {"backup_wrong_password", role::backup, failed, "wrong_password", "RESTIC_PASSWORD"},
    {"backup_unreachable", role::backup, failed, "repository_unreachable", "connection refused"},
    {"backup_unknown_host", role::backup, failed, "repository_unreachable", "no such host"},
    {"backup_wrong_secret_key", role::backup, failed, "repository_refused", "signature"},
    {"backup_unknown_access_key", role::backup, failed, "repository_refused", "AWS_ACCESS_KEY_ID"},
    {"backup_locked", role::backup, failed, "repository_locked", "exclusively by PID"},
    {"unlock_repository_missing", role::backup, failed, "repository_missing", "no repository"},
    {"unlock_stale", role::list, complete, "", "complete"},
    {"unlock_again", role::list, complete, "", "complete"},
    {"unlock_none", role::list, complete, "", "complete"},
    {"restore", role::restore, complete, "", "complete"},
    {"restore_verified", role::restore, complete, "", "complete"},
    {"restore_missing_id", role::restore, failed, "restic_failed", "not in the repository"},
    {"restore_without_rights", role::restore, failed, "restic_failed", "permission denied"},
    {"restore_no_space", role::restore, failed, "no_space", "too small"},
    {"tag_incomplete", role::mark, complete, "", "complete"},
    {"tag_missing_id", role::mark, failed, "restic_failed", "not in the repository"},
    {"forget", role::forget, complete, "", "complete"},
    {"forget_nothing", role::forget, complete, "", "complete"},
    {"forget_incomplete", role::forget, complete, "", "complete"},
    {"forget_prune", role::forget, complete, "", "complete"},
    {"forget_locked", role::forget, failed, "repository_locked", "exclusively by PID"},
    {"list_empty", role::list, complete, "", "complete"},
    {"list_snapshots", role::list, complete, "", "complete"},
    {"list_repository_missing", role::list, failed, "repository_missing", "no repository"},
    {"list_bucket_missing", role::list, failed, "repository_missing", "bucket does not exist"},
    {"list_wrong_password", role::list, failed, "wrong_password", "RESTIC_PASSWORD"},
    {"list_unreachable", role::list, failed, "repository_unreachable", "connection refused"},
    {"list_unknown_host", role::list, failed, "repository_unreachable", "no such host"},
    {"list_wrong_secret_key", role::list, failed, "repository_refused", "signature"},
    {"list_unknown_access_key", role::list, failed, "repository_refused", "AWS_ACCESS_KEY_ID"},
    {"snapshots_empty", role::list, complete, "", "complete"},
    {"snapshots_all", role::list, complete, "", "complete"},
    {"snapshots_some", role::list, complete, "", "complete"},
};

verdict verdict_on(const recording& recorded, role what) {
    command_state command;
    command.name = "restic";
    command.now = command_state::state::ended;
    command.exit_code = recorded.exit_code;
    command.said = restic::test::read(recorded.log).value();
    evidence all;
    all.what = what;
    all.subject = "the work";
    all.pod_name = "pod";
    all.pod_phase = recorded.exit_code == 0 ? "Succeeded" : "Failed";
    all.commands.push_back(std::move(command));
    return judge(all);
}

const output& said_in(const std::string& version, const std::string& name) {
    static std::map<std::string, output> known;
    const auto key = version + "/" + name;
    if (!known.contains(key))
        known[key] = restic::test::read(restic::test::load(version, name).log).value();
    return known.at(key);
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_real_restics_wrote)

BOOST_AUTO_TEST_CASE(means_the_same_in_both_versions) {
    for (const auto& version : restic::test::versions) {
        for (const auto& wanted : expectations) {
            const auto recorded = restic::test::load(version, wanted.name);
            const auto one = verdict_on(recorded, wanted.what);
            BOOST_TEST((one.what == wanted.kind), recorded.title() << ": " << one.message);
            BOOST_TEST(one.code == wanted.code, recorded.title() << ": " << one.message);
            BOOST_TEST(one.message.find(wanted.words) != std::string::npos, recorded.title() << ": " << one.message);
        }
    }
}

BOOST_AUTO_TEST_CASE(is_judged_in_every_recording) {
    std::set<std::string> judged;
    for (const auto& wanted : expectations)
        judged.insert(wanted.name);
    for (const auto& version : restic::test::versions)
        for (const auto& each : restic::test::all_recordings(version))
            BOOST_TEST(judged.contains(each.name), "no verdict is expected for " << each.title());
}

BOOST_AUTO_TEST_CASE(names_the_snapshot_of_a_backup_and_what_it_added) {
    for (const auto& version : restic::test::versions) {
        const auto& first = said_in(version, "backup_first").backup.value();
        const auto& second = said_in(version, "backup_incremental").backup.value();
        BOOST_TEST(first.snapshot_id.size() >= 8U, version);
        BOOST_TEST(first.files_new == 42, version);
        BOOST_TEST(first.bytes_processed == 161110, version);
        BOOST_TEST(second.files_new == 1, version);
        BOOST_TEST(second.files_unmodified == 42, version);
        BOOST_TEST(second.bytes_added < first.bytes_added / 10, version);
    }
}

BOOST_AUTO_TEST_CASE(names_the_unreadable_files_exactly) {
    const std::set<std::string> wanted{"/data/closed", "/data/secret"};
    for (const auto& version : restic::test::versions) {
        const auto& said = said_in(version, "backup_unreadable");
        BOOST_TEST((std::set<std::string>(said.unreadable.begin(), said.unreadable.end()) == wanted), version);
        BOOST_TEST(said.unreadable_count == 2, version);
    }
}

BOOST_AUTO_TEST_CASE(shows_progress_in_a_backup) {
    for (const auto& version : restic::test::versions) {
        const auto& said = said_in(version, "backup_with_progress");
        BOOST_TEST(said.progress.value().bytes_total.value() > 24 << 20, version);
        BOOST_TEST(said.files_total.value() == 44, version);
    }
}

BOOST_AUTO_TEST_CASE(counts_what_a_restore_of_0_16_has_written) {
    const auto& said = said_in("0.16.4", "restore_verified");
    BOOST_TEST(said.restore.value().files_restored == said.restore.value().files_total);
    BOOST_TEST(said.restore.value().bytes_restored == 161110);
}

BOOST_AUTO_TEST_CASE(names_every_file_that_found_no_room) {
    for (const auto& version : restic::test::versions) {
        const auto& said = said_in(version, "restore_no_space");
        BOOST_TEST(said.unreadable_count > 10, version);
        for (const auto& path : said.unreadable)
            BOOST_TEST(path.starts_with("/data/"), version << ": " << path);
    }
}

BOOST_AUTO_TEST_CASE(shows_a_marked_snapshot_with_the_id_that_it_had) {
    for (const auto& version : restic::test::versions) {
        const auto before = said_in(version, "backup_unreadable").backup.value().snapshot_id;
        int marked = 0;
        BOOST_REQUIRE(restic::test::read(restic::test::load(version, "snapshots_all").log, 0, [&](const snapshot& one) {
            if (!one.incomplete())
                return;
            ++marked;
            BOOST_TEST(one.original.starts_with(before), version);
            BOOST_TEST(one.id != one.original, version);
        }));
        BOOST_TEST(marked == 1, version);
    }
}

BOOST_AUTO_TEST_SUITE_END()
