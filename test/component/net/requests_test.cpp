#include "fixture.hpp"
#include "test/simulator/http/server.hpp"

#include <soteria/telemetry/upstream_calls.hpp>

#include <cstdlib>

namespace soteria::net {

namespace {

struct server_fixture : fixture {
    std::vector<simulator::request> seen;
    simulator::http_server server{context, "127.0.0.1", 0,
                                  [this](simulator::request request) { return handle(std::move(request)); }};

    server_fixture() { server.start(); }

    ~server_fixture() {
        boost::asio::post(context, [this] { server.stop(); });
        finish();
    }

    boost::asio::awaitable<simulator::response> handle(simulator::request request) {
        simulator::response response;
        response.body = request.method + " " + request.path + " " + request.body;
        if (request.path == "/moved") {
            response.status = 302;
            response.headers.emplace_back("Location", "/elsewhere");
        }
        seen.push_back(std::move(request));
        co_return response;
    }

    [[nodiscard]] std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + path;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_request, server_fixture)

BOOST_AUTO_TEST_CASE(brings_back_status_headers_and_body) {
    auto& client = make_client();
    const auto answer = get(client, url("/v1/volumes?limit=5"));
    BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
    BOOST_TEST(answer->status == 200);
    BOOST_TEST(answer->body == "GET /v1/volumes ");
    BOOST_TEST(find_header(answer->headers, "content-TYPE") == "application/json");
    BOOST_TEST(seen.at(0).query.at("limit") == "5");
}

BOOST_AUTO_TEST_CASE(carries_method_body_and_headers_as_they_are) {
    auto& client = make_client();
    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
        http_request request(method, url("/x"));
        request.body = "{}";
        request.headers = {{"Content-Type", "application/merge-patch+json"}, {"Authorization", "Bearer t"}};
        const auto answer = send(client, std::move(request), soon());
        BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
        BOOST_TEST(answer->body == method + " /x {}");
        BOOST_TEST(seen.back().headers.at("content-type") == "application/merge-patch+json");
        BOOST_TEST(seen.back().headers.at("authorization") == "Bearer t");
        BOOST_TEST(!seen.back().headers.contains("expect"));
    }
}

BOOST_AUTO_TEST_CASE(has_no_invented_content_type_and_no_body_where_none_was_given) {
    auto& client = make_client();
    for (const std::string method : {"POST", "DELETE", "GET"}) {
        BOOST_REQUIRE(send(client, http_request(method, url("/x")), soon()));
        BOOST_TEST(!seen.back().headers.contains("content-type"));
        BOOST_TEST(seen.back().body.empty());
    }
    const auto head = send(client, http_request("HEAD", url("/x")), soon());
    BOOST_REQUIRE(head);
    BOOST_TEST((head->status == 200 && head->body.empty()));
}

BOOST_AUTO_TEST_CASE(names_its_purpose_in_the_user_agent) {
    auto& client = make_client();
    http_request request("GET", url("/x"));
    BOOST_REQUIRE(send(client, request, soon()));
    BOOST_TEST(seen.back().headers.at("user-agent") == "soteria/" SOTERIA_VERSION);
    request.purpose = "restore/create_volume";
    BOOST_REQUIRE(send(client, request, soon()));
    BOOST_TEST(seen.back().headers.at("user-agent") == "soteria/" SOTERIA_VERSION " (restore/create_volume)");
}

BOOST_AUTO_TEST_CASE(sends_a_body_of_a_megabyte_without_asking_first) {
    auto& client = make_client();
    http_request request("POST", url("/x"));
    request.body = std::string(1024UL * 1024, 'b');
    const auto sent = send(client, std::move(request), soon());
    BOOST_REQUIRE(sent.has_value());
    BOOST_TEST(seen.back().body.size() == 1024U * 1024U);
    BOOST_TEST(!seen.back().headers.contains("expect"));
}

BOOST_AUTO_TEST_CASE(does_not_follow_a_redirect) {
    auto& client = make_client();
    const auto answer = get(client, url("/moved"));
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 302);
    BOOST_TEST(seen.size() == 1U);
}

BOOST_AUTO_TEST_CASE(ignores_the_environments_proxy) {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    auto& client = make_client();
    const auto answer = get(client, url("/x"));
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    BOOST_TEST(answer.has_value());
}

BOOST_AUTO_TEST_CASE(is_refused_before_sending_if_it_would_break_apart) {
    auto& client = make_client();
    http_request smuggled("GET", url("/x"));
    smuggled.headers = {{"X-Note", "a\r\nX-Other: b"}};
    http_request purpose("GET", url("/x"));
    purpose.purpose = "a\r\nX-Other: b";
    for (const auto& request : {smuggled, purpose, http_request("GE T", url("/x")), http_request("GET", "no url"),
                                http_request("GET", "file:///etc/passwd"), http_request("GET", url("/a\nb"))}) {
        const auto answer = send(client, request, soon());
        BOOST_REQUIRE(answer.has_error());
        BOOST_TEST(answer.error().code == errc::invalid);
    }
    BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(is_counted_by_upstream_purpose_and_outcome_with_the_connections_it_took) {
    telemetry::upstream_calls calls;
    http_client_settings settings;
    settings.upstream = "longhorn";
    settings.calls = &calls;
    auto& client = make_client(settings);
    for (const auto& target : {url("/x"), url("/moved"), std::string("http://127.0.0.1:1/")}) {
        http_request request("GET", target);
        request.purpose = "poller/refresh";
        BOOST_TEST(send(client, request, soon()).has_value() == (target != "http://127.0.0.1:1/"));
    }
    for (const std::string outcome : {"2xx", "3xx", "unavailable"})
        BOOST_TEST(calls.totals().at({"longhorn", "poller/refresh", outcome}).value() == 1.0, outcome);
    BOOST_TEST(calls.totals().size() == 3U);
    BOOST_TEST(calls.seconds().size() == 1U);
    BOOST_TEST(calls.connections().at("longhorn").value() == 1.0); // the second used the first one's
}

BOOST_AUTO_TEST_CASE(is_one_of_a_hundred_at_once) {
    http_client_settings settings;
    settings.max_requests = 16;
    auto& client = make_client(settings);
    std::vector<std::shared_ptr<started<result<http_response>>>> running;
    running.reserve(100);
    for (int number = 0; number < 100; ++number)
        running.push_back(start(client.send(http_request("GET", url("/" + std::to_string(number))), soon())));
    for (std::size_t number = 0; number < running.size(); ++number) {
        run_until([&] { return running[number]->done(); });
        BOOST_REQUIRE(running[number]->value->has_value());
        BOOST_TEST(running[number]->value->value().body == "GET /" + std::to_string(number) + " ");
    }
    BOOST_TEST(client.running() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
