#include "fixture.hpp"

namespace simulator {

BOOST_AUTO_TEST_SUITE(the_fault_proxy)

BOOST_FIXTURE_TEST_CASE(passes_on_what_no_rule_names, proxy_fixture) {
    const auto seen = ask("POST", "/v1/volumes/x%2Fy?action=snapshot%20now&b", "hello");
    BOOST_TEST(seen.answer.status == 201);
    BOOST_TEST(seen.answer.body == "echo of hello");
    BOOST_TEST(arrived.at(0) == "POST /v1/volumes/x%2Fy?action=snapshot%20now&b");
    BOOST_TEST(last_headers.at("user-agent") == "client restore/create_volume");
    BOOST_TEST(outcome_of_last() == "answered");
}

namespace {

struct row {
    std::string rule;
    std::string error; // what the client sees
    int status;
    std::string body;
    bool arrives;
    std::string outcome;
};

const std::vector<row> rows{{R"({"action":"refuse"})", "end of stream", 200, "", false, "refused"},
                            {R"({"action":"reset"})", "Connection reset by peer", 200, "", false, "refused"},
                            {R"({"action":"status","status":503,"body":"busy","headers":{"Retry-After":"1"}})", "", 503,
                             "busy", false, "refused"},
                            {R"({"action":"garbage"})", "bad version", 200, "", false, "refused"},
                            {R"({"action":"half_answer"})", "partial message", 200, "", true, "answered"},
                            {R"({"action":"answer_lost"})", "end of stream", 200, "", true, "lost"},
                            {R"({"action":"delay","milliseconds":1})", "", 201, "echo of hello", true, "answered"},
                            {R"({"action":"late","milliseconds":1})", "", 201, "echo of hello", true, "answered"}};

} // namespace

BOOST_AUTO_TEST_CASE(fails_a_request_as_its_rule_says) {
    for (const auto& one : rows) {
        BOOST_TEST_CONTEXT(one.rule) {
            proxy_fixture setting;
            setting.proxy->add_rules(one.rule);
            const auto seen = setting.ask("POST", "/x", "hello");
            BOOST_TEST(seen.error == one.error);
            BOOST_TEST(seen.answer.status == one.status);
            BOOST_TEST(seen.answer.body == one.body);
            BOOST_TEST(setting.arrived.size() == (one.arrives ? 1U : 0U));
            BOOST_TEST(setting.outcome_of_last() == one.outcome);
            BOOST_TEST(setting.ask("POST", "/x", "hello").answer.status == 201);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(chooses_by_method_target_agent_number_and_count, proxy_fixture) {
    control("POST", "rules",
            R"([{"match":{"method":"POST","path_regex":"volumes\\?action=snap","user_agent_regex":"restore/create",
                "nth":2},"action":"status","status":500,"count":2}])");
    const auto status = [this](const std::string& method, const std::string& target) {
        return ask(method, target).answer.status;
    };
    BOOST_TEST(status("POST", "/volumes?action=snap") == 201);
    BOOST_TEST(status("GET", "/volumes?action=snap") == 200);
    BOOST_TEST(status("POST", "/volumes?action=other") == 201);
    BOOST_TEST(status("POST", "/volumes?action=snapshotCreate") == 500);
    BOOST_TEST(status("POST", "/volumes?action=snap") == 500);
    BOOST_TEST(status("POST", "/volumes?action=snap") == 201);
    const auto counts = control("GET", "rules").at("rules").at(0);
    BOOST_TEST(counts.at("seen") == 4);
    BOOST_TEST(counts.at("applied") == 2);
    auto other = make("POST", "/volumes?action=snap");
    other.headers["user-agent"] = "somebody else";
    control("POST", "rules", R"({"match":{"user_agent_regex":"restore"},"action":"status","status":502,"count":0})");
    BOOST_TEST(soteria::test::run(context, send(other)).answer.status == 201);
    BOOST_TEST(status("POST", "/volumes") == 502);
    proxy->clear_rules();
    BOOST_TEST(status("POST", "/volumes") == 201);
}

BOOST_FIXTURE_TEST_CASE(holds_a_request_before_the_server_sees_it, proxy_fixture) {
    proxy->add_rules(R"({"match":{"path_regex":"^/held"},"action":"hold_before"})");
    const auto waiting = begin(make("POST", "/held", "hello"));
    const auto held = control("GET", "held?wait=10").as_array();
    BOOST_REQUIRE(held.size() == 1U);
    BOOST_TEST(held[0].at("target") == "/held");
    BOOST_TEST(arrived.empty());
    BOOST_TEST(control("POST", "release").at("released") == 1);
    wait_for(waiting);
    BOOST_TEST(waiting->seen->answer.body == "echo of hello");
    BOOST_TEST(arrived.size() == 1U);
    BOOST_TEST(control("GET", "held?wait=0").as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(never_forwards_a_held_request_whose_client_has_gone, proxy_fixture) {
    proxy->add_rules(R"({"match":{"path_regex":"^/held"},"action":"hold_before"})");
    const auto waiting = begin(make("POST", "/held"));
    control("GET", "held?wait=10");
    leave(waiting);
    soteria::test::run_until(context, [this] { return proxy->log()[0].at("outcome") == "client gone"; });
    proxy->release_all();
    BOOST_TEST(ask("GET", "/after").answer.status == 200);
    BOOST_TEST(arrived.size() == 1U);
    BOOST_TEST(arrived.at(0) == "GET /after");
}

BOOST_FIXTURE_TEST_CASE(holds_the_answer_after_the_server_has_acted, proxy_fixture) {
    proxy->add_rules(R"([{"match":{"path_regex":"/a"},"action":"hold_after"},
                         {"match":{"path_regex":"/b"},"action":"hold_after"}])");
    const auto first = begin(make("POST", "/a"));
    const auto second = begin(make("POST", "/b"));
    soteria::test::run_until(context, [this] { return arrived.size() == 2; });
    const auto held = [this] { return control("GET", "held?wait=10").as_array(); };
    soteria::test::run_until(context, [&] { return held().size() == 2; });
    BOOST_TEST(!first->seen.has_value());
    control("POST", "release", R"({"id":)" + json::serialize(held()[1].at("id")) + "}");
    wait_for(held()[0].at("target") == "/a" ? second : first);
    BOOST_TEST(held().size() == 1U);
    proxy->release_all();
    wait_for(first);
    wait_for(second);
    BOOST_TEST(first->seen->answer.status == 201);
    BOOST_TEST(second->seen->answer.status == 201);
}

BOOST_FIXTURE_TEST_CASE(stays_silent_until_the_client_goes, proxy_fixture) {
    proxy->add_rules(R"({"action":"silence"})");
    const auto waiting = begin(make("GET", "/"));
    soteria::test::run_until(context, [this] { return !proxy->log().empty(); });
    BOOST_TEST(outcome_of_last() == "silent");
    BOOST_TEST(!waiting->seen.has_value());
    leave(waiting);
    BOOST_TEST(arrived.empty());
}

BOOST_FIXTURE_TEST_CASE(forwards_late_what_its_client_has_given_up, proxy_fixture) {
    proxy->add_rules(R"({"action":"arrive_late","milliseconds":1})");
    const auto waiting = begin(make("POST", "/x", "hello"));
    soteria::test::run_until(context, [this] { return !proxy->log().empty(); });
    BOOST_TEST(arrived.empty());
    leave(waiting);
    soteria::test::run_until(context, [this] { return outcome_of_last() == "arrived late"; });
    BOOST_TEST(arrived.at(0) == "POST /x");
    BOOST_TEST(!waiting->seen->error.empty());
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_down_is_a_broken_connection, proxy_fixture) {
    origin->stop();
    BOOST_TEST(ask("GET", "/").error == "Connection reset by peer");
    BOOST_TEST(outcome_of_last() == "unreachable");
}

BOOST_FIXTURE_TEST_CASE(keeps_a_log_in_the_order_of_arrival, proxy_fixture) {
    proxy->add_rules(R"({"match":{"nth":2},"action":"status","status":409})");
    ask("GET", "/one");
    ask("POST", "/two");
    const auto log = control("GET", "log").as_array();
    BOOST_REQUIRE(log.size() == 2U);
    BOOST_TEST(log[0].at("target") == "/one");
    BOOST_TEST(log[0].at("action").is_null());
    BOOST_TEST(log[0].at("status") == 200);
    BOOST_TEST(log[1].at("method") == "POST");
    BOOST_TEST(log[1].at("user_agent") == "client restore/create_volume");
    BOOST_TEST(log[1].at("action") == "status");
    BOOST_TEST(log[1].at("status") == 409);
    control("DELETE", "log");
    BOOST_TEST(control("GET", "log").as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(refuses_rules_that_it_does_not_understand, proxy_fixture) {
    const std::vector<std::pair<std::string, std::string>> mistakes{
        {R"({"action":"explode"})", "unknown action \"explode\""},
        {R"({"action":"refuse","cuont":1})", "unknown member cuont"},
        {R"({"action":"refuse","match":{"pathregex":"x"}})", "unknown member pathregex"},
        {R"({"action":"refuse","count":-1})", "count is a number, 0 or more"},
        {"[", "rules are JSON: an array of rules, or one"}};
    for (const auto& [rule, why] : mistakes) {
        const auto seen = ask("POST", "/_fault/rules", rule);
        BOOST_TEST(seen.answer.status == 400);
        BOOST_TEST(json::parse(seen.answer.body).at("error") == json::value(why).as_string());
    }
    BOOST_TEST(ask("POST", "/_fault/rules", R"({"action":"refuse","match":{"path_regex":"("}})").answer.status == 400);
    BOOST_TEST(control("GET", "rules").at("rules").as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
