#include "fixture.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace simulator {

namespace {

// Writes "one", "two", then what `then` does.
handler streaming(std::function<asio::awaitable<void>(stream_writer&)> then) {
    return [then = std::move(then)](request) -> asio::awaitable<response> {
        response answer;
        answer.stream = [then](stream_writer& writer) -> asio::awaitable<void> {
            co_await writer.write("one");
            co_await writer.write("two");
            co_await then(writer);
        };
        co_return answer;
    };
}

asio::awaitable<std::string> read_all(fault::channel& connection) {
    const auto asked = make_request("GET", "/");
    co_await connection.begin(asked);
    std::string all;
    std::string bytes = co_await connection.next();
    while (!bytes.empty()) {
        all += bytes;
        bytes = co_await connection.next();
    }
    co_return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(streams)

BOOST_FIXTURE_TEST_CASE(a_stream_arrives_whole_and_ends, server_fixture) {
    const auto url = serve(streaming([](stream_writer&) -> asio::awaitable<void> { co_return; }));
    const auto connection = connect(url);
    BOOST_TEST(soteria::test::run(context, read_all(*connection)) == "onetwo");
}

BOOST_FIXTURE_TEST_CASE(the_first_bytes_arrive_while_the_stream_goes_on, server_fixture) {
    const auto url = serve(streaming([](stream_writer&) -> asio::awaitable<void> {
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
    }));
    const auto connection = connect(url);
    const auto asked = make_request("GET", "/");
    soteria::test::run(context, connection->begin(asked));
    std::string seen;
    while (seen.size() < 6) {
        seen += soteria::test::run(context, connection->next());
    }
    BOOST_TEST(seen == "onetwo");
}

BOOST_FIXTURE_TEST_CASE(a_cut_stream_breaks_off_in_the_middle_of_the_body, server_fixture) {
    const auto url = serve(streaming([](stream_writer& writer) -> asio::awaitable<void> {
        writer.cut();
        co_return;
    }));
    const auto connection = connect(url);
    BOOST_CHECK_EXCEPTION(soteria::test::run(context, read_all(*connection)), boost::system::system_error,
                          [](const auto& problem) { return problem.code().message() == "partial message"; });
}

BOOST_FIXTURE_TEST_CASE(a_client_that_leaves_an_idle_stream_ends_it, server_fixture) {
    bool waiting = false;
    bool ended = false;
    const auto url = serve(streaming([&waiting, &ended](stream_writer&) -> asio::awaitable<void> {
        waiting = true;
        const std::shared_ptr<void> mark(nullptr, [&ended](void*) { ended = true; });
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
    }));
    auto connection = connect(url);
    const auto asked = make_request("GET", "/");
    soteria::test::run(context, connection->begin(asked));
    soteria::test::run_until(context, [&waiting] { return waiting; });
    BOOST_TEST(!ended);
    connection.reset();
    soteria::test::run_until(context, [&ended] { return ended; });
}

BOOST_FIXTURE_TEST_CASE(a_client_that_leaves_a_waiting_handler_cancels_it, server_fixture) {
    bool started = false;
    bool cancelled = false;
    const auto url = serve([&](request) -> asio::awaitable<response> {
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        started = true;
        boost::system::error_code error;
        co_await never.async_wait(asio::redirect_error(asio::use_awaitable, error));
        cancelled = error == asio::error::operation_aborted;
        co_return response();
    });
    {
        const soteria::test::background client(context,
                                               [](server_fixture& fixture, std::string where) -> asio::awaitable<void> {
                                                   co_await fixture.send(where, make_request("GET", "/"));
                                               }(*this, url));
        soteria::test::run_until(context, [&started] { return started; });
        BOOST_TEST(!cancelled);
    }
    soteria::test::run_until(context, [&cancelled] { return cancelled; });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
