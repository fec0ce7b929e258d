#include <soteria/async/signal.hpp>
#include <soteria/async/within.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

namespace soteria::async {

using namespace std::chrono_literals;

namespace {

struct fixture {
    boost::asio::io_context context;
    signal changed{context.get_executor()};

    void wait(std::optional<bool>& outcome, deadline until) {
        auto keep = [&outcome](const std::exception_ptr& error, bool notified) {
            BOOST_TEST(!error);
            outcome = notified;
        };
        boost::asio::co_spawn(context, changed.wait(until), keep);
        context.poll();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_signal, fixture)

BOOST_AUTO_TEST_CASE(wakes_every_waiter_from_the_loop_and_not_at_once) {
    std::optional<bool> first;
    std::optional<bool> second;
    wait(first, deadline::never());
    wait(second, deadline::never());
    BOOST_TEST((!first && !second));
    changed.notify_all();
    BOOST_TEST((!first && !second));
    context.poll();
    BOOST_TEST((first == true && second == true));
}

BOOST_AUTO_TEST_CASE(remembers_nothing) {
    changed.notify_all();
    std::optional<bool> outcome;
    wait(outcome, deadline::never());
    BOOST_TEST(!outcome.has_value());
    changed.notify_all();
    context.poll();
    BOOST_TEST((outcome == true));
}

BOOST_AUTO_TEST_CASE(reports_a_deadline_as_false) {
    std::optional<bool> outcome;
    wait(outcome, deadline::after(1ms));
    context.run();
    BOOST_TEST((outcome == false));
}

BOOST_AUTO_TEST_CASE(reports_a_cancelled_wait_as_false) {
    boost::asio::cancellation_signal cancellation;
    std::optional<bool> outcome;
    auto keep = [&outcome](const std::exception_ptr&, bool notified) { outcome = notified; };
    boost::asio::co_spawn(context, changed.wait(deadline::never()),
                          boost::asio::bind_cancellation_slot(cancellation.slot(), keep));
    context.poll();
    cancellation.emit(boost::asio::cancellation_type::terminal);
    context.poll();
    BOOST_TEST((outcome == false));
    BOOST_TEST(context.stopped());
}

BOOST_AUTO_TEST_CASE(may_be_destroyed_before_the_loop_that_holds_its_waiters) {
    std::optional<signal> short_lived(context.get_executor());
    boost::asio::co_spawn(context, short_lived->wait(deadline::never()), [](const std::exception_ptr&, bool) {});
    context.poll();
    short_lived.reset();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_sleep)

BOOST_AUTO_TEST_CASE(ends_at_its_deadline_or_with_its_cancellation) {
    boost::asio::io_context context;
    boost::asio::cancellation_signal cancellation;
    std::optional<bool> slept;
    std::optional<bool> woken;
    boost::asio::co_spawn(context, sleep_until(deadline::after(1ms)),
                          [&](const std::exception_ptr&, bool whole) { slept = whole; });
    auto keep = [&](const std::exception_ptr&, bool whole) { woken = whole; };
    boost::asio::co_spawn(context, sleep_until(deadline::never()),
                          boost::asio::bind_cancellation_slot(cancellation.slot(), keep));
    context.poll();
    cancellation.emit(boost::asio::cancellation_type::terminal);
    context.run();
    BOOST_TEST((slept == true));
    BOOST_TEST((woken == false));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::async
