#include "running_server.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web::test {
namespace {

using namespace std::chrono_literals;

std::string scrape(const std::string& more_headers = {}) {
    return "GET /metrics HTTP/1.1\r\nHost: soteria\r\n" + more_headers + "\r\n";
}

struct in_pieces : running_server {
    in_pieces() {
        needs.metrics = [] { return text_in_pieces({"one 1\n", "", "two 2\n"}); };
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_body_in_pieces, in_pieces)

BOOST_AUTO_TEST_CASE(is_sent_in_chunks_and_the_connection_lives_on) {
    raw_client client(start());
    client.send(scrape() + scrape("Connection: close\r\n"));
    const auto both = client.read_to_end();
    const std::string chunks = "6\r\none 1\n\r\n6\r\ntwo 2\n\r\n0\r\n\r\n";
    const auto first = both.find(chunks);
    BOOST_REQUIRE_MESSAGE(first != std::string::npos, both);
    BOOST_TEST(both.find("Transfer-Encoding: chunked\r\n") < first);
    BOOST_TEST(both.find("Content-Length") == std::string::npos);
    BOOST_TEST(both.find("HTTP/1.1 200", first) == first + chunks.size());
    BOOST_TEST(both.ends_with(chunks));
}

BOOST_AUTO_TEST_CASE(ends_with_the_connection_for_a_client_of_http_1_0) {
    raw_client client(start());
    client.send("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto answer = client.read_to_end();
    BOOST_TEST(answer.ends_with("\r\n\r\none 1\ntwo 2\n"), answer);
    BOOST_TEST(answer.find("chunked") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_not_there_for_head) {
    raw_client client(start());
    client.send("HEAD /metrics HTTP/1.1\r\nHost: soteria\r\n\r\n");
    BOOST_TEST(client.read(true).header("Transfer-Encoding") == "chunked");
    BOOST_TEST(client.get("/healthz").body == "{\"status\":\"ok\"}\n");
}

BOOST_AUTO_TEST_CASE(is_compressed_piece_by_piece) {
    needs.metrics = [] { return text_in_pieces(std::vector<std::string>(40, std::string(50'000, 'x'))); };
    raw_client client(start());
    client.send(scrape("Accept-Encoding: gzip\r\nConnection: close\r\n"));
    const auto answer = client.read_to_end();
    BOOST_TEST(answer.find("Content-Encoding: gzip\r\n") != std::string::npos);
    BOOST_TEST(answer.find("Vary: Accept-Encoding\r\n") != std::string::npos);
    BOOST_TEST(answer.size() < 100'000u);
    BOOST_TEST(answer.ends_with("0\r\n\r\n"));
    BOOST_TEST(answer.find("\x1f\x8b") != std::string::npos);
}

// The body has no end: whoever waits for it would wait for ever.
BOOST_AUTO_TEST_CASE(does_not_keep_others_waiting) {
    needs.metrics = [] {
        return [](std::string& to) {
            to += "more 1\n";
            return true;
        };
    };
    const auto port = start();
    raw_client endless(port);
    endless.send(scrape());
    BOOST_TEST(endless.read().status() == 200);
    raw_client other(port);
    BOOST_TEST(other.get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(is_given_up_when_its_reader_is_too_slow) {
    settings.limits.write = 100ms;
    std::promise<void> given_up;
    needs.metrics = [&given_up] {
        const auto tells = std::shared_ptr<void>(nullptr, [&given_up](void*) { given_up.set_value(); });
        return [tells](std::string& to) {
            to += std::string(64UL * 1024, 'x');
            return true;
        };
    };
    raw_client silent(start());
    silent.send(scrape());
    BOOST_TEST((given_up.get_future().wait_for(10s) == std::future_status::ready));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
