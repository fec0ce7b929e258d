#include "fixture.hpp"

#include <boost/asio/steady_timer.hpp>

namespace soteria::net {

namespace {

// Dribbles its answer, so that there are many moments in it.
boost::asio::awaitable<void> dribble(raw_connection& connection) {
    while (true) {
        auto reading = connection.read_request();
        const auto request = co_await std::move(reading);
        if (request.empty())
            co_return;
        for (const std::string part :
             {"HTTP/1.1 200 OK\r\n", "X-Slow: ye", "s\r\nTransfer-Enc", "oding: chunked\r\n\r\n", "5\r\nhello\r\n",
              "6\r\n wo", "rld\r\n", "0\r\n\r\n"}) {
            auto saying = connection.say(part);
            const bool heard = co_await std::move(saying);
            if (!heard)
                co_return;
            boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, 1ms);
            auto waiting = pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            co_await std::move(waiting);
        }
    }
}

boost::asio::awaitable<result<std::string>> read_stream(curl_http_client& client, std::string url) {
    auto opening = client.open_stream(http_request("GET", std::move(url)), soon());
    auto stream = co_await std::move(opening);
    if (stream.has_error())
        co_return stream.error();
    std::string text;
    while (true) {
        auto next = (*stream)->next(soon());
        auto bytes = co_await std::move(next);
        if (bytes.has_error())
            co_return bytes.error();
        if (bytes->empty())
            co_return text;
        text += *bytes;
    }
}

struct cancellation_fixture : fixture {
    raw_peer peer{context, &dribble};

    ~cancellation_fixture() {
        peer.stop();
        finish();
    }

    // Cancels after 0, 1, 2, ... turns of the loop until the operation is quicker than its cancellation. Returns how
    // many cancellations took effect.
    template <class Make>
    int cancel_at_every_turn(curl_http_client& client, Make make) {
        int cancelled = 0;
        for (int turns = 0; turns < 10000; ++turns) {
            const auto run = start(make());
            for (int turn = 0; turn < turns && !run->done(); ++turn) {
                context.restart();
                context.run_one_for(1s);
            }
            const bool too_late = run->done();
            cancel(run);
            run_until([&] { return run->done(); });
            BOOST_TEST(client.running() == 0U);
            if (too_late) {
                BOOST_TEST((!run->threw && run->value->has_value()));
                return cancelled;
            }
            if (run->threw || run->value->has_error()) {
                ++cancelled;
                BOOST_TEST((run->threw || run->value->error().code == errc::cancelled));
            }
        }
        BOOST_TEST(false, "the operation never ended by itself");
        return cancelled;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_cancellation, cancellation_fixture)

BOOST_AUTO_TEST_CASE(ends_a_request_on_a_fresh_connection_at_any_moment) {
    auto& client = make_client();
    const int cancelled = cancel_at_every_turn(client, [&] { return client.send(post(peer.url("/"), false), soon()); });
    BOOST_TEST(cancelled > 15);
    run_until([&] { return peer.open_connections() == 0; });
}

BOOST_AUTO_TEST_CASE(ends_a_request_on_a_kept_connection_at_any_moment) {
    auto& client = make_client();
    const int cancelled =
        cancel_at_every_turn(client, [&] { return client.send(http_request("GET", peer.url("/")), soon()); });
    BOOST_TEST(cancelled > 15);
    const auto answer = get(client, peer.url("/"));
    BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
    BOOST_TEST(answer->body == "hello world");
}

BOOST_AUTO_TEST_CASE(ends_a_stream_at_any_moment) {
    auto& client = make_client();
    const int cancelled = cancel_at_every_turn(client, [&] { return read_stream(client, peer.url("/watch")); });
    BOOST_TEST(cancelled > 15);
    BOOST_TEST(run(read_stream(client, peer.url("/watch"))).value() == "hello world");
}

BOOST_AUTO_TEST_CASE(before_the_name_is_known_or_a_place_is_free_leaves_nothing_behind) {
    std::function<void(boost::system::error_code, address_list)> answer_later;
    http_client_settings settings;
    settings.max_requests = 1;
    settings.lookup = [&](const std::string&, const auto& done) { answer_later = done; };
    auto& client = make_client(settings);
    const auto resolving = start(client.send(http_request("GET", "http://somewhere:1/"), soon()));
    const auto in_line = start(client.send(http_request("GET", peer.url("/")), soon()));
    context.poll();
    cancel(in_line);
    run_until([&] { return in_line->done(); });
    BOOST_TEST(in_line->value->error().code == errc::cancelled);
    cancel(resolving);
    run_until([&] { return resolving->done(); });
    BOOST_TEST(resolving->value->error().code == errc::cancelled);
    BOOST_TEST(client.running() == 0U);
    answer_later({}, {"127.0.0.1"}); // nobody is waiting any more
    BOOST_TEST(get(client, peer.url("/")).has_value());
}

BOOST_AUTO_TEST_CASE(of_one_request_leaves_its_neighbours_alone) {
    auto& client = make_client();
    std::vector<std::shared_ptr<started<result<http_response>>>> running;
    running.reserve(20);
    for (int number = 0; number < 20; ++number)
        running.push_back(start(client.send(http_request("GET", peer.url("/")), soon())));
    for (int turn = 0; turn < 100; ++turn)
        context.run_one_for(1s);
    for (std::size_t number = 0; number < running.size(); number += 2)
        cancel(running[number]);
    for (std::size_t number = 0; number < running.size(); ++number) {
        run_until([&] { return running[number]->done(); });
        BOOST_TEST(running[number]->value->has_value() == (number % 2 == 1));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(stopping_a_client, cancellation_fixture)

BOOST_AUTO_TEST_CASE(ends_everything_in_flight_with_cancelled) {
    raw_peer silent(context, [](raw_connection& connection) { return connection.stay_silent(); });
    http_client_settings settings;
    settings.max_requests = 5;
    settings.lookup = [](const std::string&, const auto&) {};
    auto& client = make_client(settings);
    std::vector<std::shared_ptr<started<result<http_response>>>> running;
    running.push_back(start(client.send(http_request("GET", "http://unresolved/"), soon())));
    for (int number = 0; number < 10; ++number) // four get a connection, six wait in line
        running.push_back(start(client.send(http_request("GET", silent.url("/")), soon())));
    const auto stream = start(read_stream(client, silent.url("/")));
    run_until([&] { return silent.connections() == 5; });
    client.stop();
    run_until([&] { return stream->done(); });
    for (const auto& one : running) {
        run_until([&] { return one->done(); });
        BOOST_TEST(one->value->error().code == errc::cancelled);
    }
    BOOST_TEST(stream->value->error().code == errc::cancelled);
    BOOST_TEST(client.running() == 0U);
    run_until([&] { return silent.open_connections() == 0; });
    BOOST_TEST(get(client, silent.url("/")).error().code == errc::cancelled);
}

BOOST_AUTO_TEST_CASE(closes_idle_connections) {
    auto& client = make_client();
    BOOST_REQUIRE(get(client, peer.url("/")));
    BOOST_TEST(peer.open_connections() == 1U);
    client.stop();
    run_until([&] { return peer.open_connections() == 0; });
}

BOOST_AUTO_TEST_CASE(before_its_streams_are_destroyed_is_fine) {
    auto& client = make_client();
    auto stream = run(client.open_stream(http_request("GET", peer.url("/watch")), soon()));
    BOOST_REQUIRE(stream);
    clients.clear();
    std::optional<errc> end;
    while (!end) {
        const auto bytes = run((*stream)->next(soon()));
        if (bytes.has_error())
            end = bytes.error().code;
    }
    BOOST_TEST(*end == errc::cancelled);
}

// What a process does that leaves without joining: the loop's destruction takes the suspended calls with it.
BOOST_AUTO_TEST_CASE(is_not_needed_for_the_loop_to_be_destroyed_safely) {
    auto other_loop = std::make_unique<boost::asio::io_context>();
    auto client = std::make_unique<curl_http_client>(other_loop->get_executor(), http_client_settings());
    auto polite = std::make_unique<raw_peer>(*other_loop, &serve_politely);
    for (int number = 0; number < 3; ++number)
        boost::asio::co_spawn(*other_loop, client->send(http_request("GET", polite->url("/")), soon()),
                              [](const std::exception_ptr&, const result<http_response>&) {});
    for (int turn = 0; turn < 12; ++turn)
        other_loop->run_one_for(1s);
    client.reset();
    polite.reset();
    other_loop.reset();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
