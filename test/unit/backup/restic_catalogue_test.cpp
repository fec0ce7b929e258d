// The catalogue as replicas see it: ConfigMaps come one by one, and never half a listing is shown.
#include <soteria/backup/facts.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/base/digest.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");
const std::string repository = "s3:https://s3.example/atlas";

restic::snapshot snapshot(const std::string& name) {
    restic::snapshot made;
    made.id = sha256_hex(name);
    made.time = noon;
    made.host = "ai/llm-cache";
    made.tags = {"soteria:namespace=ai", "soteria:pvc=llm-cache"};
    made.paths = {"/data"};
    return made;
}

struct replica {
    boost::asio::io_context loop;
    kube::store<backup::catalogue_map> maps{loop.get_executor()};
    kube::store<records::record> backups{loop.get_executor()};
    backup::restic_catalogue catalogue{loop.get_executor(), repository, maps, backups};
    int version = 0;

    void comes(const boost::json::object& manifest) {
        auto map = backup::decode_catalogue_map(manifest).value();
        map.meta.uid = "uid-of-" + map.meta.name;
        map.meta.resource_version = std::to_string(++version);
        maps.apply(std::move(map));
    }

    void goes(const std::string& name) { maps.erase({"soteria", name}); }

    static backup::catalogue_head head(const std::vector<std::string>& texts, instant at = noon) {
        backup::catalogue_head made;
        made.listed_at = at;
        made.repository_exists = true;
        for (const auto& text : texts)
            made.parts.push_back(backup::part_name(repository, text));
        return made;
    }

    void writes_head(const backup::catalogue_head& head) { comes(backup::head_manifest("soteria", repository, head)); }

    void writes_part(const std::string& text) { comes(backup::part_manifest("soteria", repository, text)); }

    [[nodiscard]] std::size_t count() const { return catalogue.current()->snapshots.size(); }
};

const std::string one = restic::encode({snapshot("1")}, 1000).front();
const std::string two = restic::encode({snapshot("2")}, 1000).front();

records::record record_of(domain::operation_phase phase) {
    records::record made;
    made.meta.ns = made.operation.ns = "ai";
    made.meta.name = made.operation.name = "soteria-backup-llm-cache-20260412-120000";
    made.meta.uid = made.operation.uid = "op-1";
    made.meta.resource_version = phase == domain::operation_phase::running ? "1" : "2";
    made.operation.phase = phase;
    made.operation.request.source = {"ai", "llm-cache"};
    made.operation.facts[std::string(backup::facts::job_name)] = made.meta.name;
    if (phase != domain::operation_phase::running) {
        made.operation.facts[std::string(backup::facts::backup)] = sha256_hex("3");
        made.operation.finished_at = noon + 1min;
    }
    return made;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(every_replica_sees_the_same_catalogue, replica)

BOOST_AUTO_TEST_CASE(before_the_first_listing_it_was_never_listed) {
    BOOST_TEST(!catalogue.current()->listed_at.has_value());
    BOOST_TEST(count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_head_whose_parts_are_not_all_there_changes_nothing_yet) {
    writes_part(one);
    writes_head(head({one, two}));
    BOOST_TEST(!catalogue.current()->listed_at.has_value());
    writes_part(two);
    BOOST_TEST((catalogue.current()->listed_at == noon));
    BOOST_TEST(count() == 2U);
}

BOOST_AUTO_TEST_CASE(while_it_is_rewritten_the_last_whole_state_is_shown) {
    writes_part(one);
    writes_head(head({one}));
    BOOST_TEST(count() == 1U);
    writes_part(two); // of the next listing
    BOOST_TEST(count() == 1U);
    writes_head(head({two}, noon + 1h));
    goes(backup::part_name(repository, one));
    BOOST_REQUIRE(count() == 1U);
    BOOST_TEST(catalogue.current()->snapshots.front().id == sha256_hex("2"));
}

BOOST_AUTO_TEST_CASE(a_part_that_somebody_deleted_does_not_take_its_snapshots_away) {
    writes_part(one);
    writes_head(head({one}));
    BOOST_TEST(count() == 1U);
    goes(backup::part_name(repository, one));
    BOOST_TEST(count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_is_shown_beside_what_was_listed_before) {
    writes_part(one);
    auto failing = head({one});
    failing.failing = restic::trouble{"repository_unreachable", "no answer", noon + 2h};
    writes_head(failing);
    BOOST_TEST(catalogue.current()->failing->code == "repository_unreachable");
    BOOST_TEST(count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_backup_shows_as_soon_as_its_record_has_ended) {
    writes_head(head({}));
    backups.apply(record_of(domain::operation_phase::running));
    BOOST_TEST(count() == 0U);
    backups.apply(record_of(domain::operation_phase::succeeded));
    BOOST_TEST(count() == 1U);
    BOOST_TEST(catalogue.listed()->snapshots.empty());
}

// After SOTERIA_RESTIC_REPOSITORY was changed, what went into the old one is not in the new one.
BOOST_AUTO_TEST_CASE(a_backup_into_another_repository_is_not_in_this_one) {
    auto other = record_of(domain::operation_phase::succeeded);
    other.operation.facts[std::string(backup::facts::repository)] = restic::repository_hash("s3:elsewhere/bucket");
    backups.apply(other);
    BOOST_TEST(count() == 0U);
    BOOST_TEST(!catalogue.current()->repository_exists);
    other.operation.facts[std::string(backup::facts::repository)] = restic::repository_hash(repository);
    other.meta.resource_version = "3";
    backups.apply(other);
    BOOST_TEST(count() == 1U);
}

BOOST_AUTO_TEST_CASE(as_long_as_nothing_changes_it_is_the_same_object) {
    writes_part(one);
    writes_head(head({one}));
    const auto before = catalogue.current();
    auto longhorns = record_of(domain::operation_phase::succeeded);
    longhorns.operation.facts.clear();
    backups.apply(std::move(longhorns));
    BOOST_TEST(catalogue.current() == before);
}

BOOST_AUTO_TEST_SUITE_END()
