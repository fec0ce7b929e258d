#include <soteria/domain/names.hpp>
#include <soteria/web/render.hpp>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace soteria::web {
namespace {

instant at(const char* text) {
    return parse_rfc3339(text).value();
}

domain::operation new_restore() {
    domain::operation made;
    made.kind = domain::operation_kind::restore;
    made.ns = "lab";
    made.name = "soteria-restore-x-1";
    made.uid = "6f1c9f0e-6d0c-4f57-9c38-0f0d2f8a7a11";
    made.created_at = at("2026-04-12T15:30:00Z");
    made.request.source = {"ai", "llm-cache"};
    made.request.target = {"lab", "restore-llm-cache"};
    made.request.snapshot = "latest";
    made.by.user = "brad";
    made.by.source = "proxy";
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_document_of_an_operation)

BOOST_AUTO_TEST_CASE(leaves_out_what_is_not_known) {
    domain::operation fresh;
    fresh.ns = "ai";
    fresh.name = "b-1";
    fresh.created_at = at("2026-04-12T15:30:00Z");
    fresh.request.source = {"ai", "llm-cache"};
    BOOST_TEST(serialize(render(fresh, "longhorn")) ==
               R"({"id":"backup.ai.b-1","resource":{"kind":"Backup","namespace":"ai","name":"b-1"},"kind":"backup",)"
               R"("driver":"longhorn","namespace":"ai","pvc":"llm-cache","phase":"Queued","stalled":false,"steps":[],)"
               R"("requested_by":"anonymous","created_at":"2026-04-12T15:30:00Z"})");
}

BOOST_AUTO_TEST_CASE(shows_everything_that_is) {
    auto full = new_restore();
    full.request.driver = "longhorn";
    full.phase = domain::operation_phase::failed;
    full.stalled_since = at("2026-04-12T15:30:05Z");
    full.reason = "TimedOut";
    full.message = "The volume was not restored in time.";
    domain::step step;
    step.name = "wait_restored";
    step.state = domain::step_state::undo_failed;
    step.started_at = at("2026-04-12T15:30:01Z");
    step.finished_at = at("2026-04-12T15:30:09Z");
    step.message = "gave up";
    full.steps = {step};
    full.progress = domain::progress{42, 1, 2, 30};
    full.result = {{"claim_name", "restore-llm-cache"}, {"backup", "backup-1"}, {"volume", "v"}, {"also", "this"}};
    full.error = domain::operation_error{"timed_out", "not in time"};
    full.leftovers = {{"PersistentVolume", "", "v", "in use"}};
    full.by.request_id = "r-1";
    full.started_at = at("2026-04-12T15:30:01Z");
    full.finished_at = at("2026-04-12T15:30:10Z");
    BOOST_TEST(
        serialize(render(full, "restic")) ==
        R"({"id":"restore.lab.soteria-restore-x-1","resource":{"kind":"Restore","namespace":"lab","name":"soteria-restore-x-1"},)"
        R"("kind":"restore","driver":"longhorn","namespace":"ai","pvc":"llm-cache","target_namespace":"lab",)"
        R"("target_pvc":"restore-llm-cache","phase":"Failed","stalled":true,"reason":"TimedOut",)"
        R"("message":"The volume was not restored in time.","steps":[{"name":"wait_restored","state":"undo_failed",)"
        R"("started_at":"2026-04-12T15:30:01Z","finished_at":"2026-04-12T15:30:09Z","message":"gave up"}],)"
        R"("progress":{"percent":42,"bytes_done":1,"bytes_total":2,"eta_seconds":30},)"
        R"("result":{"backup":"backup-1","volume":"v","claim_name":"restore-llm-cache","also":"this"},)"
        R"("error":{"code":"timed_out","detail":"not in time"},)"
        R"("leftovers":[{"kind":"PersistentVolume","name":"v","why":"in use"}],"requested_by":"brad","source":"proxy",)"
        R"("request_id":"r-1","created_at":"2026-04-12T15:30:00Z","started_at":"2026-04-12T15:30:01Z",)"
        R"("finished_at":"2026-04-12T15:30:10Z"})");
}

BOOST_AUTO_TEST_CASE(stands_in_a_page_with_the_token_of_the_next) {
    operations::operation_page page;
    BOOST_TEST(serialize(render(page, "longhorn")) == R"({"operations":[]})");
    page.continue_token = "abc";
    BOOST_TEST(serialize(render(page, "longhorn")) == R"({"operations":[],"continue":"abc"})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_document_of_a_backup_list)

BOOST_AUTO_TEST_CASE(shows_each_backup_with_what_is_known_of_it) {
    domain::backup_list list;
    list.pvc = {"ai", "llm-cache"};
    list.pvc_exists = true;
    list.driver = "longhorn";
    list.volume = "pvc-1";
    list.generated_at = at("2026-04-12T15:30:00Z");
    domain::backup_entry done;
    done.name = "backup-1";
    done.snapshot = "soteria-backup-ai-llm-cache-1";
    done.driver = "longhorn";
    done.volume = "pvc-1";
    done.state = "completed";
    done.created_at = at("2026-04-12T14:55:00Z");
    done.finished_at = at("2026-04-12T14:56:00Z");
    done.size_bytes = 123;
    done.mode = "incremental";
    done.url = "s3://b@r/?backup=backup-1&volume=pvc-1";
    done.tags = {"service=llm"};
    done.latest = true;
    done.restorable = true;
    domain::backup_entry failed;
    failed.name = "backup-0";
    failed.driver = "longhorn";
    failed.volume = "pvc-1";
    failed.state = "failed";
    failed.progress_percent = 40;
    failed.error = "no space";
    list.backups = {done, failed};
    BOOST_TEST(
        serialize(render(list)) ==
        R"({"namespace":"ai","pvc":"llm-cache","pvc_exists":true,"driver":"longhorn","volume":"pvc-1",)"
        R"("generated_at":"2026-04-12T15:30:00Z","backups":[{"name":"backup-1",)"
        R"("snapshot":"soteria-backup-ai-llm-cache-1","driver":"longhorn","volume":"pvc-1","state":"completed",)"
        R"("created_at":"2026-04-12T14:55:00Z","finished_at":"2026-04-12T14:56:00Z","size_bytes":123,)"
        R"("mode":"incremental","url":"s3://b@r/?backup=backup-1&volume=pvc-1","tags":["service=llm"],)"
        R"("latest":true,"restorable":true},{"name":"backup-0","driver":"longhorn","volume":"pvc-1",)"
        R"("state":"failed","tags":[],"progress_percent":40,"error":"no space","latest":false,"restorable":false}]})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_answer_to_started_work)

BOOST_AUTO_TEST_CASE(names_our_backup_and_the_operation) {
    operations::accepted accepted;
    accepted.plan.driver = "longhorn";
    accepted.plan.resolved = {{"volume", "pvc-1234abcd"}, {"snapshot", "soteria-backup-ai-llm-cache-20260412-153000"}};
    accepted.operation.emplace();
    accepted.operation->ns = "ai";
    accepted.operation->name = "soteria-backup-ai-llm-cache-20260412-153000";
    answered_request asked;
    asked.request.source = {"ai", "llm-cache"};
    asked.requested_by = "brad";
    BOOST_TEST(serialize(render_backup(accepted, asked)) ==
               R"({"driver":"longhorn","volume":"pvc-1234abcd","backup":"soteria-backup-ai-llm-cache-20260412-153000",)"
               R"("namespace":"ai","pvc":"llm-cache","requested_by":"brad","dry_run":false,)"
               R"("operation":"backup.ai.soteria-backup-ai-llm-cache-20260412-153000"})");
}

BOOST_AUTO_TEST_CASE(of_restic_names_the_job_and_its_secret) {
    operations::accepted accepted;
    accepted.plan.driver = "restic";
    accepted.plan.resolved = {{"job_name", "soteria-backup-llm-cache-20260131-013001"},
                              {"secret", "soteria-soteria-backup-llm-cache-20260131-013001-restic"},
                              {"volume", "pvc-1234abcd"}};
    accepted.operation.emplace();
    accepted.operation->ns = "ai";
    accepted.operation->name = "soteria-backup-llm-cache-20260131-013001";
    answered_request asked;
    asked.request.source = {"ai", "llm-cache"};
    asked.requested_by = "brad";
    BOOST_TEST(serialize(render_backup(accepted, asked)) ==
               R"({"driver":"restic","job_name":"soteria-backup-llm-cache-20260131-013001","namespace":"ai",)"
               R"("pvc":"llm-cache","secret":"soteria-soteria-backup-llm-cache-20260131-013001-restic",)"
               R"("requested_by":"brad","dry_run":false,)"
               R"("operation":"backup.ai.soteria-backup-llm-cache-20260131-013001"})");
}

BOOST_AUTO_TEST_CASE(of_a_restic_restore_has_job_and_secret_in_place_of_volume_and_url) {
    operations::accepted accepted;
    accepted.plan.driver = "restic";
    accepted.plan.resolved = {{"backup", "0123abcd"},
                              {"backup_created_at", "2026-04-12T14:55:00Z"},
                              {"job_name", "soteria-restore-copy-1"},
                              {"secret", "soteria-soteria-restore-copy-1-restic"}};
    accepted.operation = new_restore();
    answered_request asked;
    asked.request = accepted.operation->request;
    asked.requested_by = "brad";
    BOOST_TEST(serialize(render_restore(accepted, asked)) ==
               R"({"driver":"restic","operation":"restore.lab.soteria-restore-x-1","namespace":"ai","pvc":"llm-cache",)"
               R"("snapshot":"latest","backup":"0123abcd","job_name":"soteria-restore-copy-1",)"
               R"("secret":"soteria-soteria-restore-copy-1-restic","backup_created_at":"2026-04-12T14:55:00Z",)"
               R"("target_namespace":"lab","target_pvc":"restore-llm-cache","requested_by":"brad","dry_run":false})");
}

BOOST_AUTO_TEST_CASE(of_a_test_without_target_and_pvc_says_so_and_whose_backup_it_is) {
    operations::accepted accepted;
    accepted.plan.driver = "restic";
    accepted.plan.resolved = {{"source_pvc", "llm-cache"}};
    accepted.operation = new_restore();
    answered_request asked;
    asked.request.source = {"ai", ""};
    asked.request.target = {"ai", ""};
    asked.is_test = true;
    const auto answer = render_restore(accepted, asked);
    BOOST_TEST(answer.at("pvc") == "llm-cache");
    BOOST_TEST(answer.at("target_pvc") == "");
    BOOST_TEST(answer.at("test").as_bool());
    BOOST_TEST(!answer.contains("volume"));
}

BOOST_AUTO_TEST_CASE(of_a_restore_names_the_backup_and_the_new_volume) {
    operations::accepted accepted;
    accepted.plan.driver = "longhorn";
    accepted.plan.resolved = {{"backup", "backup-1"},
                              {"backup_url", "s3://x"},
                              {"backup_created_at", "2026-04-12T14:55:00Z"},
                              {"volume", "soteria-later"}};
    accepted.operation = new_restore();
    answered_request asked;
    asked.request = accepted.operation->request;
    asked.requested_by = "brad";
    BOOST_TEST(
        serialize(render_restore(accepted, asked)) ==
        R"({"driver":"longhorn","operation":"restore.lab.soteria-restore-x-1","namespace":"ai","pvc":"llm-cache",)"
        R"("snapshot":"latest","backup":"backup-1","backup_url":"s3://x","backup_created_at":"2026-04-12T14:55:00Z",)"
        R"("target_namespace":"lab","target_pvc":"restore-llm-cache","volume":")" +
            domain::volume_name(accepted.operation->uid) + R"(","requested_by":"brad","dry_run":false})");
}

BOOST_AUTO_TEST_CASE(of_a_dry_run_is_the_plan_without_an_operation) {
    operations::accepted accepted;
    accepted.plan.driver = "longhorn";
    accepted.plan.resolved = {{"backup", "backup-1"}, {"volume", "soteria-later"}};
    domain::planned_step step;
    step.step = "create_volume";
    step.action = "create";
    step.object = {"Volume", "", "soteria-later"};
    step.detail = "Creates the volume from the backup.";
    step.undo = "delete_volume";
    domain::planned_step waiting;
    waiting.step = "wait_bound";
    waiting.action = "wait";
    waiting.object = {"PersistentVolumeClaim", "ai", "y"};
    waiting.detail = "Waits.";
    accepted.plan.steps = {step, waiting};
    accepted.plan.warnings = {"the backup is old"};
    answered_request asked;
    asked.request.source = {"ai", "x"};
    asked.request.target = {"ai", "y"};
    asked.request.backup_url = "s3://x";
    asked.requested_by = "brad";
    BOOST_TEST(
        serialize(render_restore(accepted, asked)) ==
        R"({"driver":"longhorn","namespace":"ai","pvc":"x","backup":"backup-1","target_namespace":"ai",)"
        R"("target_pvc":"y","volume":"soteria-later","requested_by":"brad","dry_run":true,)"
        R"("plan":[{"step":"create_volume","action":"create","object":{"kind":"Volume","name":"soteria-later"},)"
        R"("detail":"Creates the volume from the backup.","undo":"delete_volume"},)"
        R"({"step":"wait_bound","action":"wait","object":{"kind":"PersistentVolumeClaim","namespace":"ai","name":"y"},)"
        R"("detail":"Waits."}],"warnings":["the backup is old"],"plan_hash":")" +
            accepted.plan.hash() + "\"}");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_document_of_the_inventory)

BOOST_AUTO_TEST_CASE(groups_by_namespace_and_counts_ages_from_its_own_time) {
    inventory::report report;
    report.generated_at = at("2026-04-12T15:30:00Z");
    inventory::row fresh;
    fresh.pvc = {"ai", "llm-cache"};
    fresh.volume = "pvc-1234abcd";
    fresh.storage_class = "longhorn";
    fresh.capacity = "50Gi";
    fresh.driver = "longhorn";
    fresh.last_backup_at = at("2026-04-12T14:55:00Z");
    fresh.backup_count = 14;
    fresh.health = domain::health::fresh;
    fresh.last_backup_size_bytes = 99;
    fresh.drivers["longhorn"] = {fresh.last_backup_at, 14, domain::health::fresh};
    inventory::row unbound;
    unbound.pvc = {"ai", "x"};
    unbound.driver = "none";
    unbound.health = domain::health::unbound;
    unbound.health_detail = "waits for a Pod";
    inventory::row gone;
    gone.pvc = {"db", "old"};
    gone.driver = "longhorn";
    gone.health = domain::health::stale;
    gone.last_backup_at = at("2026-04-12T16:00:00Z"); // a clock that runs ahead
    gone.deleted = true;
    report.rows = {fresh, unbound, gone};
    const std::string of_ai =
        R"({"generated_at":"2026-04-12T15:30:00Z","namespaces":[{"name":"ai","pvcs":[{"namespace":"ai","pvc":"llm-cache",)"
        R"("volume":"pvc-1234abcd","storage_class":"longhorn","capacity":"50Gi","driver":"longhorn",)"
        R"("last_backup_at":"2026-04-12T14:55:00Z","last_backup_age_hours":0.58,"backup_count":14,"healthy":true,)"
        R"("health_reason":"fresh","drivers":{"longhorn":{"last_backup_at":"2026-04-12T14:55:00Z","backup_count":14,)"
        R"("health_reason":"fresh"}},"last_backup_size_bytes":99},{"namespace":"ai","pvc":"x","volume":"",)"
        R"("storage_class":"","capacity":"","driver":"none","backup_count":0,"healthy":false,"health_reason":"unbound",)"
        R"("health_detail":"waits for a Pod"}]})";
    BOOST_TEST(render(report, false).body == of_ai + "]}\n");
    BOOST_TEST(
        render(report, true).body ==
        of_ai + R"(,{"name":"db","pvcs":[{"namespace":"db","pvc":"old","volume":"","storage_class":"","capacity":"",)"
                R"("driver":"longhorn","last_backup_at":"2026-04-12T16:00:00Z","last_backup_age_hours":0.00,)"
                R"("backup_count":0,"healthy":false,"health_reason":"stale","deleted":true}]}]})"
                "\n");
}

BOOST_AUTO_TEST_CASE(of_nothing_has_no_namespaces) {
    inventory::report report;
    report.generated_at = at("2026-04-12T15:30:00Z");
    BOOST_TEST(render(report, false).body == "{\"generated_at\":\"2026-04-12T15:30:00Z\",\"namespaces\":[]}\n");
}

BOOST_AUTO_TEST_CASE(is_tagged_by_its_content_alone) {
    inventory::report report;
    report.generated_at = at("2026-04-12T15:30:00Z");
    inventory::row row;
    row.pvc = {"ai", "x"};
    row.last_backup_at = at("2026-04-12T14:55:00Z");
    report.rows = {row};
    const auto before = render(report, false).etag;
    BOOST_TEST(before.starts_with("W/\""));
    report.generated_at += std::chrono::minutes(10);
    BOOST_TEST(render(report, false).etag == before);
    report.rows.front().backup_count = 1;
    BOOST_TEST(render(report, false).etag != before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
