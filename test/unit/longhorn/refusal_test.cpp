#include "recordings.hpp"

#include <soteria/longhorn/refusal.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <ostream>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

struct expected {
    std::string recording;
    std::string code;
    std::string reason;
};

std::ostream& operator<<(std::ostream& out, const expected& one) {
    return out << one.recording;
}

failure refusal_in(const std::string& name) {
    const auto seen = test::load_recording(name);
    return refusal(seen.status(), seen.body(), request_kind::changes, "doing it");
}

const std::vector<expected> recorded{
    {"vol-get-unknown", "not_found", ""},
    {"vol-delete-unknown", "not_found", ""},
    {"snapshotCRGet-unknown", "not_found", ""},
    {"snapshotBackup-unknown-volume", "not_found", ""},
    {"backupvolume-delete-unknown", "not_found", ""},
    {"vol-create-fromBackup-nobackup", "not_found", ""},
    {"restore-post-deleted-backup", "not_found", ""},
    {"vol-create-target-unknown", "not_found", ""},
    {"vol-create-name-exists", "conflict", "already_exists"},
    {"vol-create-name-long-again", "conflict", "already_exists"},
    {"snapshotCRCreate-duplicate", "conflict", "already_exists"},
    {"vol-create-fromBackup-right-after-first-backup", "retry", "backup_volume_missing"},
    {"backupVolumeSync-again", "retry", ""},
    {"backuptarget-sync-again", "retry", ""},
    {"attach-while-restoring", "retry", ""},
    {"attach-failed-restore", "retry", ""},
    {"snapshotCreate-detached", "retry", ""},
    {"snapshotBackup-target-unavailable", "unavailable", "backup_target_unavailable"},
    {"snapshotBackup-target-unset", "unavailable", "backup_target_unavailable"},
    {"backuptarget-update-too-early", "unavailable", ""},
    {"snapshotBackup-badmode", "unprocessable", ""},
    {"snapshotBackup-bad-label-key", "unprocessable", ""},
    {"snapshotBackup-empty-label", "unprocessable", ""},
    {"snapshotBackup-reserved-label", "unprocessable", ""},
    {"snapshotBackup-foreign-snapshot", "unprocessable", ""},
    {"snapshotBackup-unknown-snapshot", "unprocessable", ""},
    {"snapshotBackup-noname", "unprocessable", ""},
    {"snapshotCRCreate-badname", "unprocessable", ""},
    {"vol-create-name-dot", "unprocessable", ""},
    {"vol-create-fromBackup-badurl", "unprocessable", ""},
    {"vol-create-replicas-99", "unprocessable", ""},
    {"vol-create-replicas-omitted", "unprocessable", ""},
    {"vol-create-size-number", "unprocessable", ""},
    {"vol-create-empty-body", "unprocessable", ""},
    {"path-unknown", "bad_answer", ""},
    {"vol-action-unknown", "bad_answer", ""},
    {"vol-action-missing", "bad_answer", ""},
    {"no-backups-route", "bad_answer", ""},
    {"method-unsupported", "bad_answer", ""},
    {"trailing-slash", "bad_answer", ""},
};

std::string error_body(const std::string& message) {
    return R"({"type":"error","status":500,"code":"Internal Server Error","message":")" + message + R"("})";
}

} // namespace

BOOST_AUTO_TEST_SUITE(Longhorns_refusals_say_what_to_do_next)

BOOST_DATA_TEST_CASE(a_recorded_refusal, boost::unit_test::data::make(recorded)) {
    const auto why = refusal_in(sample.recording);
    BOOST_TEST(to_string(why.code) == sample.code, why.message);
    BOOST_TEST(why.reason == sample.reason);
    BOOST_TEST(why.upstream_status == test::load_recording(sample.recording).status());
}

BOOST_AUTO_TEST_CASE(no_recorded_refusal_is_left_out_of_the_table) {
    std::map<std::string, bool> named;
    for (const auto& one : recorded)
        named[one.recording] = true;
    // Refusals of requests that Soteria never makes, or states of a polled object.
    for (const auto* name : {"vol-deleting-t1", "vol-delete-while-restoring-states", "vol-get-long-asked-name",
                             "vol-get-upper-asked-name", "backupGet-unknown", "snapshotCRCreate-unknown-volume",
                             "backupListByVolume-empty-body", "vol-create-nodeselector-unknown"})
        named[name] = true;
    for (const auto& one : test::all_recordings())
        for (const auto& state : one.states)
            BOOST_TEST((state.status < 300 || named.contains(one.name)), one.name << " holds a refusal nobody judges");
}

BOOST_AUTO_TEST_CASE(the_message_says_what_was_asked_and_quotes_Longhorn) {
    BOOST_TEST(refusal_in("vol-create-name-exists").message ==
               "doing it: Longhorn answered 500: failed to create volume: unable to create volume rec-a: "
               "volumes.longhorn.io \"rec-a\" already exists");
    BOOST_TEST(refusal_in("vol-get-unknown").message == "doing it: Longhorn answered 404 without a text.");
}

BOOST_AUTO_TEST_CASE(a_long_message_is_cut) {
    const auto why = refusal(500, error_body(std::string(5000, 'x')), request_kind::changes, "doing it");
    BOOST_TEST(why.message.size() < 600U);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_lost_its_peer_leaves_a_change_open_and_a_read_to_be_repeated) {
    for (const int status : {502, 504}) {
        BOOST_TEST(to_string(refusal(status, "", request_kind::changes, "x").code) == "outcome_unknown");
        BOOST_TEST(to_string(refusal(status, "", request_kind::reads, "x").code) == "unavailable");
    }
    BOOST_TEST(to_string(refusal(503, "", request_kind::changes, "x").code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(a_500_that_tells_of_a_lost_answer_leaves_a_change_open) {
    const auto body = error_body("failed to create volume: context deadline exceeded");
    BOOST_TEST(to_string(refusal(500, body, request_kind::changes, "x").code) == "outcome_unknown");
    BOOST_TEST(to_string(refusal(500, body, request_kind::reads, "x").code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(a_webhook_that_cannot_be_reached_refuses_nothing_for_good) {
    const auto body =
        error_body("Internal error occurred: failed calling webhook mutator.longhorn.io: connection refused");
    BOOST_TEST(to_string(refusal(500, body, request_kind::changes, "x").code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(a_404_that_is_not_Longhorns_is_never_taken_for_an_object_that_is_gone) {
    BOOST_TEST(is_unknown_route(404, "404 page not found\n"));
    BOOST_TEST(is_unknown_route(404, "<html>default backend</html>"));
    BOOST_TEST(!is_unknown_route(404, ""));
    BOOST_TEST(!is_unknown_route(404, error_body("volume not found")));
    BOOST_TEST(!is_unknown_route(500, "404 page not found"));
}

BOOST_AUTO_TEST_SUITE_END()
