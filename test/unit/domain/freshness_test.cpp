#include <soteria/domain/freshness.hpp>
#include <soteria/domain/plan.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::domain {
namespace {

const instant now = *parse_rfc3339("2026-04-12T15:30:00Z");
constexpr std::chrono::hours day{24};

} // namespace

BOOST_AUTO_TEST_SUITE(health_of_backups)

BOOST_AUTO_TEST_CASE(a_backup_is_fresh_up_to_its_limit_and_stale_beyond) {
    BOOST_TEST((freshness(now - day, now, day) == health::fresh));
    BOOST_TEST((freshness(now - day - std::chrono::seconds(1), now, day) == health::stale));
    BOOST_TEST((freshness(std::nullopt, now, day) == health::missing));
}

BOOST_AUTO_TEST_CASE(a_clock_that_runs_behind_makes_no_negative_age) {
    BOOST_TEST(age(now + day, now).count() == 0.0);
    BOOST_TEST((freshness(now + day, now, day) == health::fresh));
}

BOOST_AUTO_TEST_CASE(equal_plans_have_equal_hashes_and_others_another) {
    plan one;
    one.driver = "longhorn";
    one.steps = {{"create_volume", "create", {"LonghornVolume", "", "v"}, "makes it", "delete_volume"}};
    one.resolved = {{"backup", "b-1"}};
    plan other = one;
    BOOST_TEST(one.hash() == other.hash());
    other.resolved["backup"] = "b-2";
    BOOST_TEST(one.hash() != other.hash());
}

BOOST_AUTO_TEST_CASE(a_name_that_only_tells_the_time_does_not_make_another_plan) {
    plan one;
    one.driver = "longhorn";
    one.steps = {{"create_snapshot", "create", {"LonghornSnapshot", "", "at-10"}, "takes it", "delete_snapshot"}};
    one.resolved = {{"snapshot", "at-10"}, {"volume", "v"}};
    one.named_by_time = "at-10";
    plan later = one;
    later.rename("at-11");
    BOOST_TEST(later.steps[0].object.name == "at-11");
    BOOST_TEST(later.resolved["snapshot"] == "at-11");
    BOOST_TEST(one.hash() == later.hash());
    later.resolved["volume"] = "w";
    BOOST_TEST(one.hash() != later.hash());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::domain
