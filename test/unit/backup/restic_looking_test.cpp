// A Job is looked at through two watches, each of which may be behind the other.
#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/backup/restic_jobs.hpp>
#include <soteria/kube/http_kube_client.hpp>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

kube::cluster_access somewhere() {
    kube::cluster_access access;
    access.server = "https://10.96.0.1:443";
    return access;
}

kube::object_meta meta_of(const std::string& name, const std::string& uid) {
    kube::object_meta meta;
    meta.ns = "soteria";
    meta.name = name;
    meta.uid = uid;
    meta.resource_version = "5";
    meta.annotations["soteria.dev/operation"] = "op-1";
    return meta;
}

struct looking {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::http_kube_client kubernetes{http, somewhere(), [] { return 0.0; }};
    kube::store<kube::job> jobs{context.get_executor()};
    kube::store<kube::pod> pods{context.get_executor()};
    backup::restic_jobs runner{
        {kubernetes, jobs, pods, soteria::system_clock(), "soteria", "soteria-restic", "soteria", {}}};

    void job_is_complete() {
        kube::job job;
        job.meta = meta_of("list-1", "job-uid");
        job.ended = kube::job::end::complete;
        jobs.apply(std::move(job));
    }

    void job_runs() {
        kube::job job;
        job.meta = meta_of("list-1", "job-uid");
        jobs.apply(std::move(job));
    }

    void pod_still_runs_here() {
        kube::pod pod;
        pod.meta = meta_of("list-1-x", "pod-uid");
        pod.owner_uid = "job-uid";
        pod.phase = "Running";
        kube::container_status container;
        container.name = "list";
        container.now = kube::container_status::state::running;
        pod.containers = {container};
        pods.apply(std::move(pod));
    }

    result<restic::verdict> look(restic::role what = restic::role::list) {
        restic::job_order order;
        order.ns = "soteria";
        order.name = "list-1";
        order.what = what;
        order.operation_uid = "op-1";
        order.commands = {{"list", {"list", "--no-lock", "snapshots"}}};
        return test::run(context, runner.look(order, {async::deadline::after(30s), 1s, "test/look"}));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(looking_at_a_restic_job)

BOOST_FIXTURE_TEST_CASE(an_ended_job_is_judged_by_its_pod_as_it_is_and_not_as_it_was_seen_last, looking) {
    job_is_complete();
    pod_still_runs_here();
    http.on("GET", "*/namespaces/soteria/pods?limit=100*list-1")
        .answer(
            200,
            R"({"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{"namespace":"soteria","name":"list-1-x","uid":"pod-uid",
            "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"list-1","uid":"job-uid","controller":true}]},
            "spec":{"nodeName":"n","containers":[{"name":"list"}]},"status":{"phase":"Succeeded","containerStatuses":
            [{"name":"list","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}}]})");
    http.on("GET", "*/pods/list-1-x/log*").answer(200, std::string(64, 'a') + "\n");
    const auto verdict = look();
    BOOST_REQUIRE_MESSAGE(verdict, (verdict ? "" : verdict.error().message));
    BOOST_TEST((verdict->what == restic::verdict::kind::complete), verdict->message);
    BOOST_TEST(verdict->ids.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_log_that_cannot_be_read_is_told_and_is_no_progress_of_zero, looking) {
    job_runs();
    pod_still_runs_here();
    http.on("GET", "*/pods/list-1-x/log*").answer(500, R"({"kind":"Status","code":500,"message":"no route to host"})");
    for (int time = 0; time < 2; ++time) { // the second time it is not asked again
        const auto verdict = look(restic::role::backup);
        BOOST_REQUIRE_MESSAGE(verdict, (verdict ? "" : verdict.error().message));
        BOOST_TEST((verdict->what == restic::verdict::kind::waiting));
        BOOST_TEST(verdict->code == "log_unreadable");
        BOOST_TEST(verdict->message.find("its log cannot be read: ") != std::string::npos, verdict->message);
        BOOST_TEST(verdict->message.find("no route to host") != std::string::npos, verdict->message);
    }
}

BOOST_FIXTURE_TEST_CASE(nobody_minds_the_log_of_what_tells_no_progress_anyway, looking) {
    job_runs();
    pod_still_runs_here();
    http.on("GET", "*/pods/list-1-x/log*").answer(500, R"({"kind":"Status","code":500,"message":"no route to host"})");
    BOOST_TEST(look().value().code == "");
}

BOOST_AUTO_TEST_SUITE_END()
