#include <soteria/records/records.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace soteria::records {
namespace {

domain::operation a_restore() {
    domain::operation operation;
    operation.kind = domain::operation_kind::restore;
    operation.ns = "ai";
    operation.name = "soteria-restore-copy-20260412-153000-abcde";
    operation.request.source = {"prod", "llm-cache"};
    operation.request.target = {"ai", "copy"};
    operation.request.snapshot = "latest";
    operation.request.driver = "longhorn";
    operation.request.access_modes = {"ReadWriteOnce"};
    operation.by = {"brad", "proxy", "request-1"};
    operation.resolved = {{"backup", "backup-1"}, {"backup_url", "s3://b@r/?backup=backup-1&volume=v"}};
    return operation;
}

// What the API server would store and give back.
boost::json::object stored(boost::json::object object, boost::json::object status = {}) {
    auto& metadata = object["metadata"].as_object();
    metadata["uid"] = "123e4567-e89b-12d3-a456-426614174000";
    metadata["resourceVersion"] = "42";
    metadata["creationTimestamp"] = "2026-04-12T15:30:00Z";
    if (!status.empty())
        object["status"] = std::move(status);
    return object;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_codec)

BOOST_AUTO_TEST_CASE(a_new_restore_keeps_what_was_asked_and_what_it_resolved_to) {
    auto wanted = a_restore();
    wanted.request.deadline = std::chrono::seconds(90);
    const auto read = decode_restore(stored(encode_new(wanted)));
    BOOST_REQUIRE_MESSAGE(read, read.error().message);
    const auto& got = read->operation;
    BOOST_TEST(got.request.source.text() == "prod/llm-cache");
    BOOST_TEST(got.request.target.text() == "ai/copy");
    BOOST_TEST(got.request.snapshot == "latest");
    BOOST_TEST(got.request.access_modes.size() == 1U);
    BOOST_TEST((got.request.deadline == std::chrono::seconds(90)));
    BOOST_TEST(got.by.user == "brad");
    BOOST_TEST(got.by.source == "proxy");
    BOOST_TEST((got.resolved == wanted.resolved));
    BOOST_TEST((got.phase == domain::operation_phase::queued));
    BOOST_TEST(got.id() == "restore.ai.soteria-restore-copy-20260412-153000-abcde");
}

BOOST_AUTO_TEST_CASE(a_status_survives_its_way_through_the_cluster) {
    auto wanted = a_restore();
    wanted.phase = domain::operation_phase::rolling_back;
    wanted.heading = domain::direction::undoing;
    wanted.reason = "RestoreFailed";
    wanted.message = "Longhorn gave up";
    wanted.started_at = parse_rfc3339("2026-04-12T15:30:01Z");
    wanted.last_progress_at = parse_rfc3339("2026-04-12T15:30:05Z");
    wanted.steps = {{"create_volume", domain::step_state::done, wanted.started_at, wanted.last_progress_at, "made"},
                    {"wait_restored", domain::step_state::failed, wanted.last_progress_at, std::nullopt, "faulted"}};
    wanted.progress = domain::progress{42, 1, 2, 30};
    wanted.facts = {{"volume", "soteria-x"}};
    wanted.result = {{"claim_name", "copy"}};
    wanted.error = domain::operation_error{"restore_failed", "faulted"};
    wanted.leftovers = {{"LonghornVolume", "", "soteria-x", "Longhorn is down"}};
    const auto read = decode_restore(stored(encode_new(wanted), encode_status(wanted)));
    BOOST_REQUIRE_MESSAGE(read, read.error().message);
    const auto& got = read->operation;
    BOOST_TEST((got.phase == wanted.phase));
    BOOST_TEST((got.heading == wanted.heading));
    BOOST_TEST(got.reason == wanted.reason);
    BOOST_TEST(got.message == wanted.message);
    BOOST_TEST((got.steps == wanted.steps));
    BOOST_TEST((got.progress == wanted.progress));
    BOOST_TEST((got.facts == wanted.facts));
    BOOST_TEST((got.result == wanted.result));
    BOOST_TEST((got.error == wanted.error));
    BOOST_TEST((got.leftovers == wanted.leftovers));
    BOOST_TEST((got.started_at == wanted.started_at));
    BOOST_TEST((got.last_progress_at == wanted.last_progress_at));
}

BOOST_AUTO_TEST_CASE(what_stalls_has_a_condition_of_that_name_and_what_does_not_has_none) {
    auto wanted = a_restore();
    wanted.phase = domain::operation_phase::running;
    wanted.reason = "Unschedulable";
    wanted.message = "no node has room";
    BOOST_TEST(encode_status(wanted).at("conditions").as_array().size() == 1U);
    wanted.stalled_since = parse_rfc3339("2026-04-12T15:30:05Z");
    const auto status = encode_status(wanted);
    BOOST_TEST(status.at("stalled") == true);
    const auto& condition = status.at("conditions").at(1).as_object();
    BOOST_TEST(condition.at("type") == "Stalled");
    BOOST_TEST(condition.at("status") == "True");
    BOOST_TEST(condition.at("reason") == "Unschedulable");
    BOOST_TEST(condition.at("message") == "no node has room");
    BOOST_TEST(condition.at("lastTransitionTime") == "2026-04-12T15:30:05Z");
    const auto read = decode_restore(stored(encode_new(wanted), status));
    BOOST_TEST((read->operation.stalled_since == wanted.stalled_since));
}

BOOST_AUTO_TEST_CASE(a_record_written_by_hand_is_told_apart_and_takes_its_own_namespace) {
    const auto object = boost::json::parse(R"({"apiVersion": "soteria.dev/v1alpha1", "kind": "Restore",
        "metadata": {"name": "mine", "namespace": "ai", "uid": "u", "resourceVersion": "7",
                     "creationTimestamp": "2026-04-12T15:30:00Z", "finalizers": ["soteria.dev/operation"],
                     "deletionTimestamp": "2026-04-12T15:31:00Z"},
        "spec": {"pvc": "llm-cache", "targetPvc": "copy"}})");
    const auto read = decode_restore(object.as_object());
    BOOST_REQUIRE_MESSAGE(read, read.error().message);
    BOOST_TEST(read->operation.by.source == "kubectl");
    BOOST_TEST(read->operation.request.source.text() == "ai/llm-cache");
    BOOST_TEST(read->operation.delete_requested);
    BOOST_TEST(read->operation.protected_by_finalizer);
}

BOOST_AUTO_TEST_CASE(who_asked_is_believed_where_a_request_was_admitted_with_the_record) {
    auto wanted = a_restore();
    wanted.phase = domain::operation_phase::running;
    wanted.steps.emplace_back().name = "resolve";
    const auto claimed = decode_restore(stored(encode_new(wanted), encode_status(wanted)));
    BOOST_TEST(claimed->operation.by.user == "kubectl");
    BOOST_TEST(claimed->operation.by.source == "kubectl");
    BOOST_TEST(claimed->operation.by.request_id.empty());
    wanted.facts["accepted"] = "true";
    const auto admitted = decode_restore(stored(encode_new(wanted), encode_status(wanted)));
    BOOST_TEST(admitted->operation.by.user == "brad");
    BOOST_TEST(admitted->operation.by.request_id == "request-1");
}

BOOST_AUTO_TEST_CASE(a_record_without_its_claim_is_refused_by_name) {
    const auto object = boost::json::parse(R"({"metadata": {"name": "mine", "namespace": "ai"}, "spec": {}})");
    const auto read = decode_backup(object.as_object());
    BOOST_REQUIRE(!read);
    BOOST_TEST(read.error().message.find("ai/mine") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_restore_test_is_a_kind_of_its_own_and_needs_no_target) {
    auto wanted = a_restore();
    wanted.kind = domain::operation_kind::restore_test;
    wanted.request.target.name.clear();
    const auto object = encode_new(wanted);
    BOOST_TEST(!object.at("spec").as_object().contains("targetPvc"));
    const auto read = decode_restore(stored(object));
    BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
    BOOST_TEST((read->operation.kind == domain::operation_kind::restore_test));
    BOOST_TEST(read->operation.request.target.ns == "ai");
    wanted.kind = domain::operation_kind::restore;
    BOOST_TEST(!decode_restore(stored(encode_new(wanted))).has_value());
}

BOOST_AUTO_TEST_CASE(numbers_and_flags_of_a_result_are_stored_as_such_and_come_back_as_text) {
    auto wanted = a_restore();
    wanted.result = {{"files", "120"}, {"seconds", "2.5"}, {"verified", "true"}, {"job_name", "soteria-restore-copy"}};
    const auto status = encode_status(wanted);
    const auto& result = status.at("result").as_object();
    BOOST_TEST(result.at("files").is_int64());
    BOOST_TEST(result.at("seconds").is_double());
    BOOST_TEST(result.at("verified").is_bool());
    BOOST_TEST(result.at("jobName") == "soteria-restore-copy");
    const auto read = decode_restore(stored(encode_new(wanted), status));
    BOOST_TEST(read->operation.result.at("files") == "120");
    BOOST_TEST(read->operation.result.at("verified") == "true");
    BOOST_TEST(read->operation.result.at("job_name") == "soteria-restore-copy");
}

BOOST_AUTO_TEST_CASE(a_record_that_names_no_driver_keeps_the_one_that_was_chosen_when_it_began) {
    auto wanted = a_restore();
    wanted.request.driver.clear();
    wanted.facts["driver"] = "restic";
    const auto read = decode_restore(stored(encode_new(wanted), encode_status(wanted)));
    BOOST_TEST(read->operation.request.driver == "restic");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::records
