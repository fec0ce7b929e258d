#include "running_server.hpp"

#include <soteria/async/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>

namespace soteria::web::test {
namespace {

using namespace std::chrono_literals;

// A read of backups that waits until the test opens the gate.
struct gated_server : running_server {
    gated_server() {
        requests.before_backups = [this]() -> asio::awaitable<void> {
            entered.set_value();
            while (!open) {
                const bool notified = co_await gate.wait(async::deadline::after(10s));
                if (!notified)
                    break;
            }
            left.set_value(open);
        };
    }

    void open_gate() {
        inside([this] {
            open = true;
            gate.notify_all();
            return 0;
        });
    }

    void ask(raw_client& client) {
        client.send("GET /v1/backups?namespace=ai&pvc=x HTTP/1.1\r\nHost: soteria\r\n\r\n");
        entered.get_future().wait();
    }

    async::signal gate{context.get_executor()};
    bool open = false;
    std::promise<void> entered;
    std::promise<bool> left; // whether by the gate
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(listening, running_server)

BOOST_AUTO_TEST_CASE(on_every_address_takes_both_families) {
    settings.listen_address = ":0";
    const auto port = start();
    BOOST_TEST(raw_client(port).get("/healthz").status() == 200);
    BOOST_TEST(raw_client(port, "::1").get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(on_v6_loopback_takes_v6) {
    settings.listen_address = "[::1]:0";
    BOOST_TEST(raw_client(start(), "::1").get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(on_a_taken_or_illegal_address_says_so_at_once) {
    const auto port = start();
    server_settings taken;
    taken.listen_address = "127.0.0.1:" + std::to_string(port);
    BOOST_CHECK_EXCEPTION(server(context.get_executor(), taken, *routes), std::runtime_error, [&](const auto& error) {
        return std::string(error.what()) == "cannot listen on \"" + taken.listen_address + "\": Address already in use";
    });
    taken.listen_address = "nowhere";
    BOOST_CHECK_THROW(server(context.get_executor(), taken, *routes), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_client_that_leaves, gated_server)

BOOST_AUTO_TEST_CASE(ends_the_read_that_waits_for_it) {
    const auto port = start();
    raw_client client(port);
    ask(client);
    client.close();
    BOOST_TEST(!left.get_future().get());
    BOOST_TEST(raw_client(port).get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(with_more_requests_behind_is_still_there) {
    raw_client client(start());
    ask(client);
    client.send("GET /healthz HTTP/1.1\r\nHost: soteria\r\n\r\n");
    open_gate();
    BOOST_TEST(left.get_future().get());
    BOOST_TEST(client.read().status() == 200);
    BOOST_TEST(client.read().body == "{\"status\":\"ok\"}\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_graceful_stop, gated_server)

BOOST_AUTO_TEST_CASE(answers_what_is_in_flight_and_closes_the_rest) {
    const auto port = start();
    raw_client idle(port);
    BOOST_TEST(idle.get("/healthz").status() == 200);
    raw_client busy(port);
    ask(busy);
    auto stopped = begin_stop(10s);
    BOOST_TEST(idle.closed());
    BOOST_CHECK_THROW(raw_client late(port), boost::system::system_error);
    open_gate();
    const auto answer = busy.read();
    BOOST_TEST(answer.status() == 200);
    BOOST_TEST(answer.header("Connection") == "close");
    BOOST_TEST(busy.closed());
    busy.close();
    idle.close();
    BOOST_TEST(stopped.get());
}

BOOST_AUTO_TEST_CASE(cancels_what_does_not_end_in_time) {
    raw_client stuck(start());
    ask(stuck);
    auto stopped = begin_stop(50ms);
    BOOST_TEST(!stopped.get());
    BOOST_TEST(!left.get_future().get());
    BOOST_TEST(stuck.closed());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
