// What each command does to the repository, and in whose way it stands.
#include "fixture.hpp"

namespace simulator {

namespace {

struct with_repository : restic_fixture {
    with_repository() {
        BOOST_TEST(run("init").exit_code == 0);
        mount("/data");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_simulated_restic)

BOOST_FIXTURE_TEST_CASE(needs_a_repository_and_its_password, restic_fixture) {
    BOOST_TEST(run("snapshots --json").says("Is there a repository at the following location?"));
    BOOST_TEST(run("init").exit_code == 0);
    BOOST_TEST(run("init").says("config already initialized"));
    order.environment["RESTIC_PASSWORD"] = "other";
    const auto refused = run("snapshots --json");
    BOOST_TEST(refused.exit_code == 1);
    BOOST_TEST(refused.output == "Fatal: wrong password or no key found\n");
}

BOOST_FIXTURE_TEST_CASE(lists_what_it_backed_up_with_host_tags_and_path, with_repository) {
    const auto id = backed_up();
    BOOST_TEST(id.size() == 64U);
    BOOST_TEST(run("list --no-lock snapshots").output == id + "\n");
    const auto listed = json::parse(run("snapshots --no-lock --json " + id).output).as_array();
    BOOST_REQUIRE(listed.size() == 1U);
    BOOST_TEST(listed[0].at("hostname") == "ai/cache");
    BOOST_TEST(listed[0].at("tags").as_array().size() == 2U);
    BOOST_TEST(listed[0].at("paths").at(0) == "/data");
    BOOST_TEST(run("snapshots --json deadbeef").lines.back() == "[]");
}

BOOST_FIXTURE_TEST_CASE(tells_its_progress_and_reads_only_what_is_new_the_second_time, with_repository) {
    const auto first = run("backup --json --host ai/cache /data");
    BOOST_TEST(first.message("status").at("percent_done").as_double() > 0.5);
    BOOST_TEST(first.message("summary").at("files_new") == 120);
    const auto second = run("backup --json --host ai/cache /data");
    BOOST_TEST(second.message("summary").at("files_new") == 0);
    BOOST_TEST(second.message("summary").at("data_added").as_int64() <
               first.message("summary").at("data_added").as_int64());
}

BOOST_FIXTURE_TEST_CASE(names_what_it_cannot_read_and_ends_with_3, with_repository) {
    order.mounts[0].annotations["simulator.soteria.dev/unreadable"] = "a,private/b";
    const auto seen = run("backup --json --host ai/cache /data");
    BOOST_TEST(seen.exit_code == 3);
    BOOST_TEST(seen.message("error").at("item") == "/data/private/b");
    BOOST_TEST(seen.message("summary").contains("snapshot_id"));
    BOOST_TEST(seen.lines.back() == "Warning: at least one source file could not be read");
}

BOOST_FIXTURE_TEST_CASE(restores_by_id_into_the_mount_below_the_target, with_repository) {
    const auto id = backed_up();
    mount("/restore/data", "u2");
    const auto seen = run("restore " + id + " --target /restore --verify --json");
    BOOST_TEST(seen.exit_code == 0);
    BOOST_TEST(seen.message("summary").at("files_restored") == 120);
    BOOST_TEST(state().at("restored").at("u2").at("snapshot") == json::value(id));
    BOOST_TEST(run("restore deadbeef --target /restore").says("no matching ID found for prefix \"deadbeef\""));
    mount("/restore/data", "u3", 1000);
    BOOST_TEST(run("restore " + id + " --target /restore").says("no space left on device"));
}

BOOST_FIXTURE_TEST_CASE(forgets_by_host_and_tags_only, with_repository) {
    const auto first = backed_up();
    const auto other = backed_up("--host ai/other --tag soteria:namespace=ai,soteria:pvc=other");
    const auto second = backed_up();
    const auto seen = run("forget --host ai/cache --tag soteria:namespace=ai,soteria:pvc=cache --group-by host "
                          "--keep-last 1 --prune");
    BOOST_TEST(seen.exit_code == 0);
    BOOST_TEST(seen.says("remove 1 snapshots"));
    BOOST_TEST(run("list snapshots").output == other + "\n" + second + "\n");
}

BOOST_FIXTURE_TEST_CASE(keeps_the_newest_of_each_day, restic_fixture) {
    player.seed(json::parse(R"({"repository":"s3:http://store/backups","password":"geheim","snapshots":[
        {"namespace":"ai","pvc":"cache","hours":1},{"namespace":"ai","pvc":"cache","hours":2},
        {"namespace":"ai","pvc":"cache","hours":49},{"namespace":"ai","pvc":"cache","hours":97}]})")
                    .as_object());
    BOOST_TEST(run("forget --host ai/cache --keep-daily 2").exit_code == 0);
    BOOST_TEST(run("list snapshots").lines.size() == 2U);
    BOOST_TEST(run("forget --host ai/cache").exit_code == 0);
    BOOST_TEST(run("list snapshots").lines.size() == 2U);
    BOOST_TEST(run("forget --host ai/cache --keep-within 1d").exit_code == 0);
    BOOST_TEST(run("list snapshots").lines.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(another_tag_makes_another_snapshot_that_names_the_first, with_repository) {
    const auto id = backed_up("--host ai/cache --tag soteria:counted");
    const auto seen = run("tag --add soteria:incomplete --remove soteria:counted " + id);
    BOOST_TEST(seen.output == "create exclusive lock for repository\nmodified tags on 1 snapshots\n");
    const auto listed = json::parse(run("snapshots --json").output).as_array();
    BOOST_TEST(listed[0].at("original") == json::value(id));
    BOOST_TEST(listed[0].at("id") != json::value(id));
    BOOST_TEST(listed[0].at("tags").at(0) == "soteria:incomplete");
    BOOST_TEST(run("tag --add x " + id).output.ends_with("no snapshots were modified\n"));
}

BOOST_FIXTURE_TEST_CASE(a_running_backup_keeps_forget_out_but_no_other_backup, with_repository) {
    const auto running = player.start(with("backup --json --host ai/cache /data"));
    (void)running->next();
    BOOST_TEST(locks().size() == 1U);
    BOOST_TEST(run("forget --host x --keep-last 1").says("repository is already locked by PID"));
    BOOST_TEST(run("backup --json --host ai/other /data").exit_code == 0);
    BOOST_TEST(run("list --no-lock snapshots").exit_code == 0);
}

BOOST_FIXTURE_TEST_CASE(sigterm_leaves_the_lock_behind_as_it_does_in_0_14_and_0_16, with_repository) {
    const auto running = player.start(with("backup --json --host ai/cache /data"));
    (void)running->next();
    BOOST_TEST(*running->terminate().exit_code == 2);
    BOOST_TEST(locks().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_hook_that_sends_sigint_makes_it_give_the_lock_back, with_repository) {
    order.pre_stop = {"sh", "-c", "kill -INT 1; sleep 50"};
    const auto running = player.start(with("backup --json --host ai/cache /data"));
    (void)running->next();
    const auto last = running->terminate();
    BOOST_TEST(*last.exit_code == 130);
    BOOST_TEST(last.output.find("cleaning up") != std::string::npos);
    BOOST_TEST(locks().empty());
}

BOOST_FIXTURE_TEST_CASE(a_killed_process_leaves_its_lock_until_it_is_stale, with_repository) {
    (void)player.start(with("backup --json --host ai/cache /data"))->next();
    order.pod = "job-2";
    BOOST_TEST(run("unlock").output.empty());
    BOOST_TEST(run("forget --keep-last 1").exit_code == 1);
    player.seed(
        json::parse(R"({"repository":"s3:http://store/backups","locks":[{"host":"x","hours":1}]})").as_object());
    BOOST_TEST(run("unlock").output == "successfully removed 1 locks\n");
    order.pod = "job-1";
    BOOST_TEST(run("unlock").output == "successfully removed 1 locks\n");
    BOOST_TEST(run("forget --keep-last 1").exit_code == 0);
}

BOOST_FIXTURE_TEST_CASE(fails_as_it_is_told, with_repository) {
    for (const auto& [what, words] :
         {std::pair("wrong_password", "wrong password or no key found"), std::pair("unreachable", "connection refused"),
          std::pair("refused", "access key ID"), std::pair("missing", "Is there a repository"),
          std::pair("locked", "already locked exclusively"), std::pair("no_space", "no space left")}) {
        fault(std::string(R"({"command":"backup","do":")") + what + "\"}");
        const auto seen = run("backup --json --host ai/cache /data");
        BOOST_TEST(seen.exit_code == 1);
        BOOST_TEST(seen.says(words), what << ": " << seen.output);
    }
    fault(R"({"do":"unreadable","host":"ai/cache","times":0})");
    BOOST_TEST(run("backup --json --host ai/other /data").exit_code == 0);
    BOOST_TEST(run("backup --json --host ai/cache /data").exit_code == 3);
    player.control("DELETE", "restic/faults", nullptr);
    BOOST_TEST(run("backup --json --host ai/cache /data").exit_code == 0);
    BOOST_CHECK_THROW(fault(R"({"do":"nothing"})"), std::invalid_argument);
    BOOST_TEST(run("backup --nonsense /data").output == "unknown flag: --nonsense\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
