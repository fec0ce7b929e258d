// Where a Job's Pod runs, what it starts with, what may happen to it, what its containers have written.
#include "jobs.hpp"

namespace simulator {

namespace {

const std::string with_data = R"({"volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"c"}}],
    "containers":[{"name":"main","image":"restic:1","env":[{"name":"A","value":"b"},{"name":"RESTIC_PASSWORD","valueFrom":
    {"secretKeyRef":{"name":"s","key":"RESTIC_PASSWORD"}}}],"volumeMounts":[{"name":"d","mountPath":"/data","readOnly":true}]}]})";

struct with_class : jobs_fixture {
    with_class() {
        call("POST", "/apis/storage.k8s.io/v1/storageclasses",
             R"({"metadata":{"name":"local-path"},"provisioner":"rancher.io/local-path","reclaimPolicy":"Delete",)"
             R"("volumeBindingMode":"WaitForFirstConsumer"})");
    }

    void make_claim(const std::string& mode = "ReadWriteOnce") {
        BOOST_TEST(call("POST", claims,
                        R"({"metadata":{"name":"c","annotations":{"a/b":"c"}},"spec":{"accessModes":[")" + mode +
                            R"("],"storageClassName":"local-path","resources":{"requests":{"storage":"1Gi"}}}})")
                       .status == 201);
    }

    void make_secret() {
        call("POST", secrets, R"({"metadata":{"name":"s"},"stringData":{"RESTIC_PASSWORD":"geheim"}})");
    }

    void make_user(const std::string& node) {
        call("POST", pods,
             R"({"metadata":{"name":"user"},"spec":{"nodeName":")" + node +
                 R"(","containers":[{"name":"a","image":"b"}],"volumes":[{"name":"d","persistentVolumeClaim":)"
                 R"({"claimName":"c"}}]}})");
    }

    json::object jobs_pod() {
        json::object seen;
        eventually([&] {
            for (const auto& one : cluster->list("pods", "default")) {
                if (text_at(one, {"metadata", "name"}) != "user") {
                    seen = one;
                }
            }
            return !seen.empty();
        });
        settle();
        return *cluster->get("pods", "default", text_at(seen, {"metadata", "name"}));
    }
};

std::string reason_of(const json::object& pod, const std::string& container) {
    return text_at(jobs_fixture::container_state(pod, container), {"waiting", "reason"});
}

} // namespace

BOOST_AUTO_TEST_SUITE(pods_of_jobs)

BOOST_FIXTURE_TEST_CASE(a_claim_that_waits_for_its_consumer_gets_a_volume, with_class) {
    make_claim();
    make_secret();
    make(job("n", "{}", with_data));
    eventually([&] { return job_has("n", "Complete"); });
    BOOST_TEST(text_at(*cluster->get("persistentvolumeclaims", "default", "c"), {"status", "phase"}) == "Bound");
    const auto& order = player->started.back();
    BOOST_TEST(order.environment.at("RESTIC_PASSWORD") == "geheim");
    BOOST_TEST(order.environment.at("A") == "b");
    BOOST_REQUIRE(order.mounts.size() == 1U);
    BOOST_TEST(order.mounts[0].claim == "c");
    BOOST_TEST(order.mounts[0].read_only);
    BOOST_TEST(order.mounts[0].annotations.at("a/b") == "c");
    BOOST_TEST(order.mounts[0].capacity_bytes == 1 << 30);
}

BOOST_FIXTURE_TEST_CASE(a_pod_waits_for_a_claim_that_is_missing, with_class) {
    make_secret();
    make(job("n", "{}", with_data));
    const auto pod = pod_when([](const json::object& seen) { return condition_of(seen, "PodScheduled") == "False"; });
    BOOST_TEST(condition_of(pod, "PodScheduled", "message").find("persistentvolumeclaim \"c\" not found") !=
               std::string::npos);
    settle();
    const auto told = events_about(pod);
    BOOST_TEST(told == std::vector<std::string>{"FailedScheduling"}, boost::test_tools::per_element());
    make_claim();
    eventually([&] { return job_has("n", "Complete"); });
}

BOOST_FIXTURE_TEST_CASE(a_pod_waits_for_its_secret, with_class) {
    make_claim();
    make(job("n", "{}", with_data));
    const auto pod = pod_when([](const json::object& seen) { return !reason_of(seen, "first").empty(); });
    BOOST_TEST(reason_of(pod, "first") == "CreateContainerConfigError");
    make_secret();
    eventually([&] { return job_has("n", "Complete"); });
}

BOOST_FIXTURE_TEST_CASE(a_node_that_nobody_knows_makes_it_unschedulable, with_class) {
    make(job("n", "{}", R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["elsewhere"]}]}]}}}})"));
    const auto pod = pod_when([](const json::object& seen) { return condition_of(seen, "PodScheduled") == "False"; });
    BOOST_TEST(condition_of(pod, "PodScheduled", "reason") == "Unschedulable");
}

BOOST_FIXTURE_TEST_CASE(a_volume_in_use_on_another_node_cannot_be_attached, with_class) {
    make_claim();
    make_secret();
    make_user("other");
    make(job("n", "{}", R"({"nodeSelector":{"kubernetes.io/hostname":"node1"}})"));
    eventually([&] { return job_has("n", "Complete"); });
    const auto beside = json::parse(with_data).as_object();
    auto pod_spec = beside;
    pod_spec["nodeSelector"] = json::object{{"kubernetes.io/hostname", "node1"}};
    call("DELETE", jobs + "/n");
    eventually([&] { return cluster->count("pods") == 1; });
    make(job("m", "{}", json::serialize(pod_spec)));
    const auto pod = jobs_pod();
    BOOST_TEST(reason_of(pod, "first") == "ContainerCreating");
    const auto told = events_about(pod);
    BOOST_TEST(std::count(told.begin(), told.end(), "FailedAttachVolume") >= 1);
    call("DELETE", pods + "/user");
    eventually([&] { return job_has("m", "Complete"); });
}

BOOST_FIXTURE_TEST_CASE(a_volume_in_use_on_one_node_is_used_there_again, with_class) {
    make_claim();
    make_secret();
    make_user("other");
    auto pod_spec = json::parse(with_data).as_object();
    pod_spec["nodeSelector"] = json::object{{"kubernetes.io/hostname", "other"}};
    make(job("n", "{}", json::serialize(pod_spec)));
    eventually([&] { return job_has("n", "Complete"); });
    BOOST_TEST(text_at(jobs_pod(), {"spec", "nodeName"}) == "other");
}

BOOST_FIXTURE_TEST_CASE(a_claim_for_one_pod_alone_is_not_shared, with_class) {
    make_claim("ReadWriteOncePod");
    make_secret();
    make_user("node1");
    make(job("n", "{}", with_data));
    const auto pod = jobs_pod();
    BOOST_TEST(condition_of(pod, "PodScheduled", "message").find("ReadWriteOncePod") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_keeps_a_pod_from_starting_shows_until_it_is_taken_away, jobs_fixture) {
    for (const std::string what : {"unschedulable", "image_missing", "mount_fails"}) {
        fault(R"({"do":")" + what + R"(","job":"n-"})");
        make(job("n-" + what.substr(0, 5)));
        pod_when([&](const json::object& seen) {
            return what == "unschedulable"   ? condition_of(seen, "PodScheduled") == "False"
                   : what == "image_missing" ? reason_of(seen, "first") == "ImagePullBackOff"
                                             : reason_of(seen, "first") == "ContainerCreating";
        });
        BOOST_TEST(call("DELETE", "/_simulator/faults").status == 200);
        eventually([&] { return job_has("n-" + what.substr(0, 5), "Complete"); });
        call("DELETE", jobs + "/n-" + what.substr(0, 5));
        eventually([&] { return cluster->count("pods") == 0; });
    }
    BOOST_TEST(call("POST", "/_simulator/faults", R"({"do":"nothing"})").status == 500);
}

BOOST_FIXTURE_TEST_CASE(kubernetes_may_refuse_the_pod, jobs_fixture) {
    fault(R"({"do":"refused","times":0})");
    const auto made = make(job("n"));
    settle();
    eventually([&] { return !events_about(made.body).empty(); });
    BOOST_TEST(events_about(made.body).front() == "FailedCreate");
    BOOST_TEST(cluster->count("pods") == 0U);
    call("DELETE", "/_simulator/faults");
    eventually([&] { return job_has("n", "Complete"); });
}

BOOST_FIXTURE_TEST_CASE(memory_that_is_too_small_and_eviction_end_the_pod, jobs_fixture) {
    fault(R"({"do":"oom_killed","job":"big"})");
    fault(R"({"do":"evicted","job":"full"})");
    player->scripts["main"] = {scripted_player::says("one\n"), scripted_player::says("two\n")};
    make(job("big"));
    eventually([&] { return job_has("big", "Failed"); });
    const auto killed = container_state(only_pod(), "main");
    BOOST_TEST(text_at(killed, {"terminated", "reason"}) == "OOMKilled");
    BOOST_TEST(killed.at("terminated").at("exitCode") == 137);
    call("DELETE", jobs + "/big");
    eventually([&] { return cluster->count("pods") == 0; });
    make(job("full"));
    eventually([&] { return job_has("full", "Failed"); });
    BOOST_TEST(text_at(only_pod(), {"status", "reason"}) == "Evicted");
    BOOST_TEST(player->terminated.empty());
}

BOOST_FIXTURE_TEST_CASE(logs_are_kept_a_container_each, jobs_fixture) {
    player->scripts["first"] = {scripted_player::says("one\ntwo\n"), scripted_player::ends(0, "three\n")};
    player->scripts["main"] = {scripted_player::says("of main\n")};
    make(job("n"));
    const auto pod = pod_when([](const json::object& seen) { return text_at(seen, {"status", "phase"}) == "Running"; });
    const auto name = text_at(pod, {"metadata", "name"});
    BOOST_TEST(log(name, "container=first") == "one\ntwo\nthree\n");
    BOOST_TEST(log(name, "container=first&tailLines=2") == "two\nthree\n");
    BOOST_TEST(log(name, "container=first&limitBytes=5") == "one\nt");
    BOOST_TEST(log(name, "container=main") == "of main\n");
    BOOST_TEST(get(pods + "/" + name + "/log").text({"message"}) ==
               "a container name must be specified for pod " + name +
                   ", choose one of: [main] or one of the init containers: [first]");
    BOOST_TEST(get(pods + "/" + name + "/log?container=x").status == 400);
    BOOST_TEST(get(pods + "/other/log?container=x").status == 404);
}

BOOST_FIXTURE_TEST_CASE(a_container_that_has_not_started_has_no_log, jobs_fixture) {
    player->scripts["first"] = {};
    make(job("n"));
    const auto pod = pod_when([](const json::object& seen) { return !container_state(seen, "first").empty(); });
    const auto name = text_at(pod, {"metadata", "name"});
    const auto seen = get(pods + "/" + name + "/log?container=main");
    BOOST_TEST(seen.status == 400);
    BOOST_TEST(seen.text({"message"}) ==
               "container \"main\" in pod \"" + name + "\" is waiting to start: PodInitializing");
}

BOOST_FIXTURE_TEST_CASE(the_player_has_controls_of_its_own, jobs_fixture) {
    BOOST_TEST(call("POST", "/_simulator/player", R"({"a":1})").body.at("a") == 1);
    BOOST_TEST(get("/_simulator/nothing").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
