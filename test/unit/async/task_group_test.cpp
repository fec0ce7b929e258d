#include <soteria/async/task_group.hpp>
#include <soteria/async/within.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>

namespace soteria::async {

using namespace std::chrono_literals;

namespace {

struct fixture {
    boost::asio::io_context context;
    task_group group{context.get_executor()};

    std::optional<bool> ended(boost::asio::awaitable<bool> operation) {
        std::optional<bool> outcome;
        boost::asio::co_spawn(context, std::move(operation), [&outcome](const std::exception_ptr& error, bool all) {
            BOOST_TEST(!error);
            outcome = all;
        });
        context.restart();
        context.run_for(5s);
        return outcome;
    }
};

boost::asio::awaitable<void> sleep_for_ever(bool& wound_up) {
    auto sleep = sleep_until(deadline::never());
    co_await std::move(sleep);
    wound_up = true;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_task_group, fixture)

BOOST_AUTO_TEST_CASE(runs_what_is_spawned_and_forgets_it_at_its_end) {
    int runs = 0;
    const auto body = [&runs]() -> boost::asio::awaitable<void> {
        ++runs;
        co_return;
    };
    BOOST_TEST(group.spawn("one", body));
    BOOST_TEST(group.spawn("two", body));
    BOOST_TEST(group.size() == 2U);
    BOOST_TEST((ended(group.join(deadline::after(5s))) == true));
    BOOST_TEST(runs == 2);
    BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_the_spawned_lambda_alive_as_long_as_its_coroutine) {
    std::string seen;
    group.spawn("owner", [text = std::string(100, 'x'), &seen]() -> boost::asio::awaitable<void> {
        auto sleep = sleep_until(deadline::after(1ms));
        co_await std::move(sleep);
        seen = text;
    });
    BOOST_TEST((ended(group.join(deadline::after(5s))) == true));
    BOOST_TEST(seen == std::string(100, 'x'));
}

BOOST_AUTO_TEST_CASE(cancels_its_members_when_stopped_and_waits_for_them) {
    bool wound_up = false;
    group.spawn("sleeper", [&wound_up] { return sleep_for_ever(wound_up); });
    context.poll();
    BOOST_TEST((ended(group.stop(deadline::after(5s))) == true));
    BOOST_TEST(wound_up);
    BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(starts_nothing_after_stop) {
    BOOST_TEST((ended(group.stop(deadline::after(5s))) == true));
    const auto owned = std::make_shared<int>(1);
    BOOST_TEST(!group.spawn("late", [owned]() -> boost::asio::awaitable<void> { co_return; }));
    BOOST_TEST(owned.use_count() == 1, "the body is destroyed unrun");
}

BOOST_AUTO_TEST_CASE(keeps_owning_a_member_that_does_not_end_in_time) {
    bool release = false;
    group.spawn("stubborn", [&release]() -> boost::asio::awaitable<void> {
        co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
        while (!release) {
            auto pause = sleep_until(deadline::after(1ms));
            co_await std::move(pause);
        }
    });
    context.poll();
    std::optional<bool> outcome;
    boost::asio::co_spawn(context, group.stop(deadline::after(5ms)), [&](const std::exception_ptr&, bool all) {
        outcome = all;
        BOOST_TEST(group.size() == 1U);
        release = true;
    });
    context.run_for(5s);
    BOOST_TEST((outcome == false));
    BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_member_has_thrown) {
    group.spawn("buggy", []() -> boost::asio::awaitable<void> {
        throw std::runtime_error("a bug");
        co_return;
    });
    bool ran = false;
    group.spawn("healthy", [&ran]() -> boost::asio::awaitable<void> {
        ran = true;
        co_return;
    });
    BOOST_TEST((ended(group.join(deadline::after(5s))) == true));
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(within_a_deadline)

BOOST_AUTO_TEST_CASE(a_result_passes_and_a_late_one_becomes_timed_out) {
    boost::asio::io_context context;
    const auto after = [](std::chrono::milliseconds pause) -> boost::asio::awaitable<result<int>> {
        auto sleep = sleep_until(deadline::after(pause));
        const bool whole = co_await std::move(sleep);
        co_return whole ? 7 : 0;
    };
    std::optional<result<int>> quick;
    std::optional<result<int>> slow;
    boost::asio::co_spawn(context, within(deadline::after(5s), after(0ms)),
                          [&](const std::exception_ptr&, const result<int>& got) { quick = got; });
    boost::asio::co_spawn(context, within(deadline::after(1ms), after(60s)),
                          [&](const std::exception_ptr&, const result<int>& got) { slow = got; });
    context.run_for(5s);
    BOOST_REQUIRE((quick && slow));
    BOOST_TEST(quick->value() == 7);
    BOOST_REQUIRE(slow->has_error());
    BOOST_TEST((slow->error().code == errc::timed_out));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::async
