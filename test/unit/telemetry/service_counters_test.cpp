#include <soteria/telemetry/service_counters.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::telemetry;

BOOST_AUTO_TEST_SUITE(a_family_of_counters)

BOOST_AUTO_TEST_CASE(has_every_combination_at_zero_from_the_start) {
    const counter_family family({{"driver", {"longhorn", "restic"}}, {"result", {"accepted", "invalid", "error"}}});
    BOOST_TEST(family.counters().size() == 6U);
    for (const auto& [values, counter] : family.counters())
        BOOST_TEST(counter.value() == 0.0);
}

BOOST_AUTO_TEST_CASE(counts_each_combination_by_itself) {
    counter_family family({{"driver", {"longhorn"}}, {"result", {"accepted", "invalid"}}});
    family.add({"longhorn", "invalid"});
    family.add({"longhorn", "invalid"}, 2);
    BOOST_TEST(family.counters().at({"longhorn", "invalid"}).value() == 3.0);
    BOOST_TEST(family.counters().at({"longhorn", "accepted"}).value() == 0.0);
}

BOOST_AUTO_TEST_CASE(takes_a_combination_that_nobody_foresaw) {
    const std::vector<counter_family::label> reasons{{"reason", {"no_identity"}}};
    counter_family family(reasons);
    family.add({"moonlight"});
    BOOST_TEST(family.counters().at({"moonlight"}).value() == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_histogram)

BOOST_AUTO_TEST_CASE(puts_a_value_into_the_first_bucket_whose_bound_is_not_below_it) {
    histogram seconds;
    seconds.observe(0.005);
    seconds.observe(0.006);
    seconds.observe(1000);
    BOOST_TEST(seconds.counts().front() == 1U);
    BOOST_TEST(seconds.counts()[1] == 1U);
    BOOST_TEST(seconds.counts().back() == 1U);
    BOOST_TEST(seconds.sum() == 1000.011, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(calls_upstream)

BOOST_AUTO_TEST_CASE(have_a_bounded_number_of_purposes_whatever_becomes_of_them) {
    upstream_calls calls;
    for (std::size_t number = 0; number < upstream_calls::most_purposes + 50; ++number)
        calls.record({"longhorn", "for-" + std::to_string(number), "2xx"}, std::chrono::milliseconds(1));
    calls.record({"longhorn", "for-0", "2xx"}, std::chrono::milliseconds(1));
    BOOST_TEST(calls.totals().size() == upstream_calls::most_purposes + 1);
    BOOST_TEST(calls.totals().at({"longhorn", "other", "2xx"}).value() == 50.0);
    BOOST_TEST(calls.totals().at({"longhorn", "for-0", "2xx"}).value() == 2.0);
}

BOOST_AUTO_TEST_SUITE_END()
