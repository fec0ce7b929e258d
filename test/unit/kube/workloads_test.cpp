#include <soteria/kube/workloads.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

boost::json::object parse(std::string_view text) {
    return boost::json::parse(text).as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(decoding_a_job)

BOOST_AUTO_TEST_CASE(that_waits_shows_that_it_is_suspended) {
    const auto one = decode_job(parse(R"({"metadata": {"namespace": "ai", "name": "j", "uid": "u1",
        "labels": {"soteria.dev/role": "backup"}}, "spec": {"suspend": true, "ttlSecondsAfterFinished": 604800},
        "status": {"conditions": [{"type": "Suspended", "status": "True", "reason": "JobSuspended"}]}})"));
    BOOST_REQUIRE(one);
    BOOST_TEST(one->meta.uid == "u1");
    BOOST_TEST(one->meta.labels.at("soteria.dev/role") == "backup");
    BOOST_TEST(one->suspended);
    BOOST_TEST(one->ttl_seconds.value() == 604800);
    BOOST_TEST((one->ended == job::end::none));
}

BOOST_AUTO_TEST_CASE(has_ended_only_once_its_pods_have) {
    const auto ending = decode_job(parse(R"({"metadata": {"name": "j"}, "status": {"conditions": [
        {"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}]}})"));
    BOOST_TEST((ending.value().ended == job::end::none));
    const auto failed = decode_job(parse(R"({"metadata": {"name": "j"}, "status": {"conditions": [
        {"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"},
        {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}]}})"));
    BOOST_TEST((failed.value().ended == job::end::failed));
    BOOST_TEST(failed->reason == "DeadlineExceeded");
    BOOST_TEST(failed->message == "too long");
    const auto complete = decode_job(parse(R"({"metadata": {"name": "j"}, "status": {"conditions": [
        {"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Failed", "status": "False"},
        {"type": "Complete", "status": "True"}]}})"));
    BOOST_TEST((complete.value().ended == job::end::complete));
}

BOOST_AUTO_TEST_CASE(without_status_has_not_ended) {
    const auto one = decode_job(parse(R"({"metadata": {"name": "j"}})"));
    BOOST_TEST((one.value().ended == job::end::none));
    BOOST_TEST(!one->suspended);
    BOOST_TEST(!one->ttl_seconds.has_value());
}

BOOST_AUTO_TEST_CASE(with_a_field_of_the_wrong_type_is_refused_with_its_path) {
    const auto one = decode_job(parse(R"({"metadata": {"namespace": "ai", "name": "j"}, "spec": {"suspend": "yes"}})"));
    BOOST_REQUIRE(!one);
    BOOST_TEST((one.error().code == errc::bad_answer));
    BOOST_TEST(one.error().message.find("Job ai/j") != std::string::npos, one.error().message);
    BOOST_TEST(one.error().message.find("spec.suspend") != std::string::npos, one.error().message);
    const auto other =
        decode_job(parse(R"({"metadata": {"name": "j"}, "status": {"conditions": [{"status": "True", "type": 7}]}})"));
    BOOST_TEST(other.error().message.find("status.conditions[].type") != std::string::npos, other.error().message);
    for (const auto* text : {R"({"metadata": {"name": "j"}, "status": {"conditions": {}}})",
                             R"({"metadata": {"name": "j"}, "status": {"conditions": ["x"]}})"})
        BOOST_TEST((decode_job(parse(text)).error().code == errc::bad_answer), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(decoding_a_pod)

BOOST_AUTO_TEST_CASE(shows_where_it_runs_for_whom_and_with_which_claims) {
    const auto one = decode_pod(parse(R"({
        "metadata": {"namespace": "ai", "name": "p", "ownerReferences": [{"kind": "X", "uid": "other"},
                     {"kind": "Job", "uid": "job-uid", "controller": true}]},
        "spec": {"nodeName": "node-7", "tolerations": [{"key": "gpu", "operator": "Exists"}],
                 "securityContext": {"seLinuxOptions": {"level": "s0:c1,c2"}},
                 "volumes": [{"name": "a", "emptyDir": {}},
                             {"name": "b", "persistentVolumeClaim": {"claimName": "llm-cache"}}],
                 "containers": [{"name": "c", "securityContext": {"seLinuxOptions": {"level": "s0:c9"}}}]},
        "status": {"phase": "Running"}})"));
    BOOST_REQUIRE(one);
    BOOST_TEST(one->owner_uid == "job-uid");
    BOOST_TEST(one->node == "node-7");
    BOOST_TEST(one->claims.size() == 1U);
    BOOST_TEST(one->claims.at(0) == "llm-cache");
    BOOST_TEST(boost::json::serialize(one->tolerations) == R"([{"key":"gpu","operator":"Exists"}])");
    BOOST_TEST(boost::json::serialize(one->selinux) == R"({"level":"s0:c1,c2"})");
    BOOST_TEST(one->active());
}

BOOST_AUTO_TEST_CASE(takes_the_selinux_options_of_its_first_container_where_it_has_none_itself) {
    const auto one = decode_pod(parse(R"({"metadata": {"name": "p"}, "spec": {"containers": [
        {"name": "c", "securityContext": {"seLinuxOptions": {"level": "s0:c9"}}}, {"name": "d"}]}})"));
    BOOST_TEST(boost::json::serialize(one.value().selinux) == R"({"level":"s0:c9"})");
    BOOST_TEST(decode_pod(parse(R"({"metadata": {"name": "p"}})")).value().selinux.empty());
}

BOOST_AUTO_TEST_CASE(shows_how_each_container_stands_init_containers_first) {
    const auto one = decode_pod(parse(R"({"metadata": {"name": "p"}, "status": {"phase": "Pending",
        "containerStatuses": [{"name": "backup", "state": {"waiting": {"reason": "PodInitializing"}}}],
        "initContainerStatuses": [
            {"name": "unlock", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "killed",
                                                        "finishedAt": "2026-04-12T15:30:00Z"}}},
            {"name": "second", "state": {"running": {"startedAt": "2026-04-12T15:30:00Z"}}}]}})"));
    const auto& containers = one.value().containers;
    BOOST_REQUIRE(containers.size() == 3U);
    BOOST_TEST(containers.at(0).name == "unlock");
    BOOST_TEST(containers.at(0).init);
    BOOST_TEST((containers.at(0).now == container_status::state::terminated));
    BOOST_TEST(containers.at(0).exit_code == 137);
    BOOST_TEST(containers.at(0).reason == "OOMKilled");
    BOOST_TEST(containers.at(0).message == "killed");
    BOOST_TEST(containers.at(0).finished_at.has_value());
    BOOST_TEST((containers.at(1).now == container_status::state::running));
    BOOST_TEST(!containers.at(2).init);
    BOOST_TEST((containers.at(2).now == container_status::state::waiting));
    BOOST_TEST(containers.at(2).reason == "PodInitializing");
}

BOOST_AUTO_TEST_CASE(shows_what_the_scheduler_says_only_while_it_finds_no_node) {
    const auto with = [](const std::string& status, const std::string& reason) {
        return decode_pod(parse(R"({"metadata": {"name": "p"}, "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": ")" +
                                status + R"(", "reason": ")" + reason +
                                R"(", "message": "0/3 nodes are available"}]}})"))
            .value()
            .unschedulable;
    };
    BOOST_TEST(with("False", "Unschedulable") == "0/3 nodes are available");
    BOOST_TEST(with("True", "").empty());
    BOOST_TEST(with("False", "SchedulingGated").empty());
}

BOOST_AUTO_TEST_CASE(that_was_evicted_says_so_and_uses_its_volumes_no_longer) {
    const auto one = decode_pod(parse(R"({"metadata": {"name": "p"},
        "status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}})"));
    BOOST_TEST(one.value().reason == "Evicted");
    BOOST_TEST(one->message == "low on memory");
    BOOST_TEST(!one->active());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(decoding_an_event)

BOOST_AUTO_TEST_CASE(shows_what_happened_to_whom_and_when_last) {
    const auto one = decode_core_event(parse(R"({"metadata": {"namespace": "ai", "name": "e"}, "type": "Warning",
        "involvedObject": {"kind": "Pod", "uid": "u1"}, "reason": "FailedMount", "message": "no such volume",
        "lastTimestamp": "2026-04-12T15:30:00Z"})"));
    BOOST_REQUIRE(one);
    BOOST_TEST(one->about_uid == "u1");
    BOOST_TEST(one->type == "Warning");
    BOOST_TEST(one->reason == "FailedMount");
    BOOST_TEST(one->message == "no such volume");
    BOOST_TEST(format_rfc3339(one->last_seen.value()) == "2026-04-12T15:30:00Z");
}

BOOST_AUTO_TEST_CASE(knows_the_times_of_events_of_either_api) {
    const auto last_seen = [](const std::string& times) {
        return format_rfc3339(decode_core_event(parse(R"({"metadata": {"name": "e", "creationTimestamp":
            "2026-04-12T15:00:00Z"})" + times + "}"))
                                  .value()
                                  .last_seen.value());
    };
    BOOST_TEST(last_seen(R"(, "lastTimestamp": null, "eventTime": "2026-04-12T15:10:00.123456Z")") ==
               "2026-04-12T15:10:00Z");
    BOOST_TEST(last_seen(R"(, "eventTime": "2026-04-12T15:10:00.123456Z",
        "series": {"lastObservedTime": "2026-04-12T15:20:00.000000Z"})") == "2026-04-12T15:20:00Z");
    BOOST_TEST(last_seen("") == "2026-04-12T15:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()
