#include "fixture.hpp"

namespace soteria::net {

namespace {

// Answers the first request on a connection and dies of the second, like a server that has just been restarted.
boost::asio::awaitable<void> die_of_the_second(raw_connection& connection) {
    auto first = connection.read_request();
    const auto request = co_await std::move(first);
    if (request.empty())
        co_return;
    auto answering = connection.answer("connection " + std::to_string(connection.number()));
    co_await std::move(answering);
    auto second = connection.read_request();
    co_await std::move(second);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(connections, fixture)

BOOST_AUTO_TEST_CASE(are_reused_for_requests_that_may_be_repeated) {
    raw_peer peer(context, &serve_politely);
    auto& client = make_client();
    for (int count = 0; count < 5; ++count) {
        const auto answer = get(client, peer.url("/"));
        BOOST_REQUIRE(answer);
        BOOST_TEST(answer->body == "connection 1");
    }
    BOOST_TEST(peer.connections() == 1U);
    BOOST_TEST(peer.requests().size() == 5U);
}

BOOST_AUTO_TEST_CASE(are_fresh_for_a_request_that_may_not_be_repeated_and_closed_after_it) {
    raw_peer peer(context, &serve_politely);
    auto& client = make_client();
    BOOST_REQUIRE(get(client, peer.url("/")));
    const auto answer = send(client, post(peer.url("/"), false), soon());
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->body == "connection 2");
    run_until([&] { return peer.open_connections() == 1; });
    const auto later = get(client, peer.url("/"));
    BOOST_REQUIRE(later);
    BOOST_TEST(later->body == "connection 1");
}

BOOST_AUTO_TEST_CASE(that_died_idle_are_replaced_for_a_repeatable_request) {
    raw_peer peer(context, &die_of_the_second);
    auto& client = make_client();
    BOOST_REQUIRE(get(client, peer.url("/")));
    const auto answer = send(client, post(peer.url("/"), true), soon());
    BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
    BOOST_TEST(answer->body == "connection 2");
    BOOST_TEST(peer.requests().size() == 3U, "the repeatable POST was sent twice");
}

BOOST_AUTO_TEST_CASE(that_died_idle_never_see_a_request_that_may_not_be_repeated) {
    raw_peer peer(context, &die_of_the_second);
    auto& client = make_client();
    BOOST_REQUIRE(get(client, peer.url("/")));
    BOOST_REQUIRE(send(client, post(peer.url("/"), false), soon()));
    BOOST_TEST(peer.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(are_bounded_and_the_line_for_them_keeps_its_deadlines) {
    raw_peer silent(context, [](raw_connection& connection) { return connection.stay_silent(); });
    http_client_settings settings;
    settings.max_requests = 2;
    auto& client = make_client(settings);
    const auto first = start(client.send(http_request("GET", silent.url("/1")), soon()));
    const auto second = start(client.send(http_request("GET", silent.url("/2")), soon()));
    const auto late = send(client, post(silent.url("/3"), false), async::deadline::after(20ms));
    BOOST_REQUIRE(late.has_error());
    BOOST_TEST(late.error().code == errc::timed_out);
    BOOST_TEST(late.error().message.find("no connection became free in time") != std::string::npos);
    BOOST_TEST(client.running() == 2U);
    const auto waiting = start(client.send(http_request("GET", silent.url("/4")), soon()));
    const auto next = start(client.send(http_request("GET", silent.url("/5")), soon()));
    context.poll();
    cancel(waiting);
    cancel(first);
    run_until([&] { return silent.connections() == 3; });
    BOOST_TEST(waiting->value->error().code == errc::cancelled);
    BOOST_TEST(!next->done());
    cancel(second);
    cancel(next);
    run_until([&] { return second->done() && next->done() && first->done(); });
}

BOOST_AUTO_TEST_CASE(are_kept_under_load_so_that_there_are_no_more_than_requests_in_flight) {
    raw_peer peer(context, &serve_politely);
    http_client_settings settings;
    settings.max_requests = 50;
    auto& client = make_client(settings);
    std::vector<std::shared_ptr<started<result<http_response>>>> running;
    running.reserve(300);
    for (int number = 0; number < 300; ++number)
        running.push_back(start(client.send(http_request("GET", peer.url("/")), soon())));
    for (const auto& one : running) {
        run_until([&] { return one->done(); });
        BOOST_TEST((one->value && one->value->has_value()));
    }
    BOOST_TEST(peer.connections() <= 50U);
}

BOOST_AUTO_TEST_CASE(held_by_streams_do_not_keep_requests_waiting) {
    raw_peer peer(context, [](raw_connection& connection) -> boost::asio::awaitable<void> {
        auto reading = connection.read_request();
        const auto request = co_await std::move(reading);
        if (request.find("/watch") == std::string::npos) {
            auto answering = connection.answer("here");
            co_await std::move(answering);
        }
        auto head = connection.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        co_await std::move(head);
        auto silence = connection.stay_silent();
        co_await std::move(silence);
    });
    http_client_settings settings;
    settings.max_requests = 1;
    settings.max_streams = 3;
    auto& client = make_client(settings);
    std::vector<std::unique_ptr<http_stream>> streams;
    for (int count = 0; count < 3; ++count) {
        auto stream = run(client.open_stream(http_request("GET", peer.url("/watch")), soon()));
        BOOST_REQUIRE(stream);
        streams.push_back(std::move(*stream));
    }
    const auto answer = get(client, peer.url("/x"));
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->body == "here");
    const auto fourth = run(client.open_stream(http_request("GET", peer.url("/watch")), async::deadline::after(20ms)));
    BOOST_REQUIRE(fourth.has_error());
    BOOST_TEST(fourth.error().code == errc::timed_out);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
