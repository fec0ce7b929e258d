// Events: what they say, and that writing them hurts nobody.
#include "test/support/scripted_http_client.hpp"

#include <soteria/base/utf8.hpp>
#include <soteria/kube/http_kube_client.hpp>
#include <soteria/operations/announcer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::operations;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

domain::operation a_restore() {
    domain::operation one;
    one.kind = domain::operation_kind::restore;
    one.ns = "ai";
    one.name = "get-it-back";
    one.uid = "uid-1";
    one.request.source = {"ai", "data"};
    one.request.target = {"ai", "copy"};
    one.by = {"brad", "proxy", "r-1"};
    one.phase = domain::operation_phase::running;
    one.message = "restoring";
    return one;
}

std::string text(const boost::json::object& event, std::string_view member) {
    return std::string(event.at(member).as_string());
}

std::string name_of(news what, const domain::operation& one, const event_subject& subject) {
    return std::string(event_about(subject, what, one, noon).at("metadata").at("name").as_string());
}

std::string name_of(news what, const domain::operation& one) {
    return name_of(what, one, record_of(one));
}

struct telling {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes{http, access};
    kube::store<kube::persistent_volume_claim> claims{context.get_executor()};
    telemetry::service_counters counters{{"longhorn"}};
    std::future<void> running;
    announcer events{context.get_executor(), kubernetes, claims, system_clock(), counters.kubernetes_events};

    void there_is(const std::string& name, const std::string& uid) {
        kube::persistent_volume_claim claim;
        claim.meta.ns = "ai";
        claim.meta.name = name;
        claim.meta.uid = uid;
        claim.meta.resource_version = "5";
        claims.apply(std::move(claim));
    }

    // What is written until nothing waits any more.
    std::vector<boost::json::object> written(std::size_t expected) {
        running = boost::asio::co_spawn(context, events.run(), boost::asio::use_future);
        while (http.requests().size() < expected && context.run_one_for(5s) > 0) {
        }
        context.run_for(100ms);
        std::vector<boost::json::object> found;
        for (const auto& request : http.requests())
            found.push_back(boost::json::parse(request.body).as_object());
        return found;
    }

    double counted(const std::string& result) { return counters.kubernetes_events.counters().at({result}).value(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(an_event)

BOOST_AUTO_TEST_CASE(says_what_happened_to_whom_and_who_asked_for_it) {
    const auto one = a_restore();
    const auto event = event_about(record_of(one), news::accepted, one, noon);
    BOOST_TEST(text(event, "reason") == "RestoreAccepted");
    BOOST_TEST(text(event, "type") == "Normal");
    BOOST_TEST(text(event, "message") == "restore of ai/data into ai/copy, asked for by brad (proxy), request r-1");
    BOOST_TEST(text(event, "firstTimestamp") == "2026-04-12T12:00:00Z");
    const auto& about = event.at("involvedObject").as_object();
    BOOST_TEST(text(about, "apiVersion") == "soteria.dev/v1alpha1");
    BOOST_TEST(text(about, "kind") == "Restore");
    BOOST_TEST(text(about, "uid") == "uid-1");
    BOOST_TEST(event.at("metadata").at("namespace") == "ai");
}

BOOST_AUTO_TEST_CASE(does_not_claim_to_know_who_used_kubectl) {
    auto one = a_restore();
    one.by = {"kubectl", "kubectl", ""};
    BOOST_TEST(text(event_about(record_of(one), news::accepted, one, noon), "message") ==
               "restore of ai/data into ai/copy, made with kubectl");
}

BOOST_AUTO_TEST_CASE(is_a_warning_where_somebody_should_look) {
    auto one = a_restore();
    const auto type = [&](news what) { return text(event_about(record_of(one), what, one, noon), "type"); };
    BOOST_TEST(type(news::stalled) == "Warning");
    one.error = domain::operation_error{"restore_failed", "faulted"};
    BOOST_TEST(type(news::rolling_back) == "Warning");
    one.error->code = "cancelled";
    BOOST_TEST(type(news::rolling_back) == "Normal");
    one.phase = domain::operation_phase::cancelled;
    BOOST_TEST(type(news::ended) == "Normal");
    one.leftovers.emplace_back();
    BOOST_TEST(type(news::ended) == "Warning");
    one = a_restore();
    one.phase = domain::operation_phase::succeeded;
    BOOST_TEST(type(news::ended) == "Normal");
    one.phase = domain::operation_phase::incomplete;
    BOOST_TEST(type(news::ended) == "Warning");
}

BOOST_AUTO_TEST_CASE(has_the_same_name_each_time_and_another_for_each_turn_and_object) {
    auto one = a_restore();
    BOOST_TEST(name_of(news::accepted, one) == name_of(news::accepted, one));
    BOOST_TEST(name_of(news::accepted, one) != name_of(news::rolling_back, one));
    const event_subject claim{"v1", "PersistentVolumeClaim", "ai", "get-it-back", "uid-2"};
    BOOST_TEST(name_of(news::accepted, one) != name_of(news::accepted, one, claim));
    one.stalled_since = noon;
    const auto first = name_of(news::stalled, one);
    one.stalled_since = noon + 1h;
    BOOST_TEST(first != name_of(news::stalled, one));
    auto again = a_restore();
    again.uid = "uid-of-another-record-of-that-name";
    BOOST_TEST(name_of(news::accepted, one) != name_of(news::accepted, again));
}

BOOST_AUTO_TEST_CASE(fits_into_kubernetes_limits_whatever_is_in_it) {
    auto one = a_restore();
    one.name = std::string(253, 'n');
    one.phase = domain::operation_phase::failed;
    for (int i = 0; i < 600; ++i)
        one.message += "ä€";
    const auto event = event_about(record_of(one), news::ended, one, noon);
    BOOST_TEST(text(event, "message").size() <= 1000U);
    BOOST_TEST(is_utf8(text(event, "message")));
    BOOST_TEST(name_of(news::ended, one).size() <= 253U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_announcer)

BOOST_AUTO_TEST_CASE(tells_of_a_backup_at_its_record_and_at_its_pvc) {
    telling t;
    t.there_is("data", "claim-uid");
    auto one = a_restore();
    one.kind = domain::operation_kind::backup;
    t.http.on("POST", "*/namespaces/ai/events*").answer(201, "{}").always();
    t.events.tell(news::accepted, one);
    const auto written = t.written(2);
    BOOST_REQUIRE(written.size() == 2U);
    BOOST_TEST(written[0].at("involvedObject").at("kind") == "Backup");
    BOOST_TEST(written[1].at("involvedObject").at("uid") == "claim-uid");
    BOOST_TEST(t.counted("written") == 2);
}

BOOST_AUTO_TEST_CASE(tells_of_a_restore_at_its_own_target_and_never_at_somebody_elses) {
    telling t;
    t.there_is("copy", "claim-uid");
    auto one = a_restore();
    t.http.on("POST", "*/namespaces/ai/events*").answer(201, "{}").always();
    t.events.tell(news::stalled, one);
    one.facts["claim_uid"] = "claim-uid";
    t.events.tell(news::rolling_back, one);
    const auto written = t.written(3);
    BOOST_REQUIRE(written.size() == 3U);
    BOOST_TEST(written[0].at("involvedObject").at("kind") == "Restore");
    BOOST_TEST(written[2].at("involvedObject").at("kind") == "PersistentVolumeClaim");
    BOOST_TEST(written[2].at("reason") == "RestoreRollingBack");
}

BOOST_AUTO_TEST_CASE(counts_what_is_refused_and_goes_on_and_passes_over_what_is_there_already) {
    telling t;
    const auto one = a_restore();
    t.http.on("POST", "*/events*").answer(403, R"({"kind":"Status","reason":"Forbidden","code":403})").times(1);
    t.http.on("POST", "*/events*").answer(409, R"({"kind":"Status","reason":"AlreadyExists","code":409})").times(1);
    t.http.on("POST", "*/events*").answer(201, "{}").always();
    for (const auto what : {news::accepted, news::stalled, news::rolling_back})
        t.events.tell(what, one);
    BOOST_TEST(t.written(3).size() == 3U);
    BOOST_TEST(t.counted("failed") == 1);
    BOOST_TEST(t.counted("written") == 1);
}

BOOST_AUTO_TEST_CASE(lets_no_more_wait_than_it_may) {
    telling t;
    for (std::size_t i = 0; i < announcer::most_waiting + 5; ++i)
        t.events.tell(news::accepted, a_restore());
    BOOST_TEST(t.counted("dropped") == 5);
}

BOOST_AUTO_TEST_SUITE_END()
