#include <soteria/domain/plan.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::domain;

namespace {

plan a_plan(const std::string& job) {
    plan made;
    made.driver = "restic";
    made.named_by_time = job;
    made.resolved = {{"job_name", job}, {"secret", "soteria-" + job + "-restic"}, {"pvc_uid", "1"}};
    made.steps.push_back({"create_secret", "create", {"Secret", "ai", "soteria-" + job + "-restic"}, "", ""});
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_plan_named_by_its_time)

BOOST_AUTO_TEST_CASE(is_the_same_plan_a_second_later) {
    BOOST_TEST(a_plan("soteria-backup-x-20260412-153000").hash() == a_plan("soteria-backup-x-20260412-153001").hash());
}

BOOST_AUTO_TEST_CASE(is_another_one_where_anything_else_differs) {
    auto other = a_plan("soteria-backup-x-20260412-153000");
    other.resolved["pvc_uid"] = "2";
    BOOST_TEST(a_plan("soteria-backup-x-20260412-153000").hash() != other.hash());
}

BOOST_AUTO_TEST_CASE(is_renamed_with_all_that_is_named_after_it) {
    auto made = a_plan("soteria-backup-x-20260412-153000");
    const auto before = made.hash();
    made.rename("soteria-backup-x-20260412-153000-abcdef");
    BOOST_TEST(made.resolved["secret"] == "soteria-soteria-backup-x-20260412-153000-abcdef-restic");
    BOOST_TEST(made.steps[0].object.name == "soteria-soteria-backup-x-20260412-153000-abcdef-restic");
    BOOST_TEST(made.hash() == before);
}

BOOST_AUTO_TEST_SUITE_END()
