#include <soteria/restic/arguments.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria::restic;

namespace {

const soteria::domain::pvc_ref claim{"ai", "llm-cache"};

void same(const arguments& made, const arguments& wanted) {
    BOOST_CHECK_EQUAL_COLLECTIONS(made.begin(), made.end(), wanted.begin(), wanted.end());
}

} // namespace

BOOST_AUTO_TEST_SUITE(arguments_of_restic)

BOOST_AUTO_TEST_CASE(a_backup_names_its_pvc_as_host_and_in_tags_then_the_callers_tags_and_the_configured_arguments) {
    backup_order order{claim, "uid-1", "op-1", "soteria-backup-1", {"service=llm", "nightly"}, {"--exclude", "*.tmp"}};
    same(backup_arguments(order), {"backup",    "--json",
                                   "--host",    "ai/llm-cache",
                                   "--tag",     "soteria:namespace=ai",
                                   "--tag",     "soteria:pvc=llm-cache",
                                   "--tag",     "soteria:uid=uid-1",
                                   "--tag",     "soteria:op=op-1",
                                   "--tag",     "soteria:name=soteria-backup-1",
                                   "--tag",     "soteria:counted",
                                   "--tag",     "service=llm",
                                   "--tag",     "nightly",
                                   "--exclude", "*.tmp",
                                   "--",        "/data"});
}

BOOST_AUTO_TEST_CASE(a_backups_path_stays_a_path_whatever_stands_before_it) {
    backup_order order{claim, "uid-1", "op-1", "", {}, {"--exclude"}};
    const auto made = backup_arguments(order);
    BOOST_TEST(made.back() == "/data");
    BOOST_TEST(made.at(made.size() - 2) == "--");
}

BOOST_AUTO_TEST_CASE(a_restore_writes_below_its_mount_and_is_verified_if_asked) {
    same(restore_arguments("abc", true), {"restore", "abc", "--target", "/restore", "--verify", "--json"});
    same(restore_arguments("abc", false), {"restore", "abc", "--target", "/restore", "--json"});
}

BOOST_AUTO_TEST_CASE(forget_sees_only_the_complete_backups_of_one_pvc) {
    same(forget_arguments(claim, {"--keep-last", "3", "--prune"}),
         {"forget", "--host", "ai/llm-cache", "--tag", "soteria:namespace=ai,soteria:pvc=llm-cache,soteria:counted",
          "--group-by", "host", "--keep-last", "3", "--prune"});
}

BOOST_AUTO_TEST_CASE(incomplete_backups_are_forgotten_by_the_same_rule_among_themselves_and_without_pruning) {
    same(forget_incomplete_arguments(claim, {"--keep-last", "3", "--prune", "--prune=true", "--keep-daily=7"}),
         {"forget", "--host", "ai/llm-cache", "--tag", "soteria:namespace=ai,soteria:pvc=llm-cache,soteria:incomplete",
          "--group-by", "host", "--keep-last", "3", "--keep-daily=7"});
}

BOOST_AUTO_TEST_CASE(an_incomplete_backup_is_marked_and_no_longer_counted) {
    same(mark_incomplete_arguments("abc"),
         {"tag", "--add", "soteria:incomplete", "--remove", "soteria:counted", "abc"});
}

BOOST_AUTO_TEST_CASE(listings_take_no_lock) {
    same(list_ids_arguments(), {"list", "--no-lock", "snapshots"});
    same(list_newest_arguments(), {"snapshots", "--no-lock", "--json", "--latest", "1"});
    same(list_snapshots_arguments({}), {"snapshots", "--no-lock", "--json"});
    same(list_snapshots_arguments({"abc", "def"}), {"snapshots", "--no-lock", "--json", "abc", "def"});
}

BOOST_AUTO_TEST_CASE(unlock_never_removes_a_living_lock) {
    same(unlock_arguments(), {"unlock"});
    same(init_arguments(), {"init"});
}

BOOST_AUTO_TEST_SUITE_END()
