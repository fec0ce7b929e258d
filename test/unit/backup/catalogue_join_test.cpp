// What the records of backups add to a listing, and what a listing asks for.
#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/facts.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/restic/arguments.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");
const domain::pvc_ref cache{"ai", "llm-cache"};

std::string id_of(const std::string& name) {
    return sha256_hex(name);
}

restic::snapshot snapshot(const std::string& name, const std::string& operation_uid = {}) {
    restic::snapshot made;
    made.id = id_of(name);
    made.time = noon - 1h;
    made.host = restic::host_of(cache);
    made.tags = {"soteria:namespace=ai", "soteria:pvc=llm-cache"};
    if (!operation_uid.empty())
        made.tags.push_back(std::string(restic::operation_tag) + operation_uid);
    made.paths = {"/data"};
    return made;
}

restic::catalogue listing(std::vector<restic::snapshot> snapshots, instant at = noon) {
    restic::catalogue made;
    made.listed_at = at;
    made.repository_exists = true;
    made.snapshots = std::move(snapshots);
    return made;
}

std::shared_ptr<domain::operation> running(const std::string& uid) {
    auto made = std::make_shared<domain::operation>();
    made->uid = uid;
    made->request.source = cache;
    made->request.tags = {"service=llm"};
    made->created_at = noon - 10min;
    made->started_at = noon - 9min;
    made->phase = domain::operation_phase::running;
    made->facts[std::string(backup::facts::job_name)] = "soteria-backup-llm-cache-20260412-115000";
    made->facts[std::string(backup::facts::pvc_uid)] = "uid-of-the-pvc";
    return made;
}

std::shared_ptr<domain::operation> ended(const std::string& uid, const std::string& snapshot_name, instant at) {
    auto made = running(uid);
    made->phase = domain::operation_phase::succeeded;
    made->finished_at = at;
    made->facts[std::string(backup::facts::backup)] = id_of(snapshot_name);
    made->facts[std::string(backup::facts::bytes)] = "4711";
    return made;
}

std::vector<std::string> ids(const restic::catalogue& of) {
    std::vector<std::string> found(of.snapshots.size());
    std::ranges::transform(of.snapshots, found.begin(), &restic::snapshot::id);
    return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(records_complete_a_listing)

BOOST_AUTO_TEST_CASE(without_records_nothing_is_different) {
    BOOST_TEST(!backup::join(listing({snapshot("a")}), {}));
}

BOOST_AUTO_TEST_CASE(a_backup_that_ended_since_is_there_at_once) {
    const auto joined = backup::join(listing({snapshot("a")}), {ended("op-b", "b", noon + 5min)});
    BOOST_REQUIRE(joined);
    BOOST_REQUIRE(joined->snapshots.size() == 2U);
    const auto& made = joined->snapshots.front();
    BOOST_TEST(made.id == id_of("b"));
    BOOST_TEST((made.pvc() == cache));
    BOOST_TEST(made.tag_value(restic::uid_tag) == "uid-of-the-pvc");
    BOOST_TEST(made.tag_value(restic::operation_tag) == "op-b");
    BOOST_TEST((made.own_tags() == std::vector<std::string>{"service=llm"}));
    BOOST_TEST(made.size_bytes.value_or(0) == 4711);
    BOOST_TEST(!made.incomplete());
}

BOOST_AUTO_TEST_CASE(the_first_backup_made_the_repository) {
    restic::catalogue never;
    never.listed_at = noon;
    const auto joined = backup::join(never, {ended("op-b", "b", noon + 5min)});
    BOOST_REQUIRE(joined);
    BOOST_TEST(joined->repository_exists);
}

BOOST_AUTO_TEST_CASE(what_a_later_listing_does_not_show_was_pruned) {
    BOOST_TEST(!backup::join(listing({snapshot("a")}, noon), {ended("op-b", "b", noon - 5min)}));
}

BOOST_AUTO_TEST_CASE(a_backup_that_is_listed_is_there_once_and_gets_its_size) {
    const auto joined = backup::join(listing({snapshot("b", "op-b")}, noon + 1min), {ended("op-b", "b", noon + 5min)});
    BOOST_REQUIRE(joined);
    BOOST_TEST(joined->snapshots.size() == 1U);
    BOOST_TEST(joined->snapshots.front().size_bytes.value_or(0) == 4711);
}

BOOST_AUTO_TEST_CASE(a_backup_of_restic_0_14_which_tells_the_first_digits_of_the_id_only_is_there_once) {
    auto record = ended("op-a", "a", noon + 1min);
    record->facts[std::string(backup::facts::backup)] = id_of("a").substr(0, 8);
    const auto joined = backup::join(listing({snapshot("a", "op-a")}), {record});
    BOOST_REQUIRE(joined);
    BOOST_TEST(ids(*joined) == std::vector<std::string>{id_of("a")}, boost::test_tools::per_element());
    BOOST_TEST(joined->snapshots.front().size_bytes.value() == 4711);
}

BOOST_AUTO_TEST_CASE(a_snapshot_whose_tags_were_changed_is_the_same_one) {
    auto marked = snapshot("b-marked", "op-b");
    marked.original = id_of("b");
    marked.size_bytes = 4711;
    BOOST_TEST(!backup::join(listing({marked}, noon + 1min), {ended("op-b", "b", noon + 5min)}));
}

BOOST_AUTO_TEST_CASE(what_a_running_backup_wrote_does_not_count_before_its_outcome_is_known) {
    const auto joined = backup::join(listing({snapshot("b", "op-b"), snapshot("a")}), {running("op-b")});
    BOOST_REQUIRE(joined);
    BOOST_TEST((ids(*joined) == std::vector<std::string>{id_of("a")}));
}

BOOST_AUTO_TEST_CASE(an_incomplete_backup_is_incomplete_before_it_is_marked) {
    auto record = ended("op-b", "b", noon + 5min);
    record->phase = domain::operation_phase::incomplete;
    record->facts[std::string(backup::facts::incomplete)] = "2 files could not be read";
    for (const auto& listed : {listing({snapshot("b", "op-b")}), listing({})}) {
        const auto joined = backup::join(listed, {record});
        BOOST_REQUIRE(joined);
        BOOST_TEST(joined->snapshots.size() == 1U);
        BOOST_TEST(joined->snapshots.front().incomplete());
    }
}

BOOST_AUTO_TEST_CASE(sizes_and_marks_are_kept_with_the_snapshots) {
    auto record = ended("op-b", "b", noon - 5min);
    record->facts[std::string(backup::facts::incomplete)] = "2 files could not be read";
    std::vector<restic::snapshot> all{snapshot("b", "op-b"), snapshot("a")};
    backup::complete(all, {record});
    BOOST_TEST(all[0].incomplete());
    BOOST_TEST(all[0].size_bytes.value_or(0) == 4711);
    BOOST_TEST((all[1] == snapshot("a")));
}

BOOST_AUTO_TEST_CASE(progress_alone_changes_nothing) {
    auto record = running("op-b");
    const auto before = backup::join_key(*record);
    record->progress = domain::progress{50, 1, 2, 3};
    BOOST_TEST(backup::join_key(*record) == before);
    record->facts[std::string(backup::facts::backup)] = id_of("b");
    BOOST_TEST(backup::join_key(*record) != before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_listing_asks_only_for_what_is_new)

BOOST_AUTO_TEST_CASE(known_ids_are_not_asked_for_and_each_new_one_once) {
    const std::vector<std::string> listed{id_of("c"), id_of("a"), id_of("b"), id_of("c")};
    const auto wanted = backup::unknown_ids(listing({snapshot("a")}), listed);
    BOOST_TEST((wanted == std::vector<std::string>{id_of("c"), id_of("b")}));
}

BOOST_AUTO_TEST_CASE(the_newest_that_a_listing_leaves_out_are_named) {
    const auto known = listing({snapshot("a"), snapshot("b"), snapshot("c"), snapshot("d")});
    BOOST_TEST((backup::missing_ids(known, {id_of("b"), id_of("new")}, 2) ==
                std::vector<std::string>{id_of("a"), id_of("c")}));
    BOOST_TEST(backup::missing_ids(known, {id_of("a"), id_of("b"), id_of("c"), id_of("d")}, 2).empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_listed_any_more_is_gone_and_what_could_not_be_read_is_left_out) {
    auto newest = snapshot("b");
    newest.time = noon;
    const auto now = backup::snapshots_of({id_of("a"), id_of("b"), id_of("gone meanwhile")},
                                          listing({snapshot("a"), snapshot("old")}), {newest});
    BOOST_REQUIRE(now.size() == 2U);
    BOOST_TEST(now[0].id == id_of("b"));
    BOOST_TEST(now[1].id == id_of("a"));
}

BOOST_AUTO_TEST_SUITE_END()
