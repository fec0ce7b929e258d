#include "fixture.hpp"
#include "test/simulator/http/target.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace simulator {

namespace {

asio::awaitable<response> echo(request asked) {
    response answer;
    answer.status = 207;
    answer.headers.emplace_back("X-Method", asked.method);
    answer.headers.emplace_back("X-Path", asked.path);
    answer.headers.emplace_back("X-Query", asked.query["a"]);
    answer.headers.emplace_back("X-Given", asked.headers["x-given"]);
    answer.body = asked.body;
    co_return answer;
}

std::string header_of(const response& answer, std::string_view name) {
    for (const auto& [known, value] : answer.headers) {
        if (known == name) {
            return value;
        }
    }
    return "(none)";
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests)

BOOST_FIXTURE_TEST_CASE(the_handler_sees_the_request_and_the_client_its_answer, server_fixture) {
    const auto url = serve(echo);
    auto asked = make_request("PATCH", "/some%20where?a=b%26c+d&e", "the body");
    asked.headers["x-given"] = "header";
    const auto seen = exchange(url, asked);
    BOOST_TEST(seen.answer.status == 207);
    BOOST_TEST(seen.answer.body == "the body");
    BOOST_TEST(seen.answer.content_type == "application/json");
    BOOST_TEST(header_of(seen.answer, "X-Method") == "PATCH");
    BOOST_TEST(header_of(seen.answer, "X-Path") == "/some where");
    BOOST_TEST(header_of(seen.answer, "X-Query") == "b&c d");
    BOOST_TEST(header_of(seen.answer, "X-Given") == "header");
}

BOOST_FIXTURE_TEST_CASE(a_connection_serves_one_request_after_the_other, server_fixture) {
    const auto url = serve(echo);
    const auto connection = connect(url);
    for (const auto* body : {"first", "second", "third"}) {
        const auto asked = make_request("POST", "/", body);
        BOOST_TEST(soteria::test::run(context, connection->exchange(asked)).body == body);
    }
    BOOST_TEST(connection->reusable());
}

BOOST_FIXTURE_TEST_CASE(a_large_body_passes_both_ways, server_fixture) {
    const auto url = serve(echo);
    const std::string body(20UL * 1024 * 1024, 'x');
    BOOST_TEST((exchange(url, make_request("POST", "/", body)).answer.body == body), "20 MiB came back changed");
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_is_a_500_with_its_text, server_fixture) {
    const auto url = serve([](request) -> asio::awaitable<response> {
        throw std::runtime_error("it fell over");
        co_return response();
    });
    const auto seen = exchange(url, make_request("GET", "/"));
    BOOST_TEST(seen.answer.status == 500);
    BOOST_TEST(seen.answer.body == "it fell over");
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_wait_while_others_are_answered, server_fixture) {
    asio::steady_timer gate(context, asio::steady_timer::time_point::max());
    bool waiting = false;
    const auto url = serve([&](request asked) -> asio::awaitable<response> {
        if (asked.path == "/slow") {
            waiting = true;
            boost::system::error_code ignored;
            co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        response answer;
        answer.body = asked.path;
        co_return answer;
    });
    std::string slow;
    const auto note = [&slow](const std::exception_ptr&, const outcome& seen) { slow = seen.answer.body; };
    asio::co_spawn(context, send(url, make_request("GET", "/slow")), note);
    soteria::test::run_until(context, [&waiting] { return waiting; });
    BOOST_TEST(exchange(url, make_request("GET", "/quick")).answer.body == "/quick");
    BOOST_TEST(slow.empty());
    gate.cancel();
    soteria::test::run_until(context, [&slow] { return !slow.empty(); });
    finish();
}

BOOST_FIXTURE_TEST_CASE(raw_bytes_take_the_place_of_an_answer, server_fixture) {
    const auto url = serve([](request asked) -> asio::awaitable<response> {
        response answer;
        answer.raw.emplace().bytes = asked.path == "/garbage" ? "this is no HTTP\r\n\r\n" : "";
        answer.raw->reset = asked.path == "/reset";
        co_return answer;
    });
    BOOST_TEST(exchange(url, make_request("GET", "/garbage")).error.message() == "bad version");
    BOOST_TEST(exchange(url, make_request("GET", "/closed")).error.message() == "end of stream");
    BOOST_TEST(exchange(url, make_request("GET", "/reset")).error.message() == "Connection reset by peer");
}

BOOST_FIXTURE_TEST_CASE(a_stopped_server_refuses_connections_and_ends_those_it_has, server_fixture) {
    const auto url = serve(echo);
    const auto connection = connect(url);
    const auto asked = make_request("GET", "/");
    soteria::test::run(context, connection->exchange(asked));
    servers.back()->stop();
    BOOST_TEST(exchange(url, asked).error.message() == "Connection refused");
    BOOST_CHECK_THROW(soteria::test::run(context, connection->exchange(asked)), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(a_target_is_taken_apart_and_decoded) {
    const auto parsed = parse_target("/a%2Fb/%zz?x=1&y=%3D&flag&&z=a=b");
    BOOST_TEST(parsed.path == "/a/b/%zz");
    BOOST_TEST(parsed.query.size() == 4U);
    BOOST_TEST(parsed.query.at("x") == "1");
    BOOST_TEST(parsed.query.at("y") == "=");
    BOOST_TEST(parsed.query.at("flag").empty());
    BOOST_TEST(parsed.query.at("z") == "a=b");
    BOOST_TEST(encode_component("a b/ü") == "a%20b%2F%C3%BC");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
