// Jobs from their creation to their removal, as the Job controller carries them out.
#include "jobs.hpp"

namespace simulator {

BOOST_AUTO_TEST_SUITE(the_job_controller)

BOOST_FIXTURE_TEST_CASE(leaves_a_suspended_job_alone_and_says_so, jobs_fixture) {
    const auto made = make(job("n", R"({"suspend":true})"));
    BOOST_TEST(made.status == 201);
    BOOST_TEST(made.body.at("metadata").at("generation") == 1);
    eventually([&] { return job_has("n", "Suspended"); });
    settle();
    BOOST_TEST(cluster->count("pods") == 0U);
    BOOST_TEST(text_at(*cluster->get("jobs.batch", "default", "n"), {"status", "startTime"}).empty());
}

BOOST_FIXTURE_TEST_CASE(runs_the_containers_one_after_the_other_and_completes_the_job, jobs_fixture) {
    make(job("n", R"({"suspend":true})"));
    call("PATCH", jobs + "/n", R"({"spec":{"suspend":false}})");
    eventually([&] { return job_has("n", "Complete"); });
    BOOST_REQUIRE(player->started.size() == 2U);
    BOOST_TEST(player->started[0].container == "first");
    BOOST_TEST(player->started[1].command.back() == "/data");
    const auto done = *cluster->get("jobs.batch", "default", "n");
    BOOST_TEST(condition_of(done, "SuccessCriteriaMet") == "True");
    BOOST_TEST(condition_of(done, "Suspended") == "False");
    BOOST_TEST(done.at("status").at("succeeded") == 1);
    BOOST_TEST(!text_at(done, {"status", "completionTime"}).empty());
    const auto pod = only_pod();
    BOOST_TEST(text_at(pod, {"status", "phase"}) == "Succeeded");
    BOOST_TEST(text_at(pod, {"metadata", "labels", "batch.kubernetes.io/job-name"}) == "n");
    BOOST_TEST(text_at(pod, {"metadata", "labels", "role"}) == "backup");
    BOOST_TEST(text_at(container_state(pod, "main"), {"terminated", "reason"}) == "Completed");
}

BOOST_FIXTURE_TEST_CASE(tells_that_a_job_will_fail_before_it_has_failed, jobs_fixture) {
    auto events = watch(jobs + "?watch=true");
    player->scripts["first"] = {scripted_player::ends(1, "Fatal: no\n")};
    make(job("n"));
    eventually([&] { return job_has("n", "Failed"); });
    const auto failed = *cluster->get("jobs.batch", "default", "n");
    BOOST_TEST(condition_of(failed, "Failed", "reason") == "BackoffLimitExceeded");
    BOOST_TEST(player->started.size() == 1U);
    const auto pod = only_pod();
    BOOST_TEST(text_at(pod, {"status", "phase"}) == "Failed");
    BOOST_TEST(text_at(container_state(pod, "main"), {"waiting", "reason"}) == "PodInitializing");
    bool target_alone = false;
    for (const auto& event : this->events(events, 6)) {
        const auto& seen = event.at("object").as_object();
        target_alone =
            target_alone || (condition_of(seen, "FailureTarget") == "True" && condition_of(seen, "Failed").empty());
    }
    BOOST_TEST(target_alone);
}

BOOST_FIXTURE_TEST_CASE(ends_a_job_at_its_deadline_with_sigterm, jobs_fixture) {
    player->scripts["first"] = {};
    make(job("n", R"({"activeDeadlineSeconds":1})"));
    eventually([&] { return job_has("n", "Failed"); });
    BOOST_TEST(condition_of(*cluster->get("jobs.batch", "default", "n"), "Failed", "reason") == "DeadlineExceeded");
    BOOST_TEST(player->terminated == std::vector<std::string>{"first"}, boost::test_tools::per_element());
    eventually([&] { return cluster->count("pods") == 0; });
}

BOOST_FIXTURE_TEST_CASE(takes_a_finished_job_away_with_its_pod_and_what_it_owns, jobs_fixture) {
    const auto made = make(job("n"));
    call("POST", secrets,
         R"({"metadata":{"name":"copy","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"n","uid":")" +
             made.text({"metadata", "uid"}) + R"("}]},"data":{}})");
    eventually([&] { return job_has("n", "Complete"); });
    BOOST_TEST(cluster->count("secrets") == 1U);
    call("PATCH", jobs + "/n", R"({"spec":{"ttlSecondsAfterFinished":0}})");
    eventually([&] {
        return cluster->count("jobs.batch") == 0 && cluster->count("pods") == 0 && cluster->count("secrets") == 0;
    });
}

BOOST_FIXTURE_TEST_CASE(a_deleted_jobs_pod_gets_sigterm_and_then_goes, jobs_fixture) {
    player->scripts["main"] = {scripted_player::says("begun\n")};
    make(job("n"));
    pod_when([](const json::object& pod) { return text_at(pod, {"status", "phase"}) == "Running"; });
    call("DELETE", jobs + "/n", R"({"propagationPolicy":"Background"})");
    BOOST_TEST(cluster->count("jobs.batch") == 0U);
    eventually([&] { return cluster->count("pods") == 0; });
    BOOST_TEST(player->terminated == std::vector<std::string>{"main"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_pod_that_is_deleted_while_it_runs_fails_its_job, jobs_fixture) {
    player->scripts["main"] = {};
    make(job("n"));
    const auto pod = pod_when([](const json::object& seen) { return text_at(seen, {"status", "phase"}) == "Running"; });
    call("DELETE", pods + "/" + text_at(pod, {"metadata", "name"}));
    eventually([&] { return job_has("n", "Failed"); });
    eventually([&] { return cluster->count("pods") == 0; });
}

BOOST_FIXTURE_TEST_CASE(refuses_what_the_api_server_refuses, jobs_fixture) {
    const auto always = make(job("n", "{}", R"({"restartPolicy":"Always"})"));
    BOOST_TEST(always.status == 422);
    BOOST_TEST(make(job(std::string(64, 'a'))).status == 422);
    BOOST_TEST(make(job("n", "{}", R"({"containers":[]})")).status == 422);
    const auto unmounted = make(job("n", "{}", R"({"containers":[{"name":"m","image":"i","volumeMounts":
        [{"name":"data","mountPath":"/data"}]}]})"));
    BOOST_TEST(unmounted.text({"message"}).find("Not found: \"data\"") != std::string::npos);
    BOOST_TEST(call("POST", jobs + "?dryRun=All", json::serialize(job("n"))).status == 201);
    BOOST_TEST(cluster->count("jobs.batch") == 0U);
}

BOOST_FIXTURE_TEST_CASE(lets_only_the_place_of_a_job_change_and_only_before_it_starts, jobs_fixture) {
    const std::string place = R"({"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"node1"}}}}})";
    make(job("n", R"({"suspend":true})"));
    BOOST_TEST(call("PATCH", jobs + "/n", place).status == 200);
    const auto level = R"({"spec":{"template":{"spec":{"securityContext":{"seLinuxOptions":{"level":"s0"}}}}}})";
    BOOST_TEST(call("PATCH", jobs + "/n", level).status == 422);
    call("PATCH", jobs + "/n", R"({"spec":{"suspend":false}})");
    eventually([&] { return job_has("n", "Complete"); });
    BOOST_TEST(call("PATCH", jobs + "/n", R"({"spec":{"template":{"spec":{"nodeSelector":null}}}})").status == 422);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
