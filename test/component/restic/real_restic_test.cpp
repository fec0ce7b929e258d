// What is taken for granted of restic, tried on the real ones: Debian's 0.14, and 0.16 as in the default image.
#include "real_restic.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <set>

using namespace soteria;
using namespace soteria::restic;
using test::real_restic;

namespace {

const domain::pvc_ref cache{"ai", "cache"};
const domain::pvc_ref other{"db", "cache"};
const std::vector<std::string> versions{"0.14", "0.16"};

backup_order of(const domain::pvc_ref& pvc, const std::string& operation = "op-1") {
    backup_order order;
    order.pvc = pvc;
    order.pvc_uid = "uid-of-" + pvc.ns;
    order.operation_uid = operation;
    order.tags = {"service=llm"};
    return order;
}

void mark(real_restic& restic, const std::string& id) {
    const auto marked = restic.run(mark_incomplete_arguments(id));
    BOOST_REQUIRE_MESSAGE(marked.exit_code == 0, marked.log);
}

// The operations whose snapshots are there, of that PVC.
std::set<std::string> operations(real_restic& restic, const domain::pvc_ref& pvc) {
    std::set<std::string> found;
    for (const auto& each : restic.snapshots())
        if (each.pvc() == pvc)
            found.insert(each.tag_value(operation_tag));
    return found;
}

using names = std::set<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(with_a_real_restic)

BOOST_DATA_TEST_CASE(a_backup_is_found_again_by_pvc_and_operation, versions, version) {
    real_restic restic(version);
    restic.write("a", "some content");
    const auto id = restic.back_up(of(cache));
    const auto all = restic.snapshots();
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all.at(0).id.starts_with(id));
    BOOST_TEST(all.at(0).pvc().value().text() == "ai/cache");
    BOOST_TEST(all.at(0).tag_value(uid_tag) == "uid-of-ai");
    BOOST_TEST(all.at(0).tag_value(operation_tag) == "op-1");
    BOOST_TEST(all.at(0).own_tags().at(0) == "service=llm");
    BOOST_TEST(!all.at(0).incomplete());
}

BOOST_DATA_TEST_CASE(listings_name_what_is_there_and_take_no_lock, versions, version) {
    real_restic restic(version);
    restic.back_up(of(cache, "op-1"));
    restic.back_up(of(cache, "op-2"));
    // Where no lock can be made.
    const auto locks = restic.folder() / "repository" / "locks";
    std::filesystem::remove_all(locks);
    std::ofstream(locks) << "in the way";
    const auto ids = restic.run(list_ids_arguments()).said.ids;
    BOOST_TEST(ids.size() == 2U);
    const auto only = restic.run(list_snapshots_arguments({ids.at(0)})).snapshots;
    BOOST_REQUIRE(only.size() == 1U);
    BOOST_TEST(only.at(0).id == ids.at(0));
}

BOOST_DATA_TEST_CASE(the_last_complete_backup_survives_any_number_of_incomplete_ones, versions, version) {
    real_restic restic(version);
    restic.back_up(of(cache, "complete"));
    for (const auto* each : {"incomplete-1", "incomplete-2", "incomplete-3"})
        mark(restic, restic.back_up(of(cache, each)));

    // The naive way: what --keep-tag spares is counted, too, and the only complete one goes.
    const auto naive = restic.run({"forget", "--dry-run", "--host", "ai/cache", "--group-by", "host", "--keep-tag",
                                   "soteria:incomplete", "--keep-last", "2"});
    BOOST_TEST(naive.log.find("remove 1 snapshots") != std::string::npos, naive.log);

    const std::vector<std::string> rule{"--keep-last", "2", "--prune"};
    const auto incomplete = restic.run(forget_incomplete_arguments(cache, rule));
    BOOST_TEST(incomplete.exit_code == 0, incomplete.log);
    const auto complete = restic.run(forget_arguments(cache, rule));
    BOOST_TEST(complete.exit_code == 0, complete.log);
    BOOST_TEST((operations(restic, cache) == names{"complete", "incomplete-2", "incomplete-3"}));
}

BOOST_DATA_TEST_CASE(forget_and_pruning_never_touch_another_pvc, versions, version) {
    real_restic restic(version);
    restic.write("a", "of ai");
    for (const auto* each : {"op-1", "op-2"})
        restic.back_up(of(cache, each));
    restic.write("a", "of db");
    for (const auto* each : {"op-3", "op-4"})
        restic.back_up(of(other, each));

    // The naive way takes both for one.
    const auto naive = restic.run({"forget", "--dry-run", "--group-by", "", "--keep-last", "1"});
    BOOST_TEST(naive.log.find("remove 3 snapshots") != std::string::npos, naive.log);

    const auto forgotten = restic.run(forget_arguments(cache, {"--keep-last", "1", "--prune"}));
    BOOST_TEST(forgotten.exit_code == 0, forgotten.log);
    BOOST_TEST((operations(restic, cache) == names{"op-2"}));
    BOOST_TEST((operations(restic, other) == names{"op-3", "op-4"}));
}

BOOST_DATA_TEST_CASE(an_incremental_backup_finds_its_parent_by_its_pvc, versions, version) {
    real_restic restic(version);
    restic.write("a", std::string(100'000, 'a'));
    restic.back_up(of(cache, "op-1"));
    restic.write("b", "new");
    const auto second = restic.run(restic.of(of(cache, "op-2")));
    BOOST_TEST(second.said.backup.value().files_unmodified == 1, second.log);
    BOOST_TEST(second.said.backup.value().files_new == 1, second.log);
    const auto foreign = restic.run(restic.of(of(other, "op-3")));
    BOOST_TEST(foreign.said.backup.value().files_unmodified == 0, foreign.log);
}

BOOST_DATA_TEST_CASE(a_marked_snapshot_keeps_the_id_that_it_had, versions, version) {
    real_restic restic(version);
    const auto id = restic.back_up(of(cache));
    mark(restic, id);
    const auto all = restic.snapshots();
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all.at(0).incomplete());
    BOOST_TEST(all.at(0).original.starts_with(id));
    BOOST_TEST(!all.at(0).id.starts_with(id));
}

// The hook of the Job's Pod (kill -INT 1) rests on this.
BOOST_DATA_TEST_CASE(an_interrupt_gives_the_lock_back_and_a_termination_does_not, versions, version) {
    real_restic restic(version);
    restic.write("large", std::string(8u << 20, 'x'));
    auto slow = of(cache);
    slow.extra = {"--limit-upload", "1"};
    BOOST_TEST(restic.locks_after(SIGTERM, slow) == 1);
    BOOST_TEST(restic.run(unlock_arguments()).exit_code == 0);
    BOOST_TEST(restic.locks_after(SIGINT, slow) == 0);
}

BOOST_DATA_TEST_CASE(a_restore_puts_the_files_at_the_root_of_what_is_mounted_there, versions, version) {
    real_restic restic(version);
    restic.write("a", "some content");
    const auto id = restic.back_up(of(cache));
    auto arguments = restore_arguments(id, true);
    // "/restore": what the snapshot's path is appended to.
    std::ranges::replace(arguments, std::string(restore_path), (restic.folder() / "restore").string());
    const auto restored = restic.run(arguments);
    BOOST_TEST(restored.exit_code == 0, restored.log);
    std::string content;
    std::getline(std::ifstream(restic.folder().string() + "/restore" + restic.data().string() + "/a"), content);
    BOOST_TEST(content == "some content");
}

BOOST_AUTO_TEST_SUITE_END()
