#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/leader_lease.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

std::string lease_of(const std::string& holder, const std::string& renew_time, int version, int seconds = 15) {
    return R"({"metadata":{"namespace":"backup","name":"soteria","uid":"u1","resourceVersion":")" +
           std::to_string(version) + R"("},"spec":{"holderIdentity":")" + holder + R"(","renewTime":")" + renew_time +
           R"(","leaseDurationSeconds":)" + std::to_string(seconds) + R"(,"leaseTransitions":4}})";
}

const std::string missing = R"({"reason":"NotFound","details":{"name":"soteria","kind":"leases"}})";
const std::string changed_meanwhile = R"({"reason":"Conflict","details":{"name":"soteria","kind":"leases"}})";

cluster_access at_test() {
    cluster_access access;
    access.server = "http://test";
    return access;
}

struct one_of_two {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, at_test()};
    boot_time_point now{1h};
    leader_lease leader{context.get_executor(), kubernetes, settings(), [this] { return now; }};

    static leader_lease_settings settings() {
        leader_lease_settings ours("backup", "soteria", "me");
        ours.retry = 1ms;
        return ours;
    }

    static leader_lease_settings never_looks_by_itself() {
        auto ours = settings();
        ours.retry = 1h;
        return ours;
    }

    json::value spec(std::size_t request) { return json::parse(http.requests().at(request).body).at("spec"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_leaders_lease, one_of_two)

BOOST_AUTO_TEST_CASE(is_created_by_the_first_one) {
    http.on("GET", "*/namespaces/backup/leases/soteria").answer(404, missing);
    http.on("POST", "*/namespaces/backup/leases?*").answer(201, lease_of("me", "t1", 1));
    BOOST_TEST(!leader.held());
    const test::background running(context, leader.run());
    test::run_until(context, [&] { return leader.held(); });
    BOOST_TEST((leader.valid_until() == now + 15s));
    BOOST_TEST(leader.holder() == "me");
    BOOST_TEST(spec(1).at("holderIdentity").as_string() == "me");
    BOOST_TEST(spec(1).at("leaseDurationSeconds").as_int64() == 15);
    BOOST_TEST(spec(1).at("leaseTransitions").as_int64() == 0);
    BOOST_TEST(http.requests().at(1).purpose == "lease/acquire");
    now += 15s;
    BOOST_TEST(!leader.held());
}

BOOST_AUTO_TEST_CASE(carries_what_its_holder_leaves_there_with_its_renewals_and_no_write_more) {
    auto ours = settings();
    ours.duration = 60ms;
    int times = 0;
    ours.annotations = [&times] {
        std::map<std::string, std::string> nothing_yet;
        const std::map<std::string, std::string> mark{{"soteria.dev/events-from", "1.5.7"}};
        return ++times == 1 ? nothing_yet : mark;
    };
    http.on("GET", "*").answer(404, missing);
    http.on("POST", "*").answer(201, lease_of("me", "t1", 1));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 2)).always();
    leader_lease marked(context.get_executor(), kubernetes, ours, [this] { return now; });
    const test::background running(context, marked.run());
    test::run_until(context, [&] { return http.requests().size() >= 4; });
    const auto metadata = [this](std::size_t request) {
        return json::parse(http.requests().at(request).body).at("metadata").as_object();
    };
    BOOST_TEST(!metadata(1).contains("annotations"));
    BOOST_TEST(!metadata(2).contains("annotations"));
    BOOST_TEST(metadata(3).at("annotations").at("soteria.dev/events-from").as_string() == "1.5.7");
}

BOOST_AUTO_TEST_CASE(is_taken_over_from_a_silent_holder_with_the_version_that_was_seen) {
    http.on("GET", "*").answer(200, lease_of("other", "t0", 7)).always();
    auto& take = http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    const test::background running(context, leader.run());
    test::run_until(context, [&] { return http.requests().size() >= 3; });
    BOOST_TEST(leader.holder() == "other");
    BOOST_TEST(take.uses() == 0U);
    now += 15s;
    test::run_until(context, [&] { return leader.held(); });
    const auto body = json::parse(http.requests().back().body);
    BOOST_TEST(body.at("metadata").at("resourceVersion").as_string() == "7");
    BOOST_TEST(body.at("spec").at("leaseTransitions").as_int64() == 5);
}

BOOST_AUTO_TEST_CASE(is_watched_while_somebody_else_has_it_and_taken_as_soon_as_it_is_given_back) {
    auto& watch = http.on("GET", "*/leases?watch=true*").answer(200, "").then_silent();
    http.on("GET", "*/leases/soteria").answer(200, lease_of("other", "t0", 7));
    http.on("GET", "*/leases/soteria").answer(200, lease_of("", "t0", 8));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 9));
    leader_lease patient(context.get_executor(), kubernetes, never_looks_by_itself(), [this] { return now; });
    const test::background running(context, patient.run());
    test::run_until(context, [&] { return watch.uses() == 1; });
    const auto asked = http.requests().back();
    BOOST_TEST(asked.url.find("fieldSelector=metadata.name%3Dsoteria") != std::string::npos);
    BOOST_TEST(asked.url.find("resourceVersion=7") != std::string::npos);
    BOOST_TEST(asked.purpose == "lease/watch");
    BOOST_TEST(!patient.held());
    watch.push(R"({"type":"MODIFIED","object":{}})");
    test::run_until(context, [&] { return patient.held(); });
    BOOST_TEST(http.requests().size() == 4U);
}

BOOST_AUTO_TEST_CASE(is_looked_at_now_and_then_where_it_cannot_be_watched) {
    http.on("GET", "*watch=true*").answer(403, R"({"reason":"Forbidden"})").always();
    http.on("GET", "*/leases/soteria").answer(200, lease_of("other", "t0", 7)).times(3);
    http.on("GET", "*/leases/soteria").answer(200, lease_of("", "t0", 8));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 9));
    const test::background running(context, leader.run());
    test::run_until(context, [&] { return leader.held(); });
}

BOOST_AUTO_TEST_CASE(is_taken_when_its_holders_time_is_up_however_silent_the_watch_is) {
    http.on("GET", "*watch=true*").answer(200, "").then_silent().always();
    http.on("GET", "*").answer(200, lease_of("other", "t0", 7, 0)).always();
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    auto brief = never_looks_by_itself();
    brief.duration = 20ms;
    leader_lease second(context.get_executor(), kubernetes, brief);
    const test::background running(context, second.run());
    test::run_until(context, [&] { return second.holder() == "me"; });
}

BOOST_AUTO_TEST_CASE(belongs_to_whoever_was_faster) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(409, changed_meanwhile);
    http.on("GET", "*").answer(200, lease_of("other", "t1", 8)).always();
    const test::background running(context, leader.run());
    test::run_until(context, [&] { return leader.holder() == "other"; });
    BOOST_TEST(!leader.held());
}

BOOST_AUTO_TEST_CASE(tells_of_its_beginning_and_its_end) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    std::vector<bool> heard;
    const auto listen = [&]() -> boost::asio::awaitable<void> {
        while (true) {
            (void)co_await leader.changed().wait(async::deadline::never());
            heard.push_back(leader.held());
        }
    };
    const test::background listening(context, listen());
    test::background running(context, leader.run());
    test::run_until(context, [&] { return heard.size() == 1; });
    running.stop();
    http.on("PATCH", "*").answer(200, lease_of("", "t1", 9));
    BOOST_TEST(test::run(context, leader.release(async::deadline::after(5s))).has_value());
    test::run_until(context, [&] { return heard.size() == 2; });
    const std::vector<bool> wanted{true, false};
    BOOST_TEST(heard == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_given_back_by_an_empty_holder_and_only_if_it_is_still_as_we_left_it) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    {
        const test::background running(context, leader.run());
        test::run_until(context, [&] { return leader.held(); });
    }
    http.on("PATCH", "*").fail(errc::unavailable, "gone").always();
    BOOST_TEST(!test::run(context, leader.release(async::deadline::after(0s))).has_value());
    BOOST_TEST(!leader.held()); // also where the API server never heard of it
    const auto body = json::parse(http.requests().back().body);
    BOOST_TEST(body == json::parse(R"({"metadata":{"resourceVersion":"8"},"spec":{"holderIdentity":""}})"));
    const auto before = http.requests().size();
    BOOST_TEST(test::run(context, leader.release(async::deadline::after(1s))).has_value());
    BOOST_TEST(http.requests().size() == before);
}

BOOST_AUTO_TEST_CASE(is_given_back_also_where_a_renewal_that_was_cancelled_had_gone_through) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    {
        const test::background running(context, leader.run());
        test::run_until(context, [&] { return leader.held(); });
    }
    http.on("PATCH", "*").answer(409, changed_meanwhile);
    http.on("GET", "*").answer(200, lease_of("me", "t2", 9));
    http.on("PATCH", "*").answer(200, lease_of("", "t2", 10));
    BOOST_TEST(test::run(context, leader.release(async::deadline::after(5s))).has_value());
    const auto body = json::parse(http.requests().back().body);
    BOOST_TEST(body == json::parse(R"({"metadata":{"resourceVersion":"9"},"spec":{"holderIdentity":""}})"));
}

BOOST_AUTO_TEST_CASE(is_given_back_also_where_its_first_acquisition_was_cancelled_and_had_gone_through) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8)).withhold();
    {
        const test::background running(context, leader.run());
        test::run_until(context, [&] { return http.requests().size() == 2; });
    }
    BOOST_TEST(!leader.held());
    http.on("GET", "*").answer(200, lease_of("me", "t1", 8));
    http.on("PATCH", "*").answer(200, lease_of("", "t1", 9));
    BOOST_TEST(test::run(context, leader.release(async::deadline::after(5s))).has_value());
    const auto body = json::parse(http.requests().back().body);
    BOOST_TEST(body == json::parse(R"({"metadata":{"resourceVersion":"8"},"spec":{"holderIdentity":""}})"));
}

BOOST_AUTO_TEST_CASE(is_not_asked_for_again_where_its_first_acquisition_was_cancelled_and_came_to_nothing) {
    http.on("GET", "*").answer(404, missing);
    http.on("POST", "*").answer(201, lease_of("me", "t1", 8)).withhold();
    {
        const test::background running(context, leader.run());
        test::run_until(context, [&] { return http.requests().size() == 2; });
    }
    http.on("GET", "*").answer(404, missing);
    BOOST_TEST(test::run(context, leader.release(async::deadline::after(5s))).has_value());
    BOOST_TEST((http.requests().back().method == "GET"));
}

BOOST_AUTO_TEST_CASE(is_left_to_whoever_has_it_by_the_time_it_is_given_back) {
    http.on("GET", "*").answer(200, lease_of("", "t0", 7));
    http.on("PATCH", "*").answer(200, lease_of("me", "t1", 8));
    {
        const test::background running(context, leader.run());
        test::run_until(context, [&] { return leader.held(); });
    }
    http.on("PATCH", "*").answer(409, changed_meanwhile);
    http.on("GET", "*").answer(200, lease_of("other", "t2", 9));
    BOOST_TEST(!test::run(context, leader.release(async::deadline::after(5s))).has_value());
    BOOST_TEST((http.requests().back().method == "GET"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(leases_as_slots, one_of_two)

BOOST_AUTO_TEST_CASE(are_created_read_and_deleted_by_uid) {
    http.on("POST", "*/leases?*").answer(201, lease_of("record-1", "", 1));
    http.on("GET", "*/leases/slot").answer(200, lease_of("record-1", "t", 1));
    http.on("DELETE", "*/leases/slot").answer(200, "{}");
    const call_options options(async::deadline::after(5s));
    const auto made =
        test::run(context, create_lease(kubernetes, "backup", "slot", "record-1", {{"soteria.dev/for", "x"}}, options));
    BOOST_REQUIRE(made);
    BOOST_TEST(made->holder == "record-1");
    BOOST_TEST(json::parse(http.requests().at(0).body) ==
               json::parse(R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"namespace":"backup",
                    "name":"slot","annotations":{"soteria.dev/for":"x"}},"spec":{"holderIdentity":"record-1"}})"));
    const auto got = test::run(context, get_lease(kubernetes, "backup", "slot", options));
    BOOST_REQUIRE(got);
    BOOST_TEST(got->meta.uid == "u1");
    BOOST_TEST(got->duration.count() == 15);
    BOOST_TEST(got->transitions == 4);
    BOOST_TEST(test::run(context, delete_lease(kubernetes, "backup", "slot", "u1", options)).has_value());
    BOOST_TEST(json::parse(http.requests().at(2).body).at("preconditions").at("uid").as_string() == "u1");
}

BOOST_AUTO_TEST_SUITE_END()
