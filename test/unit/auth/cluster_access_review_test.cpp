#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/auth/cluster_access_review.hpp>
#include <soteria/kube/http_kube_client.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <list>

using namespace soteria;
using namespace soteria::auth;
using namespace std::chrono_literals;

namespace {

kube::cluster_access cluster() {
    kube::cluster_access access;
    access.server = "https://10.96.0.1:443";
    return access;
}

constexpr const char* yes = R"({"status":{"allowed":true}})";
constexpr const char* no = R"({"status":{"allowed":false,"denied":true}})";

struct asked_cluster {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::http_kube_client kubernetes{http, cluster(), [] { return 0.0; }};
    std::chrono::steady_clock::time_point now;
    review_limits limits;
    std::optional<cluster_access_review> reviews;
    subject brad{"brad", {"dev", "staff"}};

    cluster_access_review& review() {
        if (!reviews)
            reviews.emplace(context.get_executor(), kubernetes, limits, [this] { return now; });
        return *reviews;
    }

    boost::asio::awaitable<result<verdict>> question(const std::string& ns, async::deadline until) {
        return review().may(brad, {"create", "backups", ns}, until);
    }

    std::string ask(const std::string& ns = "ai") {
        const auto told = test::run(context, question(ns, async::deadline::after(30s)));
        return !told ? told.error().reason : *told == verdict::allowed ? "yes" : "no";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_api_server, asked_cluster)

BOOST_AUTO_TEST_CASE(is_asked_about_user_and_groups_on_our_resources) {
    http.on("POST", "*/apis/authorization.k8s.io/v1/subjectaccessreviews*").answer(201, yes);
    BOOST_TEST(ask() == "yes");
    const auto& sent = http.requests().at(0);
    BOOST_TEST(
        boost::json::parse(sent.body) ==
        boost::json::parse(
            R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"brad",)"
            R"("groups":["dev","staff"],"resourceAttributes":{"group":"soteria.dev","resource":"backups","verb":"create",)"
            R"("namespace":"ai"}}})"));
    BOOST_TEST(sent.repeatable, "a question may share connections");
    BOOST_TEST(sent.purpose == "authorization");
}

BOOST_AUTO_TEST_CASE(is_asked_about_all_namespaces_by_naming_none) {
    http.next().answer(201, no);
    BOOST_TEST(ask("") == "no");
    BOOST_TEST(http.requests().at(0).body.find("\"namespace\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_not_asked_again_for_a_while) {
    http.next().answer(201, yes).times(2);
    BOOST_TEST(ask() == "yes");
    now += limits.keep_allowed - 1s;
    BOOST_TEST(ask() == "yes");
    BOOST_TEST(http.requests().size() == 1U);
    now += 1s;
    BOOST_TEST(ask() == "yes");
    BOOST_TEST(http.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(is_asked_sooner_after_a_no) {
    http.next().answer(201, no);
    http.next().answer(201, yes);
    BOOST_TEST(ask() == "no");
    now += limits.keep_denied - 1s;
    BOOST_TEST(ask() == "no");
    now += 1s;
    BOOST_TEST(ask() == "yes");
}

BOOST_AUTO_TEST_CASE(is_asked_for_each_person_and_each_question) {
    http.next().answer(201, yes).always();
    ask("ai");
    ask("web");
    brad.user = "eve";
    ask("ai");
    brad.groups = {"dev"};
    ask("ai");
    BOOST_TEST(http.requests().size() == 4U);
}

BOOST_AUTO_TEST_CASE(that_refuses_or_makes_no_sense_allows_nothing_and_is_asked_again) {
    for (const auto* body : {"{}", R"({"status":{}})", R"({"status":{"allowed":"yes"}})", "[]", "<html>"})
        http.next().answer(201, body);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(ask() == "authorization_unavailable");
    http.next().answer(403, R"({"kind":"Status","reason":"Forbidden","message":"no"})");
    BOOST_TEST(ask() == "authorization_unavailable");
    http.next().answer(201, yes);
    BOOST_TEST(ask() == "yes");
}

BOOST_AUTO_TEST_CASE(that_loses_an_answer_is_asked_once_more) {
    http.next().fail(errc::outcome_unknown, "the answer was lost");
    http.next().answer(201, yes);
    BOOST_TEST(ask() == "yes");
}

BOOST_AUTO_TEST_CASE(that_is_silent_costs_no_more_than_the_deadline_and_allows_nothing) {
    http.next().answer(201, yes).withhold();
    const auto told = test::run(context, question("ai", async::deadline::after(10ms)));
    BOOST_REQUIRE(!told);
    BOOST_TEST((told.error().code == errc::unavailable));
    BOOST_TEST(told.error().message.find("brad may create backups.soteria.dev in the namespace ai") !=
                   std::string::npos,
               told.error().message);
}

BOOST_AUTO_TEST_CASE(is_asked_once_where_many_ask_at_the_same_time) {
    auto& answer = http.next().answer(201, yes).withhold();
    int told = 0;
    const auto one = [&]() -> boost::asio::awaitable<void> {
        const auto outcome = co_await question("ai", async::deadline::after(30s));
        told += outcome && *outcome == verdict::allowed ? 1 : 100;
    };
    std::list<test::background> callers;
    for (int i = 0; i < 5; ++i)
        callers.emplace_back(context, one());
    boost::asio::post(context, [&] { answer.release(); });
    test::run_until(context, [&] { return told >= 5; });
    BOOST_TEST(told == 5);
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(tells_those_who_wait_for_its_no_the_same) {
    auto& answer = http.next().answer(201, no).withhold();
    std::vector<std::string> told;
    const auto one = [&]() -> boost::asio::awaitable<void> {
        const auto outcome = co_await question("ai", async::deadline::after(30s));
        told.emplace_back(outcome && *outcome == verdict::denied ? "no" : "something else");
    };
    std::list<test::background> callers;
    for (int i = 0; i < 3; ++i)
        callers.emplace_back(context, one());
    boost::asio::post(context, [&] { answer.release(); });
    test::run_until(context, [&] { return told.size() == 3; });
    BOOST_TEST(told == (std::vector<std::string>{"no", "no", "no"}), boost::test_tools::per_element());
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_asked_anew_by_those_who_wait_for_somebody_that_left) {
    http.next().answer(201, yes).withhold();
    http.next().answer(201, yes);
    const auto first = [&]() -> boost::asio::awaitable<void> { co_await question("ai", async::deadline::after(30s)); };
    test::background leaving(context, first());
    test::run_until(context, [&] { return !http.requests().empty(); });
    std::optional<result<verdict>> told;
    const auto second = [&]() -> boost::asio::awaitable<void> {
        told = co_await question("ai", async::deadline::after(30s));
    };
    const test::background waiting(context, second());
    boost::asio::post(context, [] {});
    leaving.stop();
    test::run_until(context, [&] { return told.has_value(); });
    BOOST_REQUIRE(told->has_value());
    BOOST_TEST((**told == verdict::allowed));
    BOOST_TEST(http.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(has_no_more_answers_kept_than_there_is_room_for) {
    limits.kept = 2;
    http.next().answer(201, yes).always();
    for (const auto* ns : {"a", "b", "c", "b", "c", "a"})
        ask(ns);
    BOOST_TEST(http.requests().size() == 4U, "a, b, c, then a again");
}

BOOST_AUTO_TEST_SUITE_END()
