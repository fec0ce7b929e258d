#include <soteria/net/name_cache.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

namespace soteria::net {

using namespace std::chrono_literals;

namespace {

struct fixture {
    using answer = std::function<void(boost::system::error_code, address_list)>;

    boost::asio::io_context context;
    std::vector<answer> asked;
    name_cache names{context.get_executor(),
                     [this](const std::string&, answer done) { asked.push_back(std::move(done)); }};

    std::shared_ptr<std::optional<result<address_list>>> find(const std::string& host, async::deadline until) {
        auto outcome = std::make_shared<std::optional<result<address_list>>>();
        boost::asio::co_spawn(
            context, names.find(host, until),
            [outcome](const std::exception_ptr&, const result<address_list>& found) { *outcome = found; });
        turn();
        return outcome;
    }

    void turn() {
        context.restart();
        context.poll();
    }
};

const auto soon = [] { return async::deadline::after(60s); };

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_name_cache, fixture)

BOOST_AUTO_TEST_CASE(asks_once_for_callers_at_the_same_time_and_for_later_ones) {
    const auto first = find("host", soon());
    const auto second = find("host", soon());
    BOOST_REQUIRE(asked.size() == 1U);
    asked[0]({}, {"10.0.0.1"});
    turn();
    BOOST_REQUIRE((first->has_value() && second->has_value()));
    BOOST_TEST((*first)->value().at(0) == "10.0.0.1");
    const auto third = find("host", soon());
    BOOST_REQUIRE(third->has_value());
    BOOST_TEST(asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_hosts_apart) {
    find("one", soon());
    find("two", soon());
    BOOST_TEST(asked.size() == 2U);
    names.close();
    turn();
}

BOOST_AUTO_TEST_CASE(does_not_keep_failures) {
    const auto lost = find("host", soon());
    asked.at(0)(boost::asio::error::host_not_found, {});
    turn();
    BOOST_REQUIRE(lost->has_value());
    BOOST_TEST(((*lost)->error().code == errc::unavailable));
    const auto found = find("host", soon());
    BOOST_REQUIRE(asked.size() == 2U);
    asked[1]({}, {"10.0.0.1"});
    turn();
    BOOST_TEST((*found)->has_value());
}

BOOST_AUTO_TEST_CASE(takes_an_empty_answer_for_an_unknown_host) {
    const auto lost = find("host", soon());
    asked.at(0)({}, {});
    turn();
    BOOST_TEST(((*lost)->error().code == errc::unavailable));
}

BOOST_AUTO_TEST_CASE(uses_an_answer_that_comes_after_a_callers_deadline_for_the_next) {
    const auto late = find("host", async::deadline());
    BOOST_REQUIRE(late->has_value());
    BOOST_TEST(((*late)->error().code == errc::timed_out));
    asked.at(0)({}, {"10.0.0.1"});
    const auto next = find("host", soon());
    BOOST_TEST((*next)->has_value());
    BOOST_TEST(asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(ends_its_waits_when_closed) {
    const auto waiting = find("host", soon());
    names.close();
    turn();
    BOOST_REQUIRE(waiting->has_value());
    BOOST_TEST(((*waiting)->error().code == errc::cancelled));
    BOOST_TEST(((*find("host", soon()))->error().code == errc::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
