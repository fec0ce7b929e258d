#include <soteria/auth/permission.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::auth {
namespace {

std::string needed(domain::operation_kind kind, const domain::operation_request& asked) {
    std::string text;
    for (const auto& each : to_start(kind, asked))
        text += (text.empty() ? "" : "; ") + each.verb + " " + each.resource + " " + each.ns;
    return text;
}

identity known_as(std::string user, std::vector<std::string> groups = {}) {
    identity who;
    who.user = std::move(user);
    who.groups = std::move(groups);
    who.from = source::proxy;
    return who;
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_a_request_needs)

BOOST_AUTO_TEST_CASE(a_backup_needs_to_create_backups_in_its_namespace) {
    domain::operation_request asked;
    asked.source = {"ai", "llm-cache"};
    BOOST_TEST(needed(domain::operation_kind::backup, asked) == "create backups ai");
}

BOOST_AUTO_TEST_CASE(a_restore_needs_to_create_restores_at_its_target_and_to_get_backups_at_its_source) {
    domain::operation_request asked;
    asked.source = {"ai", "llm-cache"};
    asked.target = {"web", "copy"};
    for (const auto kind : {domain::operation_kind::restore, domain::operation_kind::restore_test})
        BOOST_TEST(needed(kind, asked) == "create restores web; get backups ai");
    asked.target.ns = "ai";
    BOOST_TEST(needed(domain::operation_kind::restore, asked) == "create restores ai; get backups ai");
}

BOOST_AUTO_TEST_CASE(data_of_another_pvc_needs_a_verb_of_its_own) {
    domain::operation_request asked;
    asked.source = {"ai", "llm-cache"};
    asked.target = {"web", "copy"};
    auto by_url = asked;
    by_url.backup_url = "s3://backups@eu/?backup=b&volume=v";
    asked.allow_foreign = true;
    for (const auto& each : {asked, by_url})
        BOOST_TEST(needed(domain::operation_kind::restore, each) ==
                   "create restores web; get backups ai; restore-foreign backups ");
}

BOOST_AUTO_TEST_CASE(records_are_seen_and_cancelled_as_the_objects_that_they_are) {
    using domain::operation_kind;
    BOOST_TEST(to_text(to_see_backups("ai")) == "list backups.soteria.dev in the namespace ai");
    BOOST_TEST(to_text(to_list(operation_kind::restore_test, "ai")) == "list restores.soteria.dev in the namespace ai");
    BOOST_TEST(to_text(to_read({operation_kind::backup, "ai", "b"})) == "get backups.soteria.dev in the namespace ai");
    BOOST_TEST(to_text(to_cancel({operation_kind::restore, "ai", "r"})) ==
               "delete restores.soteria.dev in the namespace ai");
    BOOST_TEST(to_text({"list", "backups", ""}) == "list backups.soteria.dev in all namespaces");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(who_is_asked_about)

BOOST_AUTO_TEST_CASE(is_the_user_with_their_groups_each_once) {
    const auto who = subject_of(known_as("brad", {"staff", "dev", "staff"}));
    BOOST_REQUIRE(who);
    BOOST_TEST(who->user == "brad");
    BOOST_TEST(who->groups == (std::vector<std::string>{"dev", "staff"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_never_one_of_kubernetes_own_names) {
    const auto who = subject_of(known_as("brad", {"system:masters", "system:serviceaccounts", "dev"}));
    BOOST_REQUIRE(who);
    BOOST_TEST(who->groups == std::vector<std::string>{"dev"}, boost::test_tools::per_element());
    BOOST_TEST(!subject_of(known_as("system:serviceaccount:kube-system:admin")));
    BOOST_TEST(!subject_of(identity()), "nobody is not a subject");
}

BOOST_AUTO_TEST_CASE(is_nobody_where_a_token_was_shown) {
    auto who = known_as("token:12345678");
    BOOST_TEST(needs_permission(who));
    who.from = source::token;
    BOOST_TEST(!needs_permission(who));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::auth
