// What comes of a listing: the ids, or why there are none.
#include <soteria/restic/verdict.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;

namespace {

restic::evidence listed(std::vector<std::optional<restic::output>> said) {
    restic::evidence all;
    all.what = restic::role::list;
    all.subject = "listing the repository";
    all.pod_name = "pod";
    all.pod_phase = "Succeeded";
    all.job_complete = true;
    for (auto& each : said) {
        restic::command_state command;
        command.name = "list";
        command.now = restic::command_state::state::ended;
        command.reason = "Completed";
        command.said = std::move(each);
        all.commands.push_back(std::move(command));
    }
    return all;
}

restic::output ids(std::vector<std::string> which) {
    restic::output said;
    said.ids = std::move(which);
    return said;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_listing)

BOOST_AUTO_TEST_CASE(holds_the_ids_of_all_its_commands) {
    const auto verdict = restic::judge(listed({ids({"a", "b"}), ids({"c"})}));
    BOOST_TEST((verdict.what == restic::verdict::kind::complete), verdict.message);
    BOOST_TEST(verdict.ids == (std::vector<std::string>{"a", "b", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_lists_and_other_words_from_ids) {
    auto list = ids({});
    list.list = true;
    auto words = ids({"a"});
    words.words = {"no healthy upstream"};
    const auto clear = restic::judge(listed({ids({"a"})}));
    BOOST_TEST((clear.lists == 0U && !clear.other_words));
    const auto mixed = restic::judge(listed({list, list, words}));
    BOOST_TEST((mixed.lists == 2U && mixed.other_words));
}

BOOST_AUTO_TEST_CASE(of_an_empty_repository_is_complete) {
    BOOST_TEST((restic::judge(listed({ids({})})).what == restic::verdict::kind::complete));
}

BOOST_AUTO_TEST_CASE(whose_log_is_gone_has_failed) {
    BOOST_TEST((restic::judge(listed({std::nullopt})).what == restic::verdict::kind::failed));
}

BOOST_AUTO_TEST_SUITE_END()
