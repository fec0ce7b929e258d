#include <soteria/longhorn/claim_index.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::longhorn;

namespace {

std::shared_ptr<const backup_list> made_of(const std::vector<std::string>& claims) {
    backup_list list;
    for (const auto& claim : claims) {
        auto& one = list.emplace_back();
        if (!claim.empty())
            one.labels["KubernetesStatus"] = R"({"namespace":"ai","pvcName":")" + claim + R"(","pvName":"v"})";
    }
    return std::make_shared<const backup_list>(std::move(list));
}

std::shared_ptr<const picture> of(const std::map<std::string, std::shared_ptr<const backup_list>>& lists) {
    auto made = std::make_shared<picture>();
    for (const auto& [volume, list] : lists)
        made->backups[volume] = {list, {}};
    return made;
}

using names = std::set<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(the_volumes_that_have_backups_of_a_PVC)

BOOST_AUTO_TEST_CASE(are_those_of_which_any_backup_records_it) {
    claim_index index;
    const auto present = of({{"v1", made_of({"x", "x", "y"})}, {"v2", made_of({"y", "", "x"})}, {"v3", made_of({""})}});
    BOOST_TEST((index.volumes_that_name(present, {"ai", "x"}) == names{"v1", "v2"}));
    BOOST_TEST((index.volumes_that_name(present, {"ai", "y"}) == names{"v1", "v2"}));
    BOOST_TEST(index.volumes_that_name(present, {"ai", "z"}).empty());
    BOOST_TEST(index.volumes_that_name(present, {"web", "x"}).empty());
    BOOST_TEST(index.volumes_that_name(of({}), {"ai", "x"}).empty());
}

BOOST_AUTO_TEST_CASE(follow_what_changes_from_picture_to_picture) {
    claim_index index;
    const auto kept = made_of({"x"});
    BOOST_TEST((index.volumes_that_name(of({{"v1", kept}, {"v2", made_of({"x"})}}), {"ai", "x"}) == names{"v1", "v2"}));
    const auto second = of({{"v1", kept}, {"v2", made_of({"y"})}, {"v3", made_of({"x"})}});
    BOOST_TEST((index.volumes_that_name(second, {"ai", "x"}) == names{"v1", "v3"}));
    BOOST_TEST((index.volumes_that_name(second, {"ai", "y"}) == names{"v2"}));
    const auto third = of({{"v1", kept}});
    BOOST_TEST((index.volumes_that_name(third, {"ai", "x"}) == names{"v1"}));
    BOOST_TEST(index.volumes_that_name(third, {"ai", "y"}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
