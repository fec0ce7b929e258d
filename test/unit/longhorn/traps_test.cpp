// The ways in which Longhorn misleads its clients, in order of harm; one test each.
#include "client_fixture.hpp"
#include "fake_longhorn.hpp"

#include <soteria/async/task_group.hpp>
#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/phase.hpp>
#include <soteria/longhorn/poller.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::longhorn;
using namespace std::chrono_literals;
using test::code_of;
using test::run_to_end;

namespace {

volume recorded_volume(const std::string& name) {
    return *decode<volume>(test::load_recording(name).body());
}

volume last_state(const std::string& name) {
    return *decode<volume>(test::load_recording(name).states.back().body);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(Traps_of_Longhorn, test::client_fixture)

// Deleting answers 200 even if a bound PVC is behind the volume. What protects it is what the volume tells before.
BOOST_AUTO_TEST_CASE(trap_01_deleting_a_volume_takes_its_PVC_so_a_volume_tells_who_uses_it) {
    BOOST_TEST(test::load_recording("vol-delete-with-bound-pvc").status() == 200);
    const auto used = recorded_volume("vol-get-with-pv");
    BOOST_TEST(!used.kubernetes.pv_name.empty());
    BOOST_TEST(used.kubernetes.last_pvc_reference_at.empty());
    BOOST_TEST(!used.from_backup.empty());
    answers("vol-delete-with-bound-pvc");
    BOOST_TEST(code_of(run_to_end(client.delete_volume("rec-r1", soon()))) == "success");
    BOOST_TEST(http.requests().size() == 1U, "deleting reads nothing by itself: the caller looks first");
}

BOOST_AUTO_TEST_CASE(trap_02_a_backup_volume_is_not_named_like_its_volume) {
    const auto wrong = test::load_recording("backupList-by-volume-name");
    BOOST_TEST(wrong.status() == 200);
    BOOST_TEST(decode_list<backup>(wrong.body())->empty(), "asked by the wrong name Longhorn says: no backups");
    http.on("POST", "*/v1/backupvolumes/rec-big?action=backupListByVolume")
        .answer(200, test::load_recording("backupListByVolume").body());
    BOOST_TEST(run_to_end(client.list_backups("rec-big", soon()))->size() == 1U);
    const auto blank = decode<backup_volume>(test::load_recording("backupvolume-get-by-volume-name").body());
    BOOST_TEST(blank->volume.empty(), "a blank backup volume names no volume");
}

BOOST_AUTO_TEST_CASE(trap_03_a_volume_just_made_does_not_require_a_restore_yet) {
    const auto early = *decode<volume>(test::load_recording("restore-states").states.front().body);
    BOOST_TEST(!early.restore_required);
    BOOST_TEST((restore_phase_of(early).what == restore_phase::kind::not_started));
    const auto posted = recorded_volume("restore-post");
    BOOST_TEST((restore_phase_of(posted).what == restore_phase::kind::not_started));
    BOOST_TEST((restore_phase_of(last_state("restore-states")).what == restore_phase::kind::finished));
}

BOOST_AUTO_TEST_CASE(trap_04_starting_a_backup_is_not_repeated_and_duplicates_are_told_apart) {
    http.next().answer(502).always();
    BOOST_TEST(code_of(run_to_end(client.start_backup("v", "s", {}, "", soon()))) == "outcome_unknown");
    BOOST_TEST(http.requests().size() == 1U);
    BOOST_TEST(!http.requests().at(0).repeatable);
    const auto states = test::load_recording("backup-repeat-same-snapshot-progress").states;
    const auto both = *decode_list<backup>(states.back().body);
    BOOST_TEST(std::ranges::count(both, "big-s1", &backup::snapshot_name) == 3);
    BOOST_TEST(backup_phase_of(both, "big-s1").chosen.name == "backup-9e73f95eeb824e65");
}

BOOST_AUTO_TEST_CASE(trap_05_nearly_every_failure_is_500_and_a_missing_volume_has_no_body) {
    next_answers("vol-create-name-exists");
    volume_request asked;
    asked.name = "rec-a";
    const auto taken = run_to_end(client.create_volume(asked, soon()));
    BOOST_TEST(code_of(taken) == "conflict");
    BOOST_TEST(taken.error().reason == "already_exists");
    BOOST_TEST(taken.error().upstream_status == 500);
    next_answers("vol-get-unknown");
    BOOST_TEST(code_of(run_to_end(client.get_volume("nope", soon()))) == "not_found");
    next_answers("path-unknown").always(); // a wrong base URL is no missing volume
    BOOST_TEST(code_of(run_to_end(client.get_volume("nope", soon()))) == "bad_answer");
}

BOOST_AUTO_TEST_CASE(trap_06_completed_is_not_done_without_details_and_a_first_restore_may_come_too_early) {
    backup one;
    one.name = "b";
    one.snapshot_name = "s";
    one.state = "Completed";
    one.progress = 100;
    BOOST_TEST((backup_phase_of(one).what == backup_phase::kind::running));
    one.url = "s3://b";
    BOOST_TEST((backup_phase_of(one).what == backup_phase::kind::running));
    one.created_at = parse_rfc3339("2026-01-01T00:00:00Z");
    BOOST_TEST((backup_phase_of(one).what == backup_phase::kind::completed));
    next_answers("vol-create-fromBackup-right-after-first-backup");
    volume_request asked;
    asked.name = "rec-early";
    const auto early = run_to_end(client.create_volume(asked, soon()));
    BOOST_TEST(code_of(early) == "retry");
    BOOST_TEST(early.error().reason == "backup_volume_missing");
}

BOOST_AUTO_TEST_CASE(trap_07_encryption_is_not_inferred_so_it_is_always_said) {
    http.next().answer(200, R"({"name":"v1"})");
    volume_request asked;
    asked.name = "v1";
    asked.encrypted = true;
    (void)run_to_end(client.create_volume(asked, soon()));
    BOOST_TEST(boost::json::parse(http.requests().at(0).body).at("encrypted").as_bool());
    // The file system and volume mode are not asked of Longhorn at all: it would assume ext4 on a Filesystem.
    BOOST_TEST(http.requests().at(0).url.find("pvCreate") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(trap_08_the_size_that_was_asked_for_is_not_the_size_that_was_made) {
    const auto asked = boost::json::parse(test::load_recording("restore-post").request_body);
    BOOST_TEST(asked.at("size").as_string() == "1073741824");
    next_answers("restore-post");
    volume_request request;
    request.name = "rec-r1";
    request.size_bytes = 1073741824;
    const auto made = run_to_end(client.create_volume(request, soon()));
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->size_bytes == 536870912);
}

BOOST_AUTO_TEST_CASE(trap_09_a_restore_without_an_end_stays_restoring_and_is_never_taken_for_finished) {
    volume stuck;
    stuck.name = "v";
    stuck.restore_initiated = stuck.restore_required = true;
    for (const auto* state : {"", "attaching", "attached", "detaching", "detached"}) {
        stuck.state = state;
        BOOST_TEST((restore_phase_of(stuck).what == restore_phase::kind::restoring));
    }
    BOOST_TEST((restore_phase_of(last_state("restore-broken-midway-states")).what == restore_phase::kind::failed));
}

BOOST_AUTO_TEST_CASE(trap_10_a_snapshots_error_while_attaching_is_no_failure) {
    const auto states = test::load_recording("snapshotCRGet-detached-ok-until-ready").states;
    const auto waiting = *decode<snapshot>(states.at(1).body);
    BOOST_TEST(!waiting.error.empty());
    BOOST_TEST(!snapshot_phase_of(waiting).ready);
    BOOST_TEST(snapshot_phase_of(*decode<snapshot>(states.back().body)).ready);
    http.next().answer(200, states.at(1).body);
    BOOST_TEST(code_of(run_to_end(client.get_snapshot("rec-i", "i-s1", soon()))) == "success");
}

BOOST_AUTO_TEST_CASE(trap_11_a_dead_target_is_told_at_once_or_by_the_backups_state) {
    next_answers("snapshotBackup-target-unavailable");
    const auto refused = run_to_end(client.start_backup("rec-big", "big-s1", {}, "", soon()));
    BOOST_TEST(code_of(refused) == "unavailable");
    BOOST_TEST(refused.error().reason == "backup_target_unavailable");
    next_answers("snapshotBackup-s3-down-not-noticed");
    BOOST_TEST(code_of(run_to_end(client.start_backup("rec-big", "big-s1", {}, "", soon()))) == "success");
    const auto later = *decode_list<backup>(test::load_recording("backup-s3-down-progress").states.back().body);
    const auto one = std::ranges::find(later, "backup-a8f8dde17d054882", &backup::name);
    BOOST_REQUIRE((one != later.end()));
    BOOST_TEST((backup_phase_of(*one).what == backup_phase::kind::failed));
    BOOST_TEST(backup_phase_of(*one).text.find("connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(trap_12_names_that_Longhorn_would_change_are_not_sent) {
    for (const auto* name : {"rec-this-is-a-name-with-far-more-than-forty-chars-01", "Rec-Upper", "rec_a", "rec.dot",
                             "-rec", "rec-", "r", ""}) {
        volume_request asked;
        asked.name = name;
        BOOST_TEST(code_of(run_to_end(client.create_volume(asked, soon()))) == "invalid", '"' << name << '"');
    }
    BOOST_TEST(http.requests().empty());
    next_answers("vol-create-name-long"); // and if it changes one all the same
    volume_request asked;
    asked.name = std::string(40, 'a');
    BOOST_TEST(code_of(run_to_end(client.create_volume(asked, soon()))) == "bad_answer");
    next_answers("snapshotCRCreate-duplicate");
    BOOST_TEST(code_of(run_to_end(client.create_snapshot("rec-a", "rec-a-s1", {}, soon()))) == "conflict");
    http.next().answer(200, R"({"name":"s","volume":"somebody-elses"})");
    const auto foreign = run_to_end(client.get_snapshot("v", "s", soon()));
    BOOST_TEST(code_of(foreign) == "conflict");
    BOOST_TEST(foreign.error().reason == "foreign_snapshot");
}

BOOST_AUTO_TEST_CASE(trap_13_a_restored_volume_carries_its_sources_PVC_as_history) {
    const auto one = recorded_volume("vol-get-restored-with-pvc-history");
    BOOST_TEST(one.kubernetes.pvc_name == "pvc-r2");
    BOOST_TEST(!one.kubernetes.last_pvc_reference_at.empty());
    BOOST_TEST(one.kubernetes.pv_name.empty());
    const auto claim = recorded_claim_of(
        {{"KubernetesStatus", R"({"namespace":"a","pvcName":"b","lastPVCRefAt":"2026-01-01T00:00:00Z"})"}});
    BOOST_TEST(claim->history);
}

BOOST_AUTO_TEST_CASE(trap_14_links_are_never_followed) {
    answers("volumes-list-mixed");
    BOOST_TEST(test::load_recording("volumes-list-mixed").body().find("http://10.89.0.") != std::string::npos);
    (void)run_to_end(client.list_volumes(soon()));
    next_answers("vol-get-detached");
    (void)run_to_end(client.get_volume("rec-a", soon()));
    next_answers("trailing-slash").always(); // a redirect is not followed either
    BOOST_TEST(code_of(run_to_end(client.get_volume("rec-a", soon()))) == "bad_answer");
    for (const auto& asked : http.requests())
        BOOST_TEST(asked.url.starts_with("http://longhorn.test:9500/v1/"));
}

// Nothing but plain requests is used, so an event that gets lost cannot matter: a change is seen by the next poll.
BOOST_AUTO_TEST_CASE(trap_15_changes_are_seen_by_polling_alone) {
    boost::asio::io_context context;
    test::fake_longhorn longhorn;
    poll_settings settings;
    settings.follow = 1ms;
    poller polls(context.get_executor(), longhorn, settings);
    async::task_group group(context.get_executor());
    group.spawn("poller", [&] { return polls.run(); });
    const auto following = polls.follow_volumes();
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (polls.current()->volumes.asked_at == poll_time{} && std::chrono::steady_clock::now() < end)
        context.run_one_for(100ms);
    longhorn.add_volume("new");
    while (polls.current()->find_volume("new") == nullptr && std::chrono::steady_clock::now() < end)
        context.run_one_for(100ms);
    BOOST_TEST(polls.current()->find_volume("new") != nullptr);
    boost::asio::co_spawn(context, group.stop(async::deadline::after(10s)), [](const std::exception_ptr&, bool) {});
    context.run_for(10s);
    BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
