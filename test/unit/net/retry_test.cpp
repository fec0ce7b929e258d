#include "test/support/scripted_http_client.hpp"

#include <soteria/net/retry.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

namespace soteria::net {

using namespace std::chrono_literals;

namespace {

struct fixture {
    boost::asio::io_context context;
    test::scripted_http_client http;
    boost::asio::cancellation_signal cancellation;
    std::optional<result<http_response>> outcome;

    void start(async::deadline until, async::backoff_policy policy) {
        auto attempt = [this, until] { return http.send(http_request("GET", "http://upstream/"), until); };
        async::backoff pauses(policy, [] { return 0.0; });
        auto end = [this](const std::exception_ptr& error, const result<http_response>& got) {
            BOOST_TEST(!error);
            outcome = got;
        };
        boost::asio::co_spawn(context, retry(until, pauses, attempt),
                              boost::asio::bind_cancellation_slot(cancellation.slot(), end));
    }

    void run(async::backoff_policy policy) {
        start(async::deadline::after(60s), policy);
        context.run_for(5s);
        BOOST_REQUIRE(outcome.has_value());
    }
};

const async::backoff_policy at_once{.first = 0ms, .factor = 1.0, .ceiling = 0ms, .jitter = 0.0};
const async::backoff_policy in_an_hour{.first = 3600000ms, .factor = 1.0, .ceiling = 3600000ms, .jitter = 0.0};
const async::backoff_policy in_ten_seconds{.first = 10000ms, .factor = 1.0, .ceiling = 10000ms, .jitter = 0.0};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_retry, fixture)

BOOST_AUTO_TEST_CASE(repeats_transient_failures_until_a_success) {
    http.next().fail(errc::unavailable, "down");
    http.next().fail(errc::timed_out, "slow");
    http.next().answer(200, "up");
    run(at_once);
    BOOST_REQUIRE(outcome->has_value());
    BOOST_TEST(outcome->value().body == "up");
    BOOST_TEST(http.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(returns_what_cannot_get_better_at_once) {
    http.next().fail(errc::forbidden, "no");
    run(in_an_hour);
    BOOST_TEST((outcome->error().code == errc::forbidden));
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(returns_the_last_failure_rather_than_wait_beyond_its_deadline) {
    http.next().fail(errc::unavailable, "down");
    run(in_an_hour);
    BOOST_TEST((outcome->error().code == errc::unavailable));
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(waits_as_long_as_the_upstream_asked_where_that_is_longer) {
    failure busy(errc::retry, "busy");
    busy.retry_after = 3600s;
    http.next().fail(busy);
    run(at_once);
    BOOST_TEST((outcome->error().code == errc::retry));
    BOOST_TEST(http.requests().size() == 1U, "an hour lies beyond the deadline");
}

BOOST_AUTO_TEST_CASE(is_cancelled_in_its_pause) {
    http.next().fail(errc::unavailable, "down");
    start(async::deadline::after(60s), in_ten_seconds);
    context.poll();
    BOOST_TEST(!outcome.has_value());
    cancellation.emit(boost::asio::cancellation_type::terminal);
    context.restart();
    context.poll();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((outcome->error().code == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(is_cancelled_in_its_attempt) {
    http.next().answer(200).withhold();
    start(async::deadline::after(60s), at_once);
    context.poll();
    cancellation.emit(boost::asio::cancellation_type::terminal);
    context.restart();
    context.poll();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((outcome->error().code == errc::cancelled));
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
