#include "running_server.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web::test {
namespace {

std::string post(const std::string& path, const std::string& body, const std::string& more_headers = {}) {
    return "POST " + path + " HTTP/1.1\r\nHost: soteria\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

const std::string backup_body = R"({"namespace":"ai","pvc":"x"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(one_connection, running_server)

BOOST_AUTO_TEST_CASE(serves_one_request_after_the_other) {
    raw_client client(start());
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.get("/healthz");
        BOOST_TEST(answer.status() == 200);
        BOOST_TEST(answer.body == "{\"status\":\"ok\"}\n");
        BOOST_TEST(answer.header("Connection") == "");
        BOOST_TEST(answer.header("Date").ends_with(" GMT"));
    }
}

BOOST_AUTO_TEST_CASE(serves_pipelined_requests_in_their_order) {
    raw_client client(start());
    std::string four;
    for (const std::string path : {"/healthz", "/nowhere", "/v1/whoami", "/v1/operations/x"})
        four += "GET " + path + " HTTP/1.1\r\nHost: soteria\r\n\r\n";
    client.send(four + post("/v1/backup", backup_body));
    BOOST_TEST(client.read().body == "{\"status\":\"ok\"}\n");
    BOOST_TEST(client.read().status() == 404);
    BOOST_TEST(client.read().body.starts_with("{\"user\":"));
    BOOST_TEST(client.read().status() == 200);
    BOOST_TEST(client.read().status() == 202);
}

BOOST_AUTO_TEST_CASE(serves_a_request_that_comes_byte_by_byte) {
    raw_client client(start());
    for (const char c : post("/v1/backup", backup_body))
        client.send({&c, 1});
    BOOST_TEST(client.read().status() == 202);
}

BOOST_AUTO_TEST_CASE(is_closed_when_the_client_asks_for_it) {
    const auto port = start();
    raw_client polite(port);
    const auto answer = polite.get("/healthz", "Connection: close\r\n");
    BOOST_TEST(answer.header("Connection") == "close");
    BOOST_TEST(polite.closed());
    raw_client old(port);
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    BOOST_TEST(old.read().status() == 200);
    BOOST_TEST(old.closed());
    raw_client lasting(port);
    for (int i = 0; i < 2; ++i) {
        lasting.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        const auto kept = lasting.read();
        BOOST_TEST(kept.status() == 200);
        BOOST_TEST(kept.header("Connection") == "keep-alive");
    }
}

BOOST_AUTO_TEST_CASE(answers_head_like_get_without_the_body) {
    raw_client client(start());
    const auto got = client.get("/v1/whoami");
    client.send("HEAD /v1/whoami HTTP/1.1\r\nHost: soteria\r\n\r\n");
    const auto head = client.read(true);
    BOOST_TEST(head.status() == 200);
    BOOST_TEST(head.header("Content-Length") == got.header("Content-Length"));
    BOOST_TEST(client.get("/healthz").body == "{\"status\":\"ok\"}\n"); // nothing of a body in between
}

BOOST_AUTO_TEST_CASE(answers_options_and_405_with_what_is_allowed) {
    raw_client client(start());
    client.send("OPTIONS /v1/backup HTTP/1.1\r\nHost: soteria\r\n\r\n");
    const auto options = client.read();
    BOOST_TEST(options.status() == 204);
    BOOST_TEST(options.header("Allow") == "POST, OPTIONS");
    BOOST_TEST(options.header("Content-Length") == "");
    client.send("PUT /v1/backup HTTP/1.1\r\nHost: soteria\r\nContent-Length: 2\r\n\r\n{}");
    const auto refused = client.read();
    BOOST_TEST(refused.status() == 405);
    BOOST_TEST(refused.header("Allow") == "POST, OPTIONS");
    BOOST_TEST(client.get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(carries_the_request_id_there_and_back) {
    raw_client client(start());
    BOOST_TEST(client.get("/healthz", "X-Request-Id: ci-42\r\n").header("X-Request-Id") == "ci-42");
    BOOST_TEST(client.get("/healthz", "X-Request-Id: not sane\r\n").header("X-Request-Id").size() == 16u);
}

BOOST_AUTO_TEST_CASE(lets_a_client_ask_before_it_sends_a_body) {
    raw_client client(start());
    const auto whole = post("/v1/backup", backup_body, "Expect: 100-continue\r\n");
    const auto head_end = whole.find("\r\n\r\n") + 4;
    client.send(whole.substr(0, head_end));
    BOOST_TEST(client.read().status() == 100);
    client.send(whole.substr(head_end));
    BOOST_TEST(client.read().status() == 202);
}

BOOST_AUTO_TEST_CASE(takes_a_chunked_body) {
    raw_client client(start());
    client.send("POST /v1/backup HTTP/1.1\r\nHost: soteria\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: chunked\r\n\r\n1c\r\n" +
                backup_body + "\r\n0\r\n\r\n");
    BOOST_TEST(client.read().status() == 202);
}

BOOST_AUTO_TEST_CASE(compresses_what_is_large_for_who_takes_it) {
    auto large = std::make_shared<inventory::report>();
    for (int i = 0; i < 3000; ++i) {
        inventory::row row;
        row.pvc = {"ai", "claim-" + std::to_string(i)};
        large->rows.push_back(row);
    }
    report = large;
    raw_client client(start());
    const auto plain = client.get("/v1/inventory");
    BOOST_TEST(plain.header("Content-Encoding") == "");
    BOOST_TEST(plain.header("Vary") == "Accept-Encoding");
    BOOST_TEST(plain.body.size() > 400'000u);
    const auto packed = client.get("/v1/inventory", "Accept-Encoding: gzip\r\n");
    BOOST_TEST(packed.header("Content-Encoding") == "gzip");
    BOOST_TEST(packed.body.size() < 60'000u);
    BOOST_TEST(packed.body.starts_with("\x1f\x8b"));
    BOOST_TEST(packed.header("ETag") == plain.header("ETag"));
    const auto same =
        client.get("/v1/inventory", "Accept-Encoding: gzip\r\nIf-None-Match: " + plain.header("ETag") + "\r\n");
    BOOST_TEST(same.status() == 304);
    BOOST_TEST(client.get("/healthz", "Accept-Encoding: gzip\r\n").header("Content-Encoding") == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_is_not_http, running_server)

BOOST_AUTO_TEST_CASE(is_answered_with_400_and_closed) {
    const auto port = start();
    for (const auto* text :
         {"hello\r\n\r\n",
          "GET\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nHost soteria\r\n\r\n",
          "GET /healthz HTTP/1.1\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 2\r\n\r\n{}",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 2\r\n\r\n{}",
          "GET /healthz HTTP/1.1\nHost: a\n\n",
          "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
          "POST /v1/backup HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        raw_client client(port);
        client.send(text);
        const auto answer = client.read();
        BOOST_TEST(answer.status() == 400, text);
        BOOST_TEST(answer.header("Content-Type") == "application/problem+json", text);
        BOOST_TEST(answer.header("Connection") == "close", text);
        BOOST_TEST(answer.header("X-Request-Id").size() == 16u, text);
        BOOST_TEST(client.closed(), text);
    }
    BOOST_TEST(inside([this] { return requests.starts.size(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(of_another_transfer_coding_is_501_and_of_another_expectation_417) {
    const auto port = start();
    for (const auto* coding : {"gzip, chunked", "identity", "chunked, chunked", "xchunked"}) {
        raw_client client(port);
        client.send("POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string(coding) +
                    "\r\n\r\n0\r\n\r\n");
        BOOST_TEST(client.read().status() == 501, coding);
        BOOST_TEST(client.closed());
    }
    raw_client demanding(port);
    demanding.send(post("/v1/backup", backup_body, "Expect: the-impossible\r\n"));
    BOOST_TEST(demanding.read().status() == 417);
}

BOOST_AUTO_TEST_CASE(but_nearly_is_taken_where_that_harms_nobody) {
    raw_client client(start());
    client.send("\r\nGET /healthz HTTP/1.1\r\nhOST: a\r\n\r\n");
    BOOST_TEST(client.read().status() == 200);
    client.send("POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: Chunked\r\n\r\n1c;name=value\r\n" +
                backup_body + "\r\n0\r\nX-Trailer: y\r\n\r\n");
    BOOST_TEST(client.read().status() == 202);
    client.send("GET http://soteria/healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(client.read().status() == 200);
}

BOOST_AUTO_TEST_CASE(of_another_version_is_505) {
    const auto port = start();
    for (const auto* text : {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
        raw_client client(port);
        client.send(text);
        BOOST_TEST(client.read().status() == 505, text);
    }
}

BOOST_AUTO_TEST_CASE(in_the_path_is_400_and_the_connection_lives_on) {
    raw_client client(start());
    BOOST_TEST(client.get("/%zz").status() == 400);
    BOOST_TEST(client.get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_limits, running_server)

BOOST_AUTO_TEST_CASE(of_the_request_line_is_414) {
    raw_client client(start());
    client.send("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto answer = client.read();
    BOOST_TEST(answer.status() == 414);
    BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(of_the_headers_is_431) {
    raw_client client(start());
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(20'000, 'a') + "\r\n\r\n");
    BOOST_TEST(client.read().status() == 431);
    BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(of_the_headers_leaves_room_for_a_large_cookie) {
    raw_client client(start());
    BOOST_TEST(client.get("/healthz", "Cookie: " + std::string(15'000, 'a') + "\r\n").status() == 200);
}

BOOST_AUTO_TEST_CASE(of_a_body_is_413_and_counted) {
    const auto port = start();
    raw_client announced(port);
    announced.send(post("/v1/backup", std::string(65'537, ' ')));
    const auto answer = announced.read();
    BOOST_TEST(answer.status() == 413);
    BOOST_TEST(answer.header("Connection") == "close");
    BOOST_TEST(announced.closed());
    raw_client chunked(port);
    chunked.send("POST /v1/restores HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n10001\r\n" +
                 std::string(65'537, ' ') + "\r\n0\r\n\r\n");
    BOOST_TEST(chunked.read().status() == 413);
    raw_client fits(port);
    fits.send(post("/v1/backup", backup_body + std::string(65'536 - backup_body.size(), ' ')));
    BOOST_TEST(fits.read().status() == 202);
    BOOST_TEST(inside([this] { return counters.counted["backup longhorn invalid"]; }) == 1);
    BOOST_TEST(inside([this] { return counters.counted["restore longhorn invalid"]; }) == 1);
}

BOOST_AUTO_TEST_CASE(of_connections_is_503_with_a_pause) {
    settings.limits.connections = 2;
    const auto port = start();
    raw_client first(port);
    raw_client second(port);
    BOOST_TEST(first.get("/healthz").status() == 200);
    BOOST_TEST(second.get("/healthz").status() == 200);
    raw_client third(port);
    const auto answer = third.read();
    BOOST_TEST(answer.status() == 503);
    BOOST_TEST(answer.header("Retry-After") == "1");
    BOOST_TEST(answer.header("X-Request-Id").size() == 16u);
    BOOST_TEST(third.closed());
    BOOST_TEST(first.get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(of_the_number_of_headers_is_431) {
    raw_client client(start());
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "X-" + std::to_string(i) + ": y\r\n";
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n" + many + "\r\n");
    BOOST_TEST(client.read().status() == 431);
    BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(of_time_for_a_head_or_a_body_is_408) {
    settings.limits.read = std::chrono::milliseconds(60);
    const auto port = start();
    for (const std::string begun :
         {"G", "GET /healthz HTTP/1.1\r\nHost: a\r\n",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
          "POST /v1/backup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"}) {
        raw_client slow(port);
        slow.send(begun);
        const auto answer = slow.read();
        BOOST_TEST(answer.status() == 408, begun);
        BOOST_TEST(answer.header("Connection") == "close", begun);
        BOOST_TEST(slow.closed(), begun);
    }
    BOOST_TEST(inside([this] { return requests.starts.size(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(of_time_hold_however_often_a_byte_comes) {
    settings.limits.read = std::chrono::milliseconds(200);
    raw_client dripping(start());
    // Each byte comes long before the limit; the whole never ends.
    const auto end = async::deadline::after(std::chrono::seconds(9));
    dripping.send("GET /healthz HTTP/1.1\r\nX: ");
    while (!dripping.readable(std::chrono::milliseconds(20)) && !end.passed())
        dripping.send("a");
    BOOST_TEST(dripping.read().status() == 408);
}

BOOST_AUTO_TEST_CASE(of_time_for_writing_ends_a_client_that_does_not_read) {
    settings.limits.write = std::chrono::milliseconds(100);
    auto large = std::make_shared<inventory::report>();
    for (int i = 0; i < 60'000; ++i) {
        inventory::row row;
        row.pvc = {"ai", "claim-" + std::to_string(i)};
        large->rows.push_back(row);
    }
    report = large;
    const auto port = start();
    raw_client deaf(port);
    deaf.send("GET /v1/inventory HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto end = async::deadline::after(std::chrono::seconds(9));
    const auto open = [this] { return inside([this] { return serving->connection_count(); }); };
    while (open() == 0 && !end.passed())
        std::this_thread::yield();
    while (open() > 0 && !end.passed())
        std::this_thread::yield();
    BOOST_TEST(open() == 0u);
    BOOST_TEST(raw_client(port).get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(of_idleness_ends_a_silent_connection) {
    settings.limits.idle = std::chrono::milliseconds(60);
    const auto port = start();
    raw_client silent(port);
    BOOST_TEST(silent.closed());
    raw_client once(port);
    BOOST_TEST(once.get("/healthz").status() == 200);
    BOOST_TEST(once.closed());
}

BOOST_AUTO_TEST_CASE(of_a_requests_time_is_handed_down) {
    raw_client client(start());
    const auto before = async::deadline::after(std::chrono::seconds(29));
    client.send(post("/v1/backup", backup_body));
    BOOST_TEST(client.read().status() == 202);
    const auto after = async::deadline::after(std::chrono::seconds(31));
    const auto given = inside([this] { return requests.last_deadline; });
    BOOST_TEST((given.when() > before.when() && given.when() < after.when()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
