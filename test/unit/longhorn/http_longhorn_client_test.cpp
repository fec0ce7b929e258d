#include "client_fixture.hpp"

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::longhorn;
using test::code_of;
using test::run_to_end;

namespace {

boost::json::object sent_body(const test::scripted_http_client& http) {
    return boost::json::parse(http.requests().back().body).as_object();
}

volume_request asked_volume() {
    volume_request asked;
    asked.name = "rec-a";
    asked.size_bytes = 67108864;
    asked.number_of_replicas = 1;
    return asked;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(The_Longhorn_client_asks_and_checks, test::client_fixture)

BOOST_AUTO_TEST_CASE(a_request_says_what_it_accepts_and_what_it_is_for) {
    answers("volumes-list-mixed");
    const auto all = run_to_end(client.list_volumes(soon()));
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(!all->empty());
    const auto& asked = http.requests().at(0);
    BOOST_TEST(asked.url == "http://longhorn.test:9500/v1/volumes");
    BOOST_TEST(net::find_header(asked.headers, "Accept") == "application/json");
    BOOST_TEST(asked.purpose == "test");
    BOOST_TEST(asked.repeatable);
}

BOOST_AUTO_TEST_CASE(a_purpose_that_looks_like_a_browser_is_not_sent) {
    answers("volumes-list-empty");
    (void)run_to_end(client.list_volumes(call_options(soon().until, "restore/Mozilla-profile")));
    BOOST_TEST(http.requests().at(0).purpose.empty());
}

BOOST_AUTO_TEST_CASE(a_new_volume_is_asked_for_with_all_that_Longhorn_would_guess_wrong) {
    answers("vol-create-ok");
    auto asked = asked_volume();
    asked.from_backup = "s3://b?backup=x&volume=y";
    asked.access_mode = "rwx";
    asked.encrypted = true;
    const auto made = run_to_end(client.create_volume(asked, soon()));
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->name == "rec-a");
    const auto body = sent_body(http);
    BOOST_TEST(body.at("size").as_string() == "67108864");
    BOOST_TEST(body.at("numberOfReplicas").as_int64() == 1);
    BOOST_TEST(body.at("dataEngine").as_string() == "v1");
    BOOST_TEST(body.at("staleReplicaTimeout").as_int64() == 2880);
    BOOST_TEST(body.at("frontend").as_string() == "blockdev");
    BOOST_TEST(body.at("accessMode").as_string() == "rwx");
    BOOST_TEST(body.at("encrypted").as_bool());
    BOOST_TEST(body.at("fromBackup").as_string() == "s3://b?backup=x&volume=y");
    BOOST_TEST(!http.requests().back().repeatable);
}

BOOST_AUTO_TEST_CASE(a_change_is_sent_once_whatever_comes_back) {
    http.on("POST", "*").fail(errc::outcome_unknown, "the answer was lost").always();
    http.on("DELETE", "*").answer(502).always();
    BOOST_TEST(code_of(run_to_end(client.create_volume(asked_volume(), soon()))) == "outcome_unknown");
    BOOST_TEST(code_of(run_to_end(client.delete_volume("v", soon()))) == "outcome_unknown");
    BOOST_TEST(code_of(run_to_end(client.start_backup("v", "s", {}, "full", soon()))) == "outcome_unknown");
    BOOST_TEST(http.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_read_is_tried_again_after_a_failure_that_may_pass) {
    http.next().fail(errc::unavailable, "refused");
    http.next().answer(502);
    answers("vol-get-detached");
    BOOST_TEST(code_of(run_to_end(client.get_volume("rec-a", soon()))) == "success");
    BOOST_TEST(http.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_longhorn_that_is_away_is_asked_five_times_not_until_the_deadline) {
    http.next().fail(errc::unavailable, "refused").always();
    BOOST_TEST(code_of(run_to_end(client.get_volume("rec-a", soon()))) == "unavailable");
    BOOST_TEST(http.requests().size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_read_is_not_tried_again_once_the_deadline_leaves_no_room) {
    http.next().fail(errc::unavailable, "refused").always();
    const auto got = run_to_end(client.get_volume("v", once()));
    BOOST_TEST(code_of(got) == "unavailable");
    BOOST_TEST(got.error().message == "Longhorn, reading volume v: refused");
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_read_that_was_refused_for_good_is_not_tried_again) {
    answers("vol-get-unknown").always();
    BOOST_TEST(code_of(run_to_end(client.get_volume("nope", soon()))) == "not_found");
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(garbage_is_believed_the_third_time) {
    answers("html-answer").always();
    const auto got = run_to_end(client.list_volumes(soon()));
    BOOST_TEST(code_of(got) == "bad_answer");
    BOOST_TEST(got.error().message.find("<!DOCTYPE html>") != std::string::npos);
    BOOST_TEST(http.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_read_whose_answer_was_lost_is_no_unknown_outcome) {
    http.next().fail(errc::outcome_unknown, "lost");
    BOOST_TEST(code_of(run_to_end(client.get_snapshot("v", "s", once()))) == "unavailable");
}

BOOST_AUTO_TEST_CASE(truncated_JSON_is_a_bad_answer) {
    const auto whole = test::load_recording("vol-get-detached").body();
    http.next().answer(200, whole.substr(0, whole.size() / 2));
    BOOST_TEST(code_of(run_to_end(client.get_volume("rec-a", once()))) == "bad_answer");
    http.next().answer(200, "");
    BOOST_TEST(code_of(run_to_end(client.list_volumes(once()))) == "bad_answer");
}

BOOST_AUTO_TEST_CASE(an_answer_about_another_object_is_refused) {
    next_answers("vol-get-detached");
    BOOST_TEST(code_of(run_to_end(client.get_volume("other", once()))) == "bad_answer");
    next_answers("vol-create-ok");
    auto asked = asked_volume();
    asked.name = "other";
    BOOST_TEST(code_of(run_to_end(client.create_volume(asked, once()))) == "bad_answer");
    next_answers("snapshotCRCreate-attached");
    BOOST_TEST(code_of(run_to_end(client.create_snapshot("other", "rec-a-s2", {}, once()))) == "bad_answer");
    next_answers("snapshotBackup-ok");
    BOOST_TEST(code_of(run_to_end(client.start_backup("other", "s", {}, "", once()))) == "bad_answer");
    next_answers("backupListByVolume");
    BOOST_TEST(code_of(run_to_end(client.list_backups("other", once()))) == "bad_answer");
    next_answers("snapshotCRList");
    BOOST_TEST(code_of(run_to_end(client.list_snapshots("other", once()))) == "bad_answer");
    http.next().answer(200, R"({"type":"snapshotCR","name":"x","volume":"v"})");
    BOOST_TEST(code_of(run_to_end(client.get_snapshot("v", "s", once()))) == "bad_answer");
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_made_with_its_labels_and_read_back) {
    http.on("POST", "*/v1/volumes/v?action=snapshotCRCreate").answer(200, R"({"name":"s","volume":"v"})");
    BOOST_TEST(code_of(run_to_end(client.create_snapshot("v", "s", {{"a", "b"}}, soon()))) == "success");
    BOOST_TEST(sent_body(http).at("labels").as_object().at("a").as_string() == "b");
    http.on("POST", "*/v1/volumes/v?action=snapshotCRGet")
        .answer(200, R"({"name":"s","volume":"v","readyToUse":true})");
    const auto got = run_to_end(client.get_snapshot("v", "s", soon()));
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(got->ready_to_use);
    BOOST_TEST(sent_body(http).at("name").as_string() == "s");
}

BOOST_AUTO_TEST_CASE(a_snapshot_list_and_an_empty_one) {
    answers("snapshotCRList");
    const auto all = run_to_end(client.list_snapshots("rec-a", soon()));
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->size() == 3U);
    BOOST_TEST(all->at(0).labels.at("purpose") == "recording");
    next_answers("snapshotCRList-empty");
    BOOST_TEST(run_to_end(client.list_snapshots("rec-a", soon()))->empty());
}

BOOST_AUTO_TEST_CASE(deleting_a_snapshot_or_a_backup_that_is_gone_succeeds) {
    answers("snapshotCRDelete-unknown");
    BOOST_TEST(code_of(run_to_end(client.delete_snapshot("rec-a", "snap-nope", soon()))) == "success");
    answers("backupDelete-unknown");
    BOOST_TEST(code_of(run_to_end(client.delete_backup("rec-big-bd3ca3ac", "backup-0000000000000000", soon()))) ==
               "success");
    BOOST_TEST(http.unscripted() == 0U);
    http.next().answer(404, R"({"message":"x not found"})");
    BOOST_TEST(code_of(run_to_end(client.delete_snapshot("v", "s", soon()))) == "success");
}

BOOST_AUTO_TEST_CASE(deleting_a_volume_that_is_gone_is_not_found) {
    answers("vol-delete-unknown");
    BOOST_TEST(code_of(run_to_end(client.delete_volume("nope", soon()))) == "not_found");
    answers("vol-delete-ok-t1");
    BOOST_TEST(code_of(run_to_end(client.delete_volume("t1", soon()))) == "success");
}

BOOST_AUTO_TEST_CASE(a_backup_is_started_with_labels_and_mode) {
    answers("snapshotBackup-ok");
    const auto seen = test::load_recording("snapshotBackup-ok");
    BOOST_REQUIRE(seen.path == "/v1/volumes/rec-big?action=snapshotBackup");
    BOOST_TEST(code_of(run_to_end(client.start_backup("rec-big", "big-s1", {{"k", "v"}}, "full", soon()))) ==
               "success");
    const auto body = sent_body(http);
    BOOST_TEST(body.at("name").as_string() == "big-s1");
    BOOST_TEST(body.at("backupMode").as_string() == "full");
    BOOST_TEST(body.at("labels").as_object().at("k").as_string() == "v");
}

BOOST_AUTO_TEST_CASE(targets_are_listed_available_unavailable_and_unset) {
    answers("backuptargets-list-available");
    BOOST_TEST(run_to_end(client.list_backup_targets(soon()))->at(0).available);
    next_answers("backuptargets-list-unavailable");
    const auto away = run_to_end(client.list_backup_targets(soon()));
    BOOST_TEST(!away->at(0).available);
    BOOST_TEST(!away->at(0).message.empty());
    next_answers("backuptargets-list-unset");
    const auto unset = run_to_end(client.list_backup_targets(soon()));
    BOOST_TEST(unset->at(0).url.empty());
    BOOST_TEST(!unset->at(0).available);
}

BOOST_AUTO_TEST_CASE(names_that_could_mean_another_URL_are_not_sent) {
    for (const auto* name : {"", "a/b", "..", ".", "-a", "a?x", "a b", "a%2f", "\xc3\xa4"}) {
        BOOST_TEST(code_of(run_to_end(client.get_volume(name, once()))) == "invalid", '"' << name << '"');
        BOOST_TEST(code_of(run_to_end(client.delete_volume(name, once()))) == "invalid");
        BOOST_TEST(code_of(run_to_end(client.get_snapshot(name, "s", once()))) == "invalid");
        BOOST_TEST(code_of(run_to_end(client.delete_snapshot("v", name, once()))) == "invalid");
        BOOST_TEST(code_of(run_to_end(client.list_backups(name, once()))) == "invalid");
        BOOST_TEST(code_of(run_to_end(client.delete_backup("v", name, once()))) == "invalid");
    }
    BOOST_TEST(http.requests().empty());
}

BOOST_AUTO_TEST_CASE(cancellation_ends_a_withheld_read) {
    auto& entry = http.next().answer(200, "{}").withhold();
    boost::asio::io_context context;
    boost::asio::cancellation_signal cancel;
    std::string outcome;
    boost::asio::co_spawn(context, client.get_volume("v", soon()),
                          boost::asio::bind_cancellation_slot(
                              cancel.slot(), [&](const std::exception_ptr& error, const result<volume>& got) {
                                  outcome = error ? "exception" : code_of(got);
                              }));
    context.poll();
    BOOST_TEST(outcome.empty());
    cancel.emit(boost::asio::cancellation_type::terminal);
    context.run();
    BOOST_TEST((outcome == "cancelled" || outcome == "exception"));
    BOOST_TEST(entry.uses() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Backups_are_listed_on_old_and_new_Longhorns, test::client_fixture)

BOOST_AUTO_TEST_CASE(from_1_8_on_by_volume) {
    http.on("POST", "*/v1/backupvolumes/rec-big?action=backupListByVolume")
        .answer(200, test::load_recording("backupListByVolume").body());
    const auto all = run_to_end(client.list_backups("rec-big", soon()));
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->size() == 1U);
    BOOST_TEST(sent_body(http).at("name").as_string() == "rec-big");
}

BOOST_AUTO_TEST_CASE(before_1_8_by_the_backup_volumes_name_and_the_answer_is_remembered) {
    const auto unknown = test::load_recording("vol-action-unknown");
    http.on("POST", "*backupListByVolume").answer(unknown.status(), unknown.body()).always();
    http.on("POST", "*/v1/backupvolumes/pvc-1?action=backupList")
        .answer(200, R"({"type":"collection","data":[{"name":"backup-1","state":"Completed","volumeName":"pvc-1"}]})")
        .always();
    const auto all = run_to_end(client.list_backups("pvc-1", soon()));
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->at(0).name == "backup-1");
    BOOST_TEST(http.requests().size() == 2U);
    BOOST_TEST(code_of(run_to_end(client.list_backups("pvc-1", soon()))) == "success");
    BOOST_TEST(http.requests().size() == 3U);
    BOOST_TEST(http.requests().back().body.empty());
}

BOOST_AUTO_TEST_CASE(an_upgrade_is_noticed_by_the_next_list_of_backup_volumes) {
    const auto unknown = test::load_recording("vol-action-unknown");
    http.on("POST", "*backupListByVolume").answer(unknown.status(), unknown.body());
    http.on("POST", "*backupList").answer(200, R"({"data":[]})");
    (void)run_to_end(client.list_backups("rec-big", soon()));
    answers("backupvolumes-list");
    (void)run_to_end(client.list_backup_volumes(soon()));
    http.on("POST", "*backupListByVolume").answer(200, test::load_recording("backupListByVolume").body());
    BOOST_TEST(run_to_end(client.list_backups("rec-big", soon()))->size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_object_that_is_not_found_is_no_sign_of_an_old_Longhorn) {
    http.on("POST", "*backupListByVolume").answer(404, R"({"type":"error","message":"volume not found"})").always();
    BOOST_TEST(code_of(run_to_end(client.list_backups("v", soon()))) == "not_found");
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_backup_that_names_no_volume_belongs_to_the_asked_one) {
    http.next().answer(200, R"({"data":[{"name":"backup-1","volumeName":"","state":""}]})");
    BOOST_TEST(run_to_end(client.list_backups("v", soon()))->at(0).volume == "v");
}

BOOST_AUTO_TEST_SUITE_END()
