#include "fixture.hpp"

namespace soteria::test {
namespace {

namespace facts = backup::facts;

std::string fact(const domain::operation& record, std::string_view key) {
    return record.fact(key);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_backup_by_restic, restic_fixture)

BOOST_AUTO_TEST_CASE(ends_with_its_snapshot_on_record_and_its_job_on_its_way_out) {
    const auto record = done(operation_kind::backup, backup_of("llm-cache"));
    BOOST_TEST(record.message.find("complete") != std::string::npos);
    BOOST_TEST((record.phase == operation_phase::succeeded));
    BOOST_TEST(record.result.at("backup").size() >= 8U);
    BOOST_TEST(record.result.at("files") == "3");
    BOOST_TEST(record.result.at("bytes") == "3000");
    const auto secret = kubernetes.get("secrets", "ai", record.result.at("secret"));
    BOOST_TEST_REQUIRE(secret.has_value());
    BOOST_TEST(secret->at("metadata").at("ownerReferences").at(0).at("name") == json::value(record.name));
    tidied(record);
    BOOST_TEST(job_of(record)->at("spec").at("ttlSecondsAfterFinished").to_number<int>() == 3600);
}

BOOST_AUTO_TEST_CASE(is_listed_by_its_name_and_is_what_latest_means) {
    const auto record = done(operation_kind::backup, backup_of("llm-cache"));
    list_again();
    const auto list = await(driver->list({"ai", "llm-cache"}, soon()));
    BOOST_TEST_REQUIRE(list.has_value());
    BOOST_TEST_REQUIRE(list->backups.size() == 1U);
    BOOST_TEST(list->backups[0].snapshot == record.name);
    BOOST_TEST(list->backups[0].latest);
    BOOST_TEST(list->backups[0].state == "completed");
}

BOOST_AUTO_TEST_CASE(makes_the_repository_once_however_many_begin_together) {
    add_claim("other");
    auto first = *accepted(operation_kind::backup, backup_of("llm-cache"));
    auto second = *accepted(operation_kind::backup, backup_of("other"));
    while (first.active() || second.active()) {
        if (first.active())
            step(first);
        if (second.active())
            step(second);
    }
    BOOST_TEST((first.phase == operation_phase::succeeded), first.message);
    BOOST_TEST((second.phase == operation_phase::succeeded), second.message);
    BOOST_TEST(runs_of("init") == 1U);
}

// The process that has seen its end dies before it could say how long it is to stay, and the next one finds the
// repository there.
BOOST_AUTO_TEST_CASE(leaves_the_job_that_made_the_repository_for_its_time_whoever_goes_on) {
    const auto init_job = [this] {
        for (const auto& job : kubernetes.list("jobs.batch", "soteria"))
            if (job.at("metadata").at("name").as_string().starts_with("soteria-init-"))
                return job;
        BOOST_FAIL("there is no Job that makes the repository");
        return json::object();
    };
    constexpr std::int64_t a_week{604800};
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "create_job"); });
    auto job = init_job();
    job["spec"].as_object()["ttlSecondsAfterFinished"] = a_week;
    const std::string name(job.at("metadata").at("name").as_string());
    kubernetes.apply(std::move(job));
    run_until(context, [&] { return jobs_seen->store.find({"soteria", name})->ttl_seconds == a_week; });
    record = carried_out(record);
    BOOST_TEST((record.phase == operation_phase::succeeded), record.message);
    tidied(record);
    BOOST_TEST(init_job().at("spec").at("ttlSecondsAfterFinished") == json::value(3600), "it stays, with its Secret");
}

BOOST_AUTO_TEST_CASE(takes_every_step_twice_without_harm) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    for (const auto& each : {"create_job", "create_secret", "start_job"}) {
        carry_until(record, [&] { return at(record, each); });
        for (int time = 0; time < 2; ++time) {
            const auto report = await(driver->perform(each, record, budget(each)));
            BOOST_TEST((report.what == step_report::outcome::done), each << ": " << report.message);
        }
    }
    BOOST_TEST((carried_out(record).phase == operation_phase::succeeded));
    BOOST_TEST(runs_of("backup") == 1U);
}

BOOST_AUTO_TEST_CASE(that_could_not_read_all_is_incomplete_and_marked_in_the_repository) {
    wire({"--keep-last", "1"});
    add_claim("private", "", R"({"simulator.soteria.dev/unreadable":"secret,keys/a"})");
    const auto record = done(operation_kind::backup, backup_of("private"));
    BOOST_TEST((record.phase == operation_phase::incomplete));
    BOOST_TEST(record.message.find("/data/keys/a") != std::string::npos);
    BOOST_TEST(runs_of("forget") == 0U);
    list_again();
    const auto list = await(driver->list({"ai", "private"}, soon()));
    BOOST_TEST_REQUIRE(list.has_value());
    BOOST_TEST_REQUIRE(list->backups.size() == 1U);
    BOOST_TEST(list->backups[0].state == "incomplete");
    BOOST_TEST(!list->backups[0].latest);
    BOOST_TEST(list->backups[0].restorable);
    BOOST_TEST(list->backups[0].name == record.result.at("backup"), "the mark gave it another id");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("private", "copy")) == "no_backup");
    tidied(record);
    BOOST_TEST(kubernetes.list("jobs.batch", "soteria").size() <= 2U); // init, and a listing that may be at work
}

// The record says that files are missing before the repository does, and a listing of that time goes by the record.
BOOST_AUTO_TEST_CASE(that_is_marked_after_a_listing_is_known_by_the_id_that_the_mark_gave_it) {
    add_claim("private", "", R"({"simulator.soteria.dev/unreadable":"secret"})");
    auto record = *accepted(operation_kind::backup, backup_of("private"));
    carry_until(record, [&] { return at(record, "mark_incomplete"); });
    records::record on_record;
    on_record.operation = record;
    on_record.meta.ns = record.ns;
    on_record.meta.name = record.name;
    on_record.meta.uid = record.uid;
    on_record.meta.resource_version = "1";
    records.apply(std::move(on_record));
    const auto first_id = record.fact(facts::backup);
    list_again();
    BOOST_TEST_REQUIRE(catalogue->listed()->snapshots.size() == 1U);
    BOOST_TEST(catalogue->listed()->snapshots[0].id == first_id);
    BOOST_TEST(catalogue->listed()->snapshots[0].incomplete(), "it went by the record");
    record = carried_out(record);
    BOOST_TEST((record.phase == operation_phase::incomplete), record.message);
    const auto there = repository().at("snapshots").as_array();
    BOOST_TEST_REQUIRE(there.size() == 1U);
    BOOST_TEST(record.result.at("backup") == std::string(there[0].at("id").as_string()));
    BOOST_TEST(record.result.at("backup") != first_id);
}

// Kubernetes holds a claim as long as the Pod of an ended Job names it, and that Job stays for a day.
BOOST_AUTO_TEST_CASE(does_not_hold_up_a_claim_that_is_deleted_afterwards) {
    const auto record = done(operation_kind::backup, backup_of("llm-cache"));
    backup::restic_claim_release release(
        *jobs, claims_seen->store, [] { return true; }, std::chrono::seconds(5));
    const background releasing(context, release.run());
    kubernetes.remove("persistentvolumeclaims", "ai", "llm-cache");
    run_until(context, [&] { return claims_seen->store.find({"ai", "llm-cache"})->meta.deleted_at.has_value(); });
    BOOST_TEST(!kubernetes.list("jobs.batch", "ai").empty(), "what came of it is not on record yet");
    tidied(record);
    run_until(context, [&] { return !kubernetes.get("persistentvolumeclaims", "ai", "llm-cache"); });
}

BOOST_AUTO_TEST_CASE(forgets_this_pvcs_older_snapshots_alone) {
    wire({"--keep-last", "1"});
    add_claim("other");
    done(operation_kind::backup, backup_of("other"));
    done(operation_kind::backup, backup_of("llm-cache"));
    const auto last = done(operation_kind::backup, backup_of("llm-cache"));
    BOOST_TEST((last.phase == operation_phase::succeeded), last.message);
    BOOST_TEST(repository().at("snapshots").as_array().size() == 2U);
    tidied(last);
}

BOOST_AUTO_TEST_CASE(stays_a_success_where_forget_fails) {
    wire({"--keep-last", "1"});
    fault(R"({"command":"forget","do":"fails","times":9})");
    const auto record = done(operation_kind::backup, backup_of("llm-cache"));
    BOOST_TEST((record.phase == operation_phase::succeeded));
    BOOST_TEST((record.find_step("forget")->state == domain::step_state::failed));
    BOOST_TEST(record.message.find("forget did not work") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_is_cancelled_leaves_nothing_behind) {
    restic->control("POST", "restic/pace", json::parse(R"({"milliseconds":600000})"));
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    record.cancelled_by = "brad";
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.leftovers.empty());
    BOOST_TEST(end.message.find("had restic finished a snapshot just before that") != std::string::npos, end.message);
    run_until(context, [this] { return kubernetes.list("secrets", "ai").empty(); });
    BOOST_TEST(kubernetes.list("jobs.batch", "ai").empty());
    BOOST_TEST(kubernetes.list("pods", "ai").empty());
}

// As by a janitor, at its end; before a listing has told whether its snapshot is there.
BOOST_AUTO_TEST_CASE(that_is_cancelled_when_its_job_is_gone_does_not_say_that_nothing_is_left) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context, [&] { return job_of(record)->at("status").as_object().contains("completionTime"); });
    kubernetes.remove("jobs.batch", "ai", record.name);
    run_until(context, [&] { return jobs_seen->store.find({"ai", record.name}) == nullptr; });
    record.cancelled_by = "brad";
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.leftovers.empty());
    BOOST_TEST(end.message.find("had restic finished a snapshot just before that") != std::string::npos, end.message);
}

BOOST_AUTO_TEST_CASE(that_is_cancelled_before_it_started_has_made_no_snapshot) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "start_job"); });
    record.cancelled_by = "brad";
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.message.ends_with("nothing of it is left"), end.message);
}

BOOST_AUTO_TEST_CASE(that_had_ended_before_it_could_be_cancelled_names_its_snapshot_which_stays) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context, [&] { return job_of(record)->at("status").as_object().contains("completionTime"); });
    record.cancelled_by = "brad"; // as when nobody led meanwhile
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.leftovers.empty());
    BOOST_TEST(kubernetes.list("jobs.batch", "ai").empty());
    const auto snapshot = end.fact(facts::backup);
    BOOST_TEST_REQUIRE(snapshot.size() == 64U, end.message);
    BOOST_TEST(end.message.find(std::string(snapshot).substr(0, 8)) != std::string::npos, end.message);
}

BOOST_AUTO_TEST_CASE(that_had_ended_incomplete_before_it_could_be_cancelled_says_so_on_record) {
    add_claim("private", "", R"({"simulator.soteria.dev/unreadable":"secret"})");
    auto record = *accepted(operation_kind::backup, backup_of("private"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context,
              [&] { return json::serialize(job_of(record)->at("status")).find(R"("Failed")") != std::string::npos; });
    record.cancelled_by = "brad"; // as when nobody led meanwhile
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.fact(facts::backup).size() == 64U, end.message);
    BOOST_TEST(!end.fact(facts::incomplete).empty(), "its listing goes by this");
}

BOOST_AUTO_TEST_CASE(whose_job_is_gone_is_looked_for_in_the_repository) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context, [&] { return job_of(record)->at("status").as_object().contains("completionTime"); });
    kubernetes.remove("jobs.batch", "ai", record.name);
    run_until(context, [&] { return jobs_seen->store.find({"ai", record.name}) == nullptr; });
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::succeeded), end.message);
    BOOST_TEST(end.result.at("backup").size() == 64U);
}

// restic ended with files that it could not read, and only its log said so.
BOOST_AUTO_TEST_CASE(whose_pod_is_gone_after_it_failed_is_not_taken_for_complete) {
    add_claim("private", "", R"({"simulator.soteria.dev/unreadable":"secret"})");
    auto record = *accepted(operation_kind::backup, backup_of("private"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context,
              [&] { return json::serialize(job_of(record)->at("status")).find(R"("Failed")") != std::string::npos; });
    for (const auto& pod : kubernetes.list("pods", "ai"))
        kubernetes.remove("pods", "ai", std::string(pod.at("metadata").at("name").as_string()));
    run_until(context, [&] {
        const auto is_there = [](const auto& each) { return each.first.ns == "ai"; };
        return std::ranges::none_of(pods_seen->store.all(), is_there);
    });
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::incomplete), end.message);
    BOOST_TEST(end.message.find("its Pod is gone") != std::string::npos, end.message);
    const auto there = repository().at("snapshots").as_array();
    BOOST_TEST_REQUIRE(there.size() == 1U);
    BOOST_TEST(json::serialize(there[0].at("tags")).find("soteria:incomplete") != std::string::npos);
    BOOST_TEST(end.result.at("backup") == std::string(there[0].at("id").as_string()));
}

BOOST_AUTO_TEST_CASE(whose_job_is_gone_without_a_snapshot_has_failed) {
    done(operation_kind::backup, backup_of("llm-cache")); // so that there is a repository
    restic->control("POST", "restic/pace", json::parse(R"({"milliseconds":600000})"));
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    kubernetes.remove("jobs.batch", "ai", record.name);
    run_until(context, [&] { return jobs_seen->store.find({"ai", record.name}) == nullptr; });
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "pod_lost");
    BOOST_TEST(end.message.ends_with("nothing of it is left"), end.message);
}

BOOST_AUTO_TEST_CASE(runs_on_the_node_that_has_the_claim_in_use) {
    use_claim("llm-cache", "node2");
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "wait_backup"); });
    run_until(context, [this] {
        for (const auto& pod : kubernetes.list("pods", "ai"))
            if (pod.at("metadata").as_object().contains("ownerReferences") &&
                pod.at("spec").as_object().contains("nodeName"))
                return pod.at("spec").at("nodeName") == json::value("node2");
        return false;
    });
    const auto job = *job_of(record);
    const auto& spec = job.at("spec").at("template").at("spec");
    BOOST_TEST(spec.at("tolerations").as_array().size() == 1U);
    BOOST_TEST(json::serialize(spec).find("s0:c1,c2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(moves_where_the_claim_has_moved_before_it_starts) {
    use_claim("llm-cache", "node1");
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "start_job"); });
    kubernetes.remove("pods", "ai", "user-of-llm-cache");
    use_claim("llm-cache", "node2");
    carry_until(record, [&] { return at(record, "wait_backup"); });
    const auto job = *job_of(record);
    BOOST_TEST(json::serialize(job.at("spec").at("template").at("spec").at("affinity")).find("node2") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_refused_where_restic_cannot_read_the_claim) {
    add_claim("single", R"({"accessModes":["ReadWriteOncePod"]})");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("single")) == "accepted");
    use_claim("single", "node1");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("single")) == "pvc_in_use");
    add_claim("raw", R"({"volumeMode":"Block"})");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("raw")) == "block_volume");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("nowhere")) == "pvc_not_found");
    apply(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"pending","namespace":"ai"},
              "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"local",
                      "resources":{"requests":{"storage":"1Gi"}}}})");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("pending")) == "pvc_not_bound");
    auto tagged = backup_of("llm-cache");
    tagged.tags = {"soteria:namespace=other"};
    BOOST_TEST(refusal(operation_kind::backup, tagged) == "invalid_tags");
}

BOOST_AUTO_TEST_CASE(is_refused_without_the_keys_of_the_repository) {
    apply(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"soteria-restic","namespace":"soteria"},
              "data":{"AWS_ACCESS_KEY_ID":"a2V5LWlk","RESTIC_PASSWORD":"Z2VoZWlt"}})");
    const auto refused = accepted(operation_kind::backup, backup_of("llm-cache"));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().reason == "secret_incomplete");
    BOOST_TEST(refused.error().message.find("AWS_SECRET_ACCESS_KEY") != std::string::npos);
    kubernetes.remove("secrets", "soteria", "soteria-restic");
    BOOST_TEST(refusal(operation_kind::backup, backup_of("llm-cache")) == "secret_missing");
}

BOOST_AUTO_TEST_CASE(with_a_wrong_password_fails_and_says_so_and_leaves_nothing) {
    done(operation_kind::backup, backup_of("llm-cache"));
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    give_keys("another");
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "wrong_password");
    BOOST_TEST(end.message.ends_with("nothing of it is left"), end.message);
    BOOST_TEST(end.leftovers.empty());
}

BOOST_AUTO_TEST_CASE(leaves_a_job_alone_that_somebody_else_gave_its_name) {
    auto record = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(record, [&] { return at(record, "create_job"); });
    apply(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":")" + fact(record, facts::job_name) +
          R"(","namespace":"ai"},"spec":{"suspend":true,"template":{"spec":{"restartPolicy":"Never",
             "containers":[{"name":"a","image":"a"}]}}}})");
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "name_taken");
    BOOST_TEST(job_of(record).has_value());
}

BOOST_AUTO_TEST_CASE(waits_visibly_while_another_job_has_the_repository_for_itself) {
    wire({"--keep-last", "1"});
    add_claim("other");
    done(operation_kind::backup, backup_of("llm-cache"));
    auto forgetting = *accepted(operation_kind::backup, backup_of("llm-cache"));
    carry_until(forgetting, [&] { return at(forgetting, "forget"); });
    step(forgetting); // its Job is made, and started or next
    auto other = *accepted(operation_kind::backup, backup_of("other"));
    carry_until(other, [&] { return at(other, "start_job"); });
    const auto report = await(driver->perform("start_job", other, budget("start_job")));
    if (report.what == step_report::outcome::waiting) { // else forget was quicker
        BOOST_TEST(report.patient);
        BOOST_TEST(report.message.find("the Job soteria/soteria-forget-") != std::string::npos, report.message);
    }
    while (forgetting.active() || other.active()) {
        if (forgetting.active())
            step(forgetting);
        if (other.active())
            step(other);
    }
    BOOST_TEST((forgetting.phase == operation_phase::succeeded), forgetting.message);
    BOOST_TEST((forgetting.find_step("forget")->state == domain::step_state::done));
    BOOST_TEST((other.phase == operation_phase::succeeded), other.message);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::test
