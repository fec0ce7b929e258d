#include <soteria/restic/verdict.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria;
using namespace soteria::restic;

namespace {

using state = command_state::state;

command_state ended(const std::string& name, int exit_code, output said = {}) {
    command_state one;
    one.name = name;
    one.now = state::ended;
    one.exit_code = exit_code;
    one.said = std::move(said);
    return one;
}

command_state standing(const std::string& name, state now, const std::string& reason = "") {
    command_state one;
    one.name = name;
    one.now = now;
    one.reason = reason;
    return one;
}

output saying(std::vector<std::string> words) {
    output said;
    said.words = std::move(words);
    return said;
}

output with_snapshot() {
    output said;
    said.backup = backup_summary{.snapshot_id = "0123456789", .files_processed = 6};
    return said;
}

evidence of(std::vector<command_state> commands, role what = role::backup) {
    evidence all;
    all.what = what;
    all.subject = "the backup of ai/llm-cache";
    all.pod_name = "pod-1";
    const bool over = std::ranges::all_of(commands, [](const auto& each) { return each.now == state::ended; });
    all.pod_phase = commands.empty() ? "Pending" : (over ? "Succeeded" : "Running");
    all.image = "restic/restic:0.16.4";
    all.commands = std::move(commands);
    return all;
}

// Ended with that code, and words that name what must be named.
void is(const verdict& one, verdict::kind kind, const std::string& code, const std::string& words) {
    BOOST_TEST((one.what == kind), one.message);
    BOOST_TEST(one.code == code, one.message);
    BOOST_TEST(one.message.find(words) != std::string::npos, one.message);
    BOOST_TEST(one.message.back() == '.', one.message);
    BOOST_TEST(one.message.find("..") == std::string::npos, one.message);
}

using enum verdict::kind;

} // namespace

BOOST_AUTO_TEST_SUITE(the_verdict_on_a_listing)

BOOST_AUTO_TEST_CASE(holds_the_ids_that_were_listed) {
    output said;
    said.ids = {"first", "second"};
    const auto one = judge(of({ended("list", 0, said)}, role::list));
    BOOST_TEST((one.what == complete));
    BOOST_TEST(one.ids == said.ids, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_verdict_on_a_backup)

BOOST_AUTO_TEST_CASE(is_complete_once_all_commands_ended_well_and_a_snapshot_is_named) {
    const auto one = judge(of({ended("unlock", 0), ended("backup", 0, with_snapshot())}));
    is(one, complete, "", "The backup of ai/llm-cache is complete: 6 files in snapshot 01234567");
    BOOST_TEST(one.backup.value().snapshot_id == "0123456789");
    BOOST_TEST(one.progress.value().percent == 100);
}

BOOST_AUTO_TEST_CASE(is_incomplete_with_exit_code_3_and_names_the_files) {
    auto said = with_snapshot();
    said.unreadable = {"/data/a"};
    said.unreadable_why = {"open: Permission denied"};
    said.unreadable_count = 1;
    const auto one = judge(of({ended("unlock", 0), ended("backup", 3, said)}));
    is(one, incomplete, "", "1 file could not be read: /data/a (open: Permission denied).");
    BOOST_TEST(one.backup.value().snapshot_id == "0123456789");
    BOOST_TEST(one.unreadable.at(0) == "/data/a");
    BOOST_TEST(one.unreadable_count == 1);
}

BOOST_AUTO_TEST_CASE(is_incomplete_also_where_the_exit_code_hides_it) {
    auto said = with_snapshot();
    said.unreadable = {"/data/a"};
    said.unreadable_why = {""};
    said.unreadable_count = 12;
    is(judge(of({ended("backup", 0, said)})), incomplete, "", "12 files could not be read: /data/a and 11 more");
    is(judge(of({ended("backup", 3, with_snapshot())})), incomplete, "", "its log does not name them");
}

BOOST_AUTO_TEST_CASE(is_not_taken_from_the_exit_code_alone) {
    is(judge(of({ended("backup", 0)})), failed, "pod_lost", "which snapshot it made is not known");
    auto command = ended("backup", 0);
    command.said.reset();
    is(judge(of({command})), failed, "pod_lost", "which snapshot it made is not known");
    is(judge(of({ended("backup", 0, saying({"no healthy upstream"}))})), failed, "pod_lost",
       "which snapshot it made is not known");
    is(judge(of({ended("backup", 3)})), failed, "pod_lost", "could not read some files");
    is(judge(of({ended("backup", 3, saying({"no healthy upstream"}))})), failed, "pod_lost",
       "could not read some files");
    output dry = with_snapshot();
    dry.backup->snapshot_id.clear();
    is(judge(of({ended("backup", 0, dry)})), failed, "restic_failed", "made no snapshot");
}

BOOST_AUTO_TEST_CASE(stands_though_the_deadline_passed_right_after_it) {
    auto all = of({ended("unlock", 0), ended("backup", 0, with_snapshot())});
    all.job_failed = true;
    all.job_reason = "DeadlineExceeded";
    is(judge(all), complete, "", "complete");
}

BOOST_AUTO_TEST_CASE(fails_by_the_first_command_that_did) {
    is(judge(of({ended("unlock", 1, saying({"Fatal: wrong password or no key found"})),
                 standing("backup", state::waiting)})),
       failed, "wrong_password", "RESTIC_PASSWORD");
}

BOOST_AUTO_TEST_CASE(tells_what_killed_it) {
    auto killed = ended("backup", 137);
    killed.reason = "OOMKilled";
    is(judge(of({killed})), failed, "out_of_memory", "SOTERIA_JOB_MEMORY_LIMIT");
    auto late = of({ended("backup", 130, saying({"signal interrupt received, cleaning up"}))});
    late.job_failed = true;
    late.job_reason = "DeadlineExceeded";
    is(judge(late), failed, "deadline_exceeded", "time limit");
    auto evicted = of({ended("backup", 137)});
    evicted.pod_phase = "Failed";
    evicted.pod_reason = "Evicted";
    evicted.pod_message = "The node was low on resource: memory.";
    is(judge(evicted), failed, "evicted", "low on resource");
}

BOOST_AUTO_TEST_CASE(tells_when_the_image_has_no_restic) {
    auto wrong = ended("unlock", 128);
    wrong.reason = "StartError";
    wrong.message = "exec: \"restic\": executable file not found in $PATH";
    is(judge(of({wrong})), failed, "image_unavailable", "executable file not found");
}

BOOST_AUTO_TEST_CASE(tells_restics_last_words_where_they_mean_nothing_known) {
    is(judge(of({ended("backup", 1, saying({"Fatal: all target directories/files do not exist", "also: this"}))})),
       failed, "restic_failed", "exit code 1: all target directories/files do not exist");
    is(judge(of({ended("backup", 2)})), failed, "restic_failed", "exit code 2");
}

BOOST_AUTO_TEST_CASE(is_unknown_where_the_pod_is_gone) {
    auto all = of({});
    all.pod_name.clear();
    all.pod_phase.clear();
    all.job_complete = true;
    is(judge(all), failed, "pod_lost", "its Pod is gone");
    BOOST_TEST(!judge(all).may_lack_files);
    all.job_complete = false;
    all.job_failed = true;
    is(judge(all), failed, "pod_lost", "its Pod is gone");
    BOOST_TEST(judge(all).may_lack_files, "restic, which knew, did not end well");
    all.job_reason = "DeadlineExceeded";
    is(judge(all), failed, "deadline_exceeded", "time limit");
}

BOOST_AUTO_TEST_CASE(tells_that_a_node_refused_its_pod) {
    auto all = of({standing("backup", state::waiting)});
    all.pod_phase = "Failed";
    all.pod_reason = "NodeAffinity";
    all.pod_message = "Predicate NodeAffinity failed";
    is(judge(all), failed, "refused_by_cluster", "Predicate NodeAffinity failed");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_verdict_on_what_has_not_ended)

BOOST_AUTO_TEST_CASE(says_how_far_it_is) {
    auto running = standing("backup", state::running);
    output said;
    said.progress =
        domain::progress{.percent = 42, .bytes_done = 1288490189, .bytes_total = 3221225472, .eta_seconds = 9};
    said.files_done = 410;
    said.files_total = 900;
    running.said = said;
    const auto one = judge(of({ended("unlock", 0), running}));
    is(one, waiting, "", "The backup of ai/llm-cache is running: 42 %, 1.2 GiB of 3.0 GiB, 410 of 900 files.");
    BOOST_TEST(one.progress.value().eta_seconds.value() == 9);
    BOOST_TEST(one.running);
    BOOST_TEST(one.files_done.value() == 410);
}

BOOST_AUTO_TEST_CASE(is_not_complete_before_its_pod_has_ended) {
    auto all = of({ended("unlock", 0)});
    all.pod_phase = "Pending"; // its status does not name the second container yet
    is(judge(all), waiting, "", "is being started");
}

BOOST_AUTO_TEST_CASE(says_that_the_store_makes_it_wait) {
    auto running = standing("backup", state::running);
    running.said = saying({"Save(<data/0123456789>) returned error, retrying after 1.2s: connection reset by peer"});
    is(judge(of({running})), waiting, "repository_unreachable",
       "restic tries again: Save(<data/0123456789>) returned error");
    running.said = saying({"Save(<data/0123456789>) returned error, retrying after 1.2s: connection reset by peer",
                           "Save(<data/0123456789>) operation successful after 1 retries"});
    is(judge(of({running})), waiting, "", "is running (backup).");
    auto silent = of({running});
    silent.log_unreadable = "dial tcp 10.0.0.1:10250: connect: connection refused";
    is(judge(silent), waiting, "log_unreadable",
       "is running (backup); its log cannot be read: dial tcp 10.0.0.1:10250: connect: connection refused.");
}

BOOST_AUTO_TEST_CASE(says_which_command_runs) {
    is(judge(of({standing("unlock", state::running), standing("backup", state::waiting, "PodInitializing")})), waiting,
       "", "is running (unlock)");
}

BOOST_AUTO_TEST_CASE(says_that_there_is_no_image) {
    for (const auto* reason : {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}) {
        auto pulled = standing("unlock", state::waiting, reason);
        pulled.message = "not found";
        is(judge(of({pulled, standing("backup", state::waiting)})), waiting, "image_unavailable",
           "restic/restic:0.16.4");
    }
}

BOOST_AUTO_TEST_CASE(says_what_the_scheduler_says) {
    auto all = of({});
    all.unschedulable = "0/3 nodes are available: 3 Insufficient memory.";
    is(judge(all), waiting, "unschedulable", "0/3 nodes are available: 3 Insufficient memory.");
}

BOOST_AUTO_TEST_CASE(says_what_the_newest_event_says) {
    auto all = of(
        {standing("unlock", state::waiting, "PodInitializing"), standing("backup", state::waiting, "PodInitializing")});
    all.warnings = {"FailedScheduling: 0/1 nodes are available", "FailedMount: volume attachment is being deleted",
                    "SomethingElse: hm"};
    is(judge(all), waiting, "volume_not_mounted", "volume attachment is being deleted");
    all = of({});
    all.pod_name.clear();
    all.warnings = {"FailedCreate: pods \"x\" is forbidden: exceeded quota"};
    is(judge(all), waiting, "refused_by_cluster", "exceeded quota");
}

BOOST_AUTO_TEST_CASE(says_that_nothing_stands_in_the_way) {
    is(judge(of({standing("unlock", state::waiting, "ContainerCreating")})), waiting, "", "is being started");
    auto all = of({});
    all.pod_name.clear();
    is(judge(all), waiting, "", "has no Pod yet");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_verdict_on_other_jobs)

BOOST_AUTO_TEST_CASE(on_a_restore_names_what_could_not_be_written) {
    output said = saying({"Fatal: There were 2 errors"});
    said.unreadable = {"/data/a", "/data/b"};
    said.unreadable_why = {"lchown: operation not permitted", ""};
    said.unreadable_count = 2;
    const auto one = judge(of({ended("restore", 1, said)}, role::restore));
    is(one, failed, "restic_failed",
       "2 files could not be restored as they were: /data/a (lchown: operation not permitted), /data/b");
    BOOST_TEST(one.unreadable_count == 2);
    is(judge(of({ended("restore", 0, said)}, role::restore)), failed, "restic_failed", "2 files could not be restored");
    said.unreadable_why = {"write: no space left on device", ""};
    is(judge(of({ended("restore", 1, said)}, role::restore)), failed, "no_space", "the target is too small");
}

BOOST_AUTO_TEST_CASE(on_a_restore_counts_what_was_restored) {
    output said;
    said.restore = restore_summary{8, 8, 4096, 4096};
    const auto one = judge(of({ended("unlock", 0), ended("restore", 0, said)}, role::restore));
    is(one, complete, "", "is complete");
    BOOST_TEST(one.restore.value().files_restored == 8);
    BOOST_TEST(one.progress.value().bytes_done.value() == 4096);
}

BOOST_AUTO_TEST_CASE(on_a_mark_is_complete_only_if_a_snapshot_was_marked) {
    is(judge(of({ended("mark", 0, saying({"modified tags on 1 snapshots"}))}, role::mark)), complete, "", "complete");
    is(judge(of({ended("mark", 0, saying({"no snapshots were modified"}))}, role::mark)), failed, "restic_failed",
       "not in the repository");
}

BOOST_AUTO_TEST_CASE(on_an_init_takes_a_repository_that_is_there_already) {
    is(judge(of({ended("init", 1,
                       saying({"Fatal: create key in repository at s3:x failed: repository master key and config "
                               "already initialized"}))},
                role::init)),
       complete, "", "there already");
    is(judge(of({ended("init", 1, saying({"Fatal: create repository at s3:x failed: Access Denied."}))}, role::init)),
       failed, "repository_refused", "Access Denied");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_meaning_of_restics_words)

BOOST_AUTO_TEST_CASE(is_unreachable_though_restic_asks_for_the_repository_in_the_same_breath) {
    const auto meaning =
        meaning_of({"Fatal: unable to open config file: Stat: Get \"http://s3:9000/b/\": dial tcp 10.0.0.1:9000: "
                    "connect: connection refused",
                    "Is there a repository at the following location?", "s3:http://s3:9000/b"},
                   1);
    BOOST_TEST(meaning.value().code == "repository_unreachable");
    BOOST_TEST(meaning.value().message.find("connect: connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_who_holds_the_lock_and_since_when) {
    const auto meaning =
        meaning_of({"unable to create lock in backend: repository is already locked exclusively by PID 7 on "
                    "laptop by root (UID 0, GID 0)",
                    "lock was created at 2026-04-12 15:30:00 (3m0s ago)", "storage ID 1234"},
                   1);
    BOOST_TEST(meaning.value().code == "repository_locked");
    BOOST_TEST(meaning.value().message.find(
                   "by PID 7 on laptop by root (UID 0, GID 0); lock was created at 2026-04-12") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_also_in_the_exit_codes_of_later_versions) {
    BOOST_TEST(meaning_of({}, 10).value().code == "repository_missing");
    BOOST_TEST(meaning_of({}, 11).value().code == "repository_locked");
    BOOST_TEST(meaning_of({}, 12).value().code == "wrong_password");
}

BOOST_AUTO_TEST_CASE(is_not_guessed) {
    BOOST_TEST(!meaning_of({"Fatal: something new"}, 1).has_value());
    BOOST_TEST(!meaning_of({}, 1).has_value());
}

BOOST_AUTO_TEST_CASE(knows_how_the_stores_refuse) {
    for (const std::string words :
         {"Stat: Access Denied.", "The AWS Access Key Id you provided does not exist in our records.",
          "The Access Key Id you provided does not exist in our records.", "Malformed Access Key Id", "403 Forbidden",
          "The key 'x' is not valid", "The request signature we calculated does not match the signature you provided."})
        BOOST_TEST(meaning_of({"Fatal: unable to open config file: " + words}, 1).value().code == "repository_refused",
                   words);
}

BOOST_AUTO_TEST_SUITE_END()
