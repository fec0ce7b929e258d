#include "fixture.hpp"

#include <boost/asio/error.hpp>

namespace soteria::net {

namespace {

// Reads one request, says `bytes` and closes.
raw_peer::script saying(std::string bytes) {
    return [bytes = std::move(bytes)](raw_connection& connection) -> boost::asio::awaitable<void> {
        auto reading = connection.read_request();
        co_await std::move(reading);
        auto answering = connection.say(bytes);
        co_await std::move(answering);
    };
}

boost::asio::awaitable<void> read_and_stay_silent(raw_connection& connection) {
    auto reading = connection.read_request();
    co_await std::move(reading);
    auto silence = connection.stay_silent();
    co_await std::move(silence);
}

struct failure_fixture : fixture {
    curl_http_client& client = make_client();

    errc code_of(http_request request, async::deadline until = soon()) {
        const auto answer = send(client, std::move(request), until);
        BOOST_REQUIRE(answer.has_error());
        BOOST_TEST_MESSAGE(answer.error().message);
        return answer.error().code;
    }
};

// An address of ours at which nobody listens.
std::string refused_url(boost::asio::io_context& context) {
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
}

http_client_settings with_lookup(name_lookup lookup) {
    http_client_settings settings;
    settings.lookup = std::move(lookup);
    return settings;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_failed_connection, failure_fixture)

BOOST_AUTO_TEST_CASE(is_unavailable_for_reads_and_changes_alike) {
    const auto url = refused_url(context);
    BOOST_TEST(code_of(http_request("GET", url)) == errc::unavailable);
    BOOST_TEST(code_of(post(url, false)) == errc::unavailable);
}

BOOST_AUTO_TEST_CASE(to_an_unknown_host_is_unavailable_and_names_the_host) {
    auto& lost = make_client(with_lookup([this](const std::string&, auto done) {
        boost::asio::post(context, [done] { done(boost::asio::error::host_not_found, {}); });
    }));
    const auto answer = get(lost, "http://longhorn-backend.nowhere:9500/v1");
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(answer.error().code == errc::unavailable);
    BOOST_TEST(answer.error().message.find("longhorn-backend.nowhere") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(does_not_wait_longer_for_a_hanging_name_service_than_the_deadline) {
    auto& lost = make_client(with_lookup([](const std::string&, const auto&) {}));
    const auto answer = send(lost, post("http://longhorn-backend:9500/v1", false), async::deadline::after(20ms));
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(answer.error().code == errc::timed_out);
    const auto waiting = start(lost.send(http_request("GET", "http://longhorn-backend:9500/v1"), soon()));
    context.poll();
    cancel(waiting);
    run_until([&] { return waiting->done(); });
    BOOST_TEST(waiting->value->error().code == errc::cancelled);
}

BOOST_AUTO_TEST_CASE(is_made_by_name_through_one_lookup) {
    int lookups = 0;
    auto& named = make_client(with_lookup([&](const std::string& host, auto done) {
        ++lookups;
        BOOST_TEST(host == "longhorn-backend.longhorn-system");
        boost::asio::post(context, [done] { done({}, {"::1", "127.0.0.1"}); });
    }));
    raw_peer peer(context, &serve_politely);
    auto url = peer.url("/v1");
    url.replace(url.find("127.0.0.1"), 9, "longhorn-backend.longhorn-system");
    BOOST_REQUIRE(get(named, url));
    BOOST_REQUIRE(send(named, post(url, false), soon()));
    BOOST_TEST(lookups == 1);
    BOOST_TEST(peer.requests().at(0).find("Host: longhorn-backend.longhorn-system:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(by_the_systems_resolver_knows_localhost) {
    raw_peer peer(context, &serve_politely);
    auto url = peer.url("/");
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    const auto answer = get(client, url);
    BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_deadline, failure_fixture)

BOOST_AUTO_TEST_CASE(before_anything_was_sent_is_timed_out) {
    // TLS to a peer that never answers the handshake: connected, and nothing of the request sent.
    raw_peer silent(context, [](raw_connection& connection) { return connection.stay_silent(); });
    auto url = silent.url("/");
    url.replace(0, 4, "https");
    BOOST_TEST(code_of(post(url, false), async::deadline::after(50ms)) == errc::timed_out);
    BOOST_TEST(code_of(http_request("GET", url), async::deadline::after(50ms)) == errc::timed_out);
    run_until([&] { return silent.open_connections() == 0; });
}

BOOST_AUTO_TEST_CASE(that_has_passed_sends_nothing) {
    raw_peer peer(context, &serve_politely);
    BOOST_TEST(code_of(post(peer.url("/"), false), async::deadline()) == errc::timed_out);
    context.poll();
    BOOST_TEST(peer.requests().empty());
}

BOOST_AUTO_TEST_CASE(after_a_change_was_sent_leaves_its_outcome_unknown) {
    raw_peer silent(context, &read_and_stay_silent);
    const auto until = async::deadline::after(500ms);
    BOOST_TEST(code_of(post(silent.url("/"), false), until) == errc::outcome_unknown);
    BOOST_TEST(silent.requests().size() == 1U);
    run_until([&] { return silent.open_connections() == 0; });
}

BOOST_AUTO_TEST_CASE(after_a_read_was_sent_is_timed_out) {
    raw_peer silent(context, &read_and_stay_silent);
    for (const std::string method : {"GET", "HEAD"})
        BOOST_TEST(code_of(http_request(method, silent.url("/")), async::deadline::after(100ms)) == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(in_the_middle_of_the_answer_counts_as_after_sending) {
    raw_peer half(context, [](raw_connection& connection) -> boost::asio::awaitable<void> {
        auto reading = connection.read_request();
        co_await std::move(reading);
        auto saying = connection.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        co_await std::move(saying);
        auto silence = connection.stay_silent();
        co_await std::move(silence);
    });
    BOOST_TEST(code_of(http_request("DELETE", half.url("/")), async::deadline::after(500ms)) == errc::outcome_unknown);
    BOOST_TEST(code_of(http_request("GET", half.url("/")), async::deadline::after(200ms)) == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(longer_than_the_connect_timeout_does_not_stretch_it) {
    http_client_settings settings;
    settings.connect_timeout = 30ms;
    auto& impatient = make_client(settings);
    raw_peer silent(context, [](raw_connection& connection) { return connection.stay_silent(); });
    auto url = silent.url("/");
    url.replace(0, 4, "https");
    const auto answer = send(impatient, post(url, false), soon());
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(answer.error().code == errc::unavailable);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_broken_answer, failure_fixture)

BOOST_AUTO_TEST_CASE(that_ends_early_loses_a_change_and_fails_a_read) {
    for (const std::string bytes :
         {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"}) {
        raw_peer peer(context, saying(bytes));
        BOOST_TEST(code_of(post(peer.url("/"), false)) == errc::outcome_unknown, bytes);
        BOOST_TEST(code_of(http_request("GET", peer.url("/"))) == errc::unavailable, bytes);
    }
}

BOOST_AUTO_TEST_CASE(that_ends_in_a_reset_loses_a_change_and_fails_a_read) {
    raw_peer peer(context, [](raw_connection& connection) -> boost::asio::awaitable<void> {
        auto reading = connection.read_request();
        co_await std::move(reading);
        connection.reset();
    });
    BOOST_TEST(code_of(post(peer.url("/"), false)) == errc::outcome_unknown);
    BOOST_TEST(code_of(http_request("GET", peer.url("/"))) == errc::unavailable);
}

BOOST_AUTO_TEST_CASE(that_is_not_http_is_a_bad_answer) {
    for (const std::string bytes :
         {"SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
          "\x16\x03\x01\x02 garbage\n\n"}) {
        raw_peer peer(context, saying(bytes));
        BOOST_TEST(code_of(post(peer.url("/"), false)) == errc::bad_answer, bytes);
        BOOST_TEST(code_of(http_request("GET", peer.url("/"))) == errc::bad_answer, bytes);
    }
}

BOOST_AUTO_TEST_CASE(with_a_head_beyond_measure_is_a_bad_answer) {
    std::string one_long_line = "HTTP/1.1 200 OK\r\nX-Long: " + std::string(1024UL * 1024, 'x') + "\r\n\r\n";
    std::string many_lines = "HTTP/1.1 200 OK\r\n";
    for (int line = 0; line < 9000; ++line)
        many_lines += "X-Line: " + std::string(40, 'x') + "\r\n";
    for (const auto& bytes : {one_long_line, many_lines + "\r\n"}) {
        raw_peer peer(context, saying(bytes));
        BOOST_TEST(code_of(http_request("GET", peer.url("/"))) == errc::bad_answer);
    }
}

BOOST_AUTO_TEST_CASE(longer_than_allowed_is_a_bad_answer_and_one_just_as_long_is_not) {
    raw_peer peer(context, [](raw_connection& connection) -> boost::asio::awaitable<void> {
        auto reading = connection.read_request();
        co_await std::move(reading);
        auto answering = connection.answer(std::string(100000, 'x'));
        co_await std::move(answering);
    });
    http_request request("GET", peer.url("/"));
    request.max_body_bytes = 100000;
    const auto whole = send(client, request, soon());
    BOOST_REQUIRE(whole);
    BOOST_TEST(whole->body.size() == 100000U);
    request.max_body_bytes = 99999;
    const auto refused = send(client, request, soon());
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().code == errc::bad_answer);
    BOOST_TEST(refused.error().message.find("99999 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(preceded_by_interim_answers_is_none) {
    raw_peer peer(context, saying("HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                  "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-B: 2\r\n\r\nok"));
    const auto answer = send(client, post(peer.url("/"), false), soon());
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 201);
    BOOST_TEST(answer->body == "ok");
    BOOST_TEST(find_header(answer->headers, "x-a").empty());
    BOOST_TEST(find_header(answer->headers, "x-b") == "2");
}

BOOST_AUTO_TEST_CASE(does_not_keep_the_next_request_from_working) {
    int visits = 0;
    raw_peer peer(context, [&visits](raw_connection& connection) -> boost::asio::awaitable<void> {
        const raw_peer::script behaviour = ++visits == 1 ? saying("garbage\n\n") : &serve_politely;
        auto serving = behaviour(connection);
        co_await std::move(serving);
    });
    BOOST_TEST(code_of(http_request("GET", peer.url("/"))) == errc::bad_answer);
    BOOST_TEST(get(client, peer.url("/")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
