#include "source/app/event_trail.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

struct walked {
    app::event_trail trail;
    kube::boot_time_point start{1000s};

    void note(std::chrono::seconds at) { trail.note({std::to_string(at.count()), "7"}, start + at); }

    std::string behind(std::chrono::seconds at) {
        const auto found = trail.behind(start + at);
        return found ? found->backups : "none";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_trail_of_positions, walked)

BOOST_AUTO_TEST_CASE(is_empty_until_something_is_old_enough) {
    BOOST_TEST(behind(100s) == "none");
    note(0s);
    BOOST_TEST(behind(29s) == "none");
    BOOST_TEST(behind(30s) == "0");
}

BOOST_AUTO_TEST_CASE(ends_at_the_newest_position_that_is_old_enough) {
    for (auto at = 0s; at <= 120s; at += 5s)
        note(at);
    BOOST_TEST(behind(120s) == "90");
}

BOOST_AUTO_TEST_CASE(keeps_a_position_for_as_long_as_no_later_one_is_old_enough) {
    note(0s);
    note(1s); // too soon after the one before
    note(40s);
    BOOST_TEST(behind(45s) == "0");
    note(69s);
    BOOST_TEST(behind(69s) == "0");
    note(75s);
    BOOST_TEST(behind(75s) == "40");
}

BOOST_AUTO_TEST_SUITE_END()
