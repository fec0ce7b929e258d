#include "fixture.hpp"

namespace soteria::test {
namespace {

namespace facts = backup::facts;

struct backed_up : restic_fixture {
    domain::operation made = done(operation_kind::backup, backup_of("llm-cache"));

    backed_up() { list_again(); }

    std::optional<json::object> claim(const std::string& name) {
        return kubernetes.get("persistentvolumeclaims", "ai", name);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_restore_by_restic, backed_up)

BOOST_AUTO_TEST_CASE(makes_the_claim_like_its_source_and_fills_it) {
    const auto record = done(operation_kind::restore, restore_of("llm-cache", "copy"));
    BOOST_TEST((record.phase == operation_phase::succeeded), record.message);
    BOOST_TEST(record.result.at("claim_name") == "copy");
    BOOST_TEST(record.result.at("verified") == "true");
    const auto copy = claim("copy");
    BOOST_TEST_REQUIRE(copy.has_value());
    BOOST_TEST(copy->at("spec").at("storageClassName") == "local");
    BOOST_TEST(copy->at("spec").at("resources").at("requests").at("storage") == "1Gi");
    const auto& metadata = copy->at("metadata").as_object();
    BOOST_TEST(metadata.at("labels").at("app") == "llm");
    BOOST_TEST(std::string(metadata.at("annotations").at("soteria.dev/restored-from").as_string())
                   .starts_with("ai/llm-cache@"));
    BOOST_TEST(!metadata.contains("ownerReferences"));
    const auto written = restic->control("GET", "restic/state", nullptr)->at("restored").as_object();
    BOOST_TEST_REQUIRE(written.contains(metadata.at("uid").as_string()));
    BOOST_TEST(written.at(metadata.at("uid").as_string()).at("files").to_number<int>() == 3);
}

BOOST_AUTO_TEST_CASE(finds_its_snapshot_by_name_by_id_and_by_the_beginning_of_the_id) {
    const auto id = made.result.at("backup");
    for (const auto& snapshot : {made.name, id, id.substr(0, 8)}) {
        const auto record = accepted(operation_kind::restore, restore_of("llm-cache", "copy", snapshot));
        BOOST_REQUIRE_MESSAGE(record, record.error().message);
        BOOST_TEST(record->resolved.at("backup").starts_with(id));
    }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_there_or_not_the_sources) {
    add_claim("other");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("other", "copy")) == "no_backup");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("other", "copy", made.name)) == "foreign_backup");
    auto foreign = restore_of("other", "copy", made.name);
    foreign.allow_foreign = true;
    BOOST_TEST(refusal(operation_kind::restore, foreign) == "accepted");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("llm-cache", "copy", "deadbeef")) == "no_backup");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("nowhere", "copy")) == "pvc_not_found");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("llm-cache", "other")) == "target_exists");
    auto elsewhere = restore_of("llm-cache", "copy");
    elsewhere.target.ns = "nowhere";
    BOOST_TEST(refusal(operation_kind::restore, elsewhere) == "namespace_not_found");
    auto by_url = restore_of("llm-cache", "copy", "");
    by_url.backup_url = "s3://x@y/?backup=a&volume=b";
    BOOST_TEST(refusal(operation_kind::restore, by_url) == "unsupported_field");
}

BOOST_AUTO_TEST_CASE(works_without_its_source_where_the_request_says_what_the_claim_is_like) {
    remove_claim("llm-cache");
    auto request = restore_of("llm-cache", "copy");
    BOOST_TEST(refusal(operation_kind::restore, request) == "missing_field");
    request.storage_class = "local";
    request.capacity = "2Gi";
    BOOST_TEST(refusal(operation_kind::restore, request) == "missing_field");
    request.access_modes = {"ReadWriteOnce"};
    const auto record = done(operation_kind::restore, request);
    BOOST_TEST((record.phase == operation_phase::succeeded), record.message);
    BOOST_TEST(claim("copy")->at("spec").at("resources").at("requests").at("storage") == "2Gi");
}

BOOST_AUTO_TEST_CASE(does_not_take_an_older_claims_backup_for_the_latest_of_one_made_anew) {
    remove_claim("llm-cache");
    add_claim("llm-cache");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("llm-cache", "copy")) == "no_backup");
    BOOST_TEST(refusal(operation_kind::restore, restore_of("llm-cache", "copy", made.name)) == "accepted");
}

BOOST_AUTO_TEST_CASE(that_is_cancelled_removes_what_it_made) {
    restic->control("POST", "restic/pace", json::parse(R"({"milliseconds":600000})"));
    auto record = *accepted(operation_kind::restore, restore_of("llm-cache", "copy"));
    carry_until(record, [&] { return at(record, "wait_restore"); });
    record.cancelled_by = "brad";
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::cancelled));
    BOOST_TEST(end.leftovers.empty());
    BOOST_TEST(!claim("copy").has_value());
    BOOST_TEST(!job_of(record).has_value());
    BOOST_TEST(claim("llm-cache").has_value());
}

BOOST_AUTO_TEST_CASE(names_the_volume_that_its_class_keeps_after_a_rollback) {
    apply(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"kept"},
              "provisioner":"example.org/local","reclaimPolicy":"Retain","volumeBindingMode":"WaitForFirstConsumer"})");
    auto request = restore_of("llm-cache", "copy");
    request.storage_class = "kept";
    fault(R"({"command":"restore","do":"fails","times":1})");
    const auto end = done(operation_kind::restore, request);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(!claim("copy").has_value());
    BOOST_TEST_REQUIRE(end.leftovers.size() == 1U);
    BOOST_TEST(end.leftovers[0].kind == "PersistentVolume");
}

BOOST_AUTO_TEST_CASE(leaves_a_target_alone_that_appeared_meanwhile) {
    auto record = *accepted(operation_kind::restore, restore_of("llm-cache", "copy"));
    add_claim("copy");
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "target_exists");
    BOOST_TEST(claim("copy").has_value());
}

BOOST_AUTO_TEST_CASE(does_not_write_into_a_claim_that_replaced_its_own) {
    auto record = *accepted(operation_kind::restore, restore_of("llm-cache", "copy"));
    carry_until(record, [&] { return at(record, "start_job"); });
    remove_claim("copy");
    add_claim("copy");
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "target_replaced");
    BOOST_TEST(claim("copy").has_value());
    BOOST_TEST(runs_of("restore") == 0U);
}

BOOST_AUTO_TEST_CASE(does_not_believe_a_record_about_whose_snapshot_it_is) {
    add_claim("other");
    auto record = *accepted(operation_kind::restore, restore_of("llm-cache", "copy"));
    record.request.source = {"ai", "other"};
    const auto end = carried_out(record);
    BOOST_TEST((end.phase == operation_phase::failed));
    BOOST_TEST(end.error->code == "foreign_backup");
}

BOOST_AUTO_TEST_CASE(as_a_test_needs_no_target_and_leaves_none) {
    const auto before = kubernetes.count("persistentvolumeclaims");
    const auto record = done(operation_kind::restore_test, restore_of("llm-cache", ""));
    BOOST_TEST((record.phase == operation_phase::succeeded), record.message);
    BOOST_TEST(record.result.at("verified") == "true");
    BOOST_TEST(record.result.at("files") == "3");
    BOOST_TEST(!record.result.contains("claim_name"));
    BOOST_TEST(kubernetes.count("persistentvolumeclaims") == before);
}

BOOST_AUTO_TEST_CASE(as_a_test_may_leave_the_pvc_open_where_it_is_clear) {
    BOOST_TEST(accepted(operation_kind::restore_test, restore_of("", ""))->request.source.name == "llm-cache");
    BOOST_TEST(accepted(operation_kind::restore_test, restore_of("", "", made.name))->request.source.name ==
               "llm-cache");
    add_claim("other");
    done(operation_kind::backup, backup_of("other"));
    list_again();
    const auto refused = accepted(operation_kind::restore_test, restore_of("", ""));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().reason == "pvc_required");
    BOOST_TEST(refused.error().message.find("llm-cache, other") != std::string::npos);
    auto elsewhere = restore_of("", "", made.name);
    elsewhere.source.ns = "soteria";
    BOOST_TEST(refusal(operation_kind::restore_test, elsewhere) == "foreign_backup");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::test
