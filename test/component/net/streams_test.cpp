#include "fixture.hpp"

#include <soteria/async/signal.hpp>

namespace soteria::net {

namespace {

constexpr std::string_view stream_head = "HTTP/1.1 200 OK\r\nX-Kind: watch\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return size + std::string(bytes) + "\r\n";
}

// A peer that says what the test tells it to, when it tells it.
struct stream_fixture : fixture {
    std::vector<std::string> lines;
    bool cut = false;
    async::signal changed{context.get_executor()};
    raw_peer peer{context, [this](raw_connection& connection) { return speak(connection); }};
    curl_http_client& client = make_client();

    ~stream_fixture() {
        peer.stop();
        cut = true;
        changed.notify_all();
        finish();
    }

    boost::asio::awaitable<void> speak(raw_connection& connection) {
        auto reading = connection.read_request();
        co_await std::move(reading);
        bool heard = true;
        while (heard && !(cut && lines.empty())) {
            if (lines.empty()) {
                auto waiting = changed.wait(async::deadline::never());
                co_await std::move(waiting);
                continue;
            }
            auto saying = connection.say(std::exchange(lines.front(), {}));
            lines.erase(lines.begin());
            heard = co_await std::move(saying);
        }
    }

    void say(std::string bytes) {
        lines.push_back(std::move(bytes));
        changed.notify_all();
    }

    std::unique_ptr<http_stream> open() {
        say(std::string(stream_head));
        auto stream = run(client.open_stream(http_request("GET", peer.url("/watch")), soon()));
        BOOST_REQUIRE(stream);
        return std::move(*stream);
    }

    errc error_of_next(http_stream& stream, async::deadline until = soon()) {
        const auto bytes = run(stream.next(until));
        BOOST_REQUIRE(bytes.has_error());
        return bytes.error().code;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_stream, stream_fixture)

BOOST_AUTO_TEST_CASE(opens_with_the_head_and_yields_bytes_as_they_come) {
    const auto stream = open();
    BOOST_TEST(stream->status() == 200);
    BOOST_TEST(find_header(stream->headers(), "x-kind") == "watch");
    say(chunk("{\"type\":\"ADDED\"}\n"));
    BOOST_TEST(run(stream->next(soon())).value() == "{\"type\":\"ADDED\"}\n");
    const auto reader = start(stream->next(soon()));
    context.poll();
    BOOST_TEST(!reader->done());
    say(chunk("later"));
    run_until([&] { return reader->done(); });
    BOOST_TEST(reader->value->value() == "later");
}

BOOST_AUTO_TEST_CASE(ends_in_an_empty_string_again_and_again) {
    const auto stream = open();
    say(chunk("last") + "0\r\n\r\n");
    BOOST_TEST(run(stream->next(soon())).value() == "last");
    BOOST_TEST(run(stream->next(soon())).value().empty());
    BOOST_TEST(run(stream->next(soon())).value().empty());
}

BOOST_AUTO_TEST_CASE(that_is_cut_yields_what_had_come_and_then_unavailable) {
    const auto stream = open();
    cut = true;
    say(chunk("whole") + "20\r\nhal");
    std::string text;
    auto bytes = run(stream->next(soon()));
    while (bytes.has_value()) {
        BOOST_REQUIRE(!bytes->empty());
        text += *bytes;
        bytes = run(stream->next(soon()));
    }
    BOOST_TEST(text == "wholehal");
    BOOST_TEST(bytes.error().code == errc::unavailable);
}

BOOST_AUTO_TEST_CASE(can_be_read_again_after_a_deadline) {
    const auto stream = open();
    BOOST_TEST(error_of_next(*stream, async::deadline::after(10ms)) == errc::timed_out);
    say(chunk("at last"));
    BOOST_TEST(run(stream->next(soon())).value() == "at last");
}

BOOST_AUTO_TEST_CASE(fails_when_its_reader_falls_too_far_behind) {
    http_client_settings settings;
    settings.stream_buffer_bytes = 100000;
    auto& small = make_client(settings);
    say(std::string(stream_head));
    const auto stream = run(small.open_stream(http_request("GET", peer.url("/watch")), soon()));
    BOOST_REQUIRE(stream);
    say(chunk(std::string(200000, 'x')));
    run_until_idle();
    BOOST_TEST(run((*stream)->next(soon())).value().size() <= 100000U);
    const auto behind = run((*stream)->next(soon()));
    BOOST_REQUIRE(behind.has_error());
    BOOST_TEST(behind.error().code == errc::bad_answer);
    BOOST_TEST(behind.error().message.find("100000 bytes behind") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(larger_than_the_buffer_is_fine_for_a_reader_that_keeps_up) {
    http_client_settings settings;
    settings.stream_buffer_bytes = 256UL * 1024;
    auto& small = make_client(settings);
    say(std::string(stream_head));
    const auto stream = run(small.open_stream(http_request("GET", peer.url("/list")), soon()));
    BOOST_REQUIRE(stream);
    std::size_t received = 0;
    for (int part = 0; part < 40; ++part)
        say(chunk(std::string(64UL * 1024, 'x')));
    say("0\r\n\r\n");
    const auto read_all = [&]() -> boost::asio::awaitable<bool> {
        while (true) {
            auto next = (*stream)->next(soon());
            const auto bytes = co_await std::move(next);
            if (bytes.has_error() || bytes->empty())
                co_return bytes.has_value();
            received += bytes->size();
        }
    };
    BOOST_TEST(run(read_all()));
    BOOST_TEST(received == 40U * 64U * 1024U);
}

BOOST_AUTO_TEST_CASE(is_over_for_the_peer_once_it_is_destroyed) {
    auto stream = open();
    BOOST_TEST(client.running() == 1U);
    stream.reset();
    BOOST_TEST(client.running() == 0U);
    run_until([&] {
        say(chunk("anybody?"));
        return peer.open_connections() == 0;
    });
}

BOOST_AUTO_TEST_CASE(with_an_error_status_is_still_a_stream) {
    say("HTTP/1.1 410 Gone\r\nContent-Length: 7\r\n\r\nexpired");
    const auto stream = run(client.open_stream(http_request("GET", peer.url("/watch")), soon()));
    BOOST_REQUIRE(stream);
    BOOST_TEST((*stream)->status() == 410);
    BOOST_TEST(run((*stream)->next(soon())).value() == "expired");
    BOOST_TEST(run((*stream)->next(soon())).value().empty());
}

BOOST_AUTO_TEST_CASE(whose_head_does_not_come_in_time_is_not_opened) {
    const auto stream = run(client.open_stream(http_request("GET", peer.url("/watch")), async::deadline::after(30ms)));
    BOOST_REQUIRE(stream.has_error());
    BOOST_TEST(stream.error().code == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(whose_reader_is_cancelled_says_so_and_can_be_read_by_another) {
    const auto stream = open();
    const auto reader = start(stream->next(soon()));
    context.poll();
    cancel(reader);
    run_until([&] { return reader->done(); });
    BOOST_TEST_REQUIRE((reader->value && reader->value->has_error()));
    BOOST_TEST(reader->value.value().error().code == errc::cancelled);
    say(chunk("still here"));
    BOOST_TEST(run(stream->next(soon())).value() == "still here");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
