#include <soteria/async/backoff.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::async {

using namespace std::chrono_literals;

namespace {

backoff_policy seconds_1_2_4_5(double jitter) {
    return {.first = 1000ms, .factor = 2.0, .ceiling = 5000ms, .jitter = jitter};
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_backoff)

BOOST_AUTO_TEST_CASE(doubles_up_to_its_ceiling) {
    backoff pauses(seconds_1_2_4_5(1.0), [] { return 0.0; });
    for (const auto expected : {1000ms, 2000ms, 4000ms, 5000ms, 5000ms})
        BOOST_TEST(pauses.next().count() == expected.count());
}

BOOST_AUTO_TEST_CASE(lengthens_a_pause_by_its_jitter) {
    backoff whole(seconds_1_2_4_5(1.0), [] { return 0.5; });
    BOOST_TEST(whole.next().count() == 1500);
    backoff half(seconds_1_2_4_5(0.5), [] { return 0.5; });
    BOOST_TEST(half.next().count() == 1250);
}

BOOST_AUTO_TEST_CASE(starts_over_after_a_reset) {
    backoff pauses(seconds_1_2_4_5(0.0), [] { return 0.9; });
    pauses.next();
    pauses.next();
    pauses.reset();
    BOOST_TEST(pauses.next().count() == 1000);
}

BOOST_AUTO_TEST_CASE(draws_different_numbers_from_its_own_source) {
    const auto random = seeded_random();
    const double first = random();
    BOOST_TEST((first >= 0.0 && first < 1.0));
    BOOST_TEST(first != random());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::async
