#include <soteria/domain/names.hpp>
#include <soteria/domain/operation.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::domain {
namespace {

const instant when = *parse_rfc3339("2026-04-12T15:30:00Z");

} // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(what_kubernetes_takes_as_a_namespace) {
    for (const auto* good : {"ai", "a", "0", "a-b", "x23456789012345678901234567890123456789012345678901234567890123"})
        BOOST_TEST(is_dns_label(good), good);
    for (const auto* bad :
         {"", "-a", "a-", "A", "a.b", "a_b", "a b", "x234567890123456789012345678901234567890123456789012345678901234"})
        BOOST_TEST(!is_dns_label(bad), bad);
}

BOOST_AUTO_TEST_CASE(what_kubernetes_takes_as_a_pvc) {
    for (const auto* good : {"data", "data.db-0", "0.1"})
        BOOST_TEST(is_dns_subdomain(good), good);
    for (const auto* bad : {"", ".a", "a.", "a..b", "a.-b", "Data", "a/b"})
        BOOST_TEST(!is_dns_subdomain(bad), bad);
    BOOST_TEST(!is_dns_subdomain(std::string(254, 'a')));
}

BOOST_AUTO_TEST_CASE(a_refused_name_is_told_with_its_field) {
    const auto refused = check_pvc_name("target_pvc", "Bad_Name");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::invalid));
    BOOST_TEST(refused.error().message.find("\"target_pvc\"") != std::string::npos);
    BOOST_TEST(refused.error().message.find("Bad_Name") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_is_called_as_the_contract_says) {
    BOOST_TEST(job_name("backup", {"ai", "llm-cache"}, when) == "soteria-backup-llm-cache-20260412-153000");
    BOOST_TEST(job_name("restore", {"ai", "llm-cache"}, when) == "soteria-restore-llm-cache-20260412-153000");
}

BOOST_AUTO_TEST_CASE(a_jobs_name_fits_into_a_label_and_stays_unique) {
    const std::string long_name(253, 'a');
    const auto one = job_name("restore", {"ai", long_name}, when);
    const auto other = job_name("restore", {"ai", long_name.substr(1)}, when);
    BOOST_TEST(one.size() <= 63U, one);
    BOOST_TEST(one.ends_with("-20260412-153000"), one);
    BOOST_TEST(one != other);
    BOOST_TEST(one == job_name("restore", {"ai", long_name}, when), "the same every time");
    const auto distinct = job_name("restore", {"ai", long_name}, when, "second");
    BOOST_TEST(distinct.size() <= 63U, distinct);
    BOOST_TEST(distinct != one);
    BOOST_TEST(distinct != job_name("restore", {"ai", long_name}, when, "third"));
    BOOST_TEST(is_dns_subdomain(job_name("backup", {"ai", "data.db-0." + std::string(60, 'x')}, when)));
}

BOOST_AUTO_TEST_CASE(a_backup_is_called_as_the_contract_says) {
    BOOST_TEST(backup_name({"ai", "llm-cache"}, when) == "soteria-backup-ai-llm-cache-20260412-153000");
}

BOOST_AUTO_TEST_CASE(names_that_would_collide_are_told_apart) {
    BOOST_TEST(backup_name({"ai-llm", "cache"}, when) == backup_name({"ai", "llm-cache"}, when));
    BOOST_TEST(backup_name({"ai-llm", "cache"}, when, "one") != backup_name({"ai", "llm-cache"}, when, "two"));
}

BOOST_AUTO_TEST_CASE(a_long_name_keeps_its_stamp_and_its_limit) {
    const auto name = backup_name({"ai", std::string(253, 'x')}, when);
    BOOST_TEST(name.size() <= 200U);
    BOOST_TEST(name.ends_with("-20260412-153000"));
    BOOST_TEST(name != backup_name({"ai", std::string(252, 'x')}, when));
}

BOOST_AUTO_TEST_CASE(a_restored_volume_fits_longhorns_forty_characters) {
    const auto name = volume_name("123e4567-e89b-12d3-a456-426614174000");
    BOOST_TEST(name.size() == 34U);
    BOOST_TEST(is_dns_label(name));
}

BOOST_AUTO_TEST_CASE(a_slot_is_of_one_kind_and_one_pvc) {
    BOOST_TEST(slot_name("backup", {"ai", "a-b"}) != slot_name("restore", {"ai", "a-b"}));
    BOOST_TEST(slot_name("backup", {"ai-a", "b"}) != slot_name("backup", {"ai", "a-b"}));
    BOOST_TEST(is_dns_label(slot_name("backup", {"ai", "a-b"})));
}

BOOST_AUTO_TEST_CASE(an_operations_id_leads_back_to_its_record) {
    operation restore;
    restore.kind = operation_kind::restore;
    restore.ns = "ai";
    restore.name = "back.again";
    const auto key = parse_operation_id(restore.id());
    BOOST_REQUIRE(key);
    BOOST_TEST((key->kind == operation_kind::restore));
    BOOST_TEST(key->ns == "ai");
    BOOST_TEST(key->name == "back.again");
    for (const auto* bad : {"", "restore", "restore.ai", "restore..x", "restore.ai.", "delete.ai.x"})
        BOOST_TEST(!parse_operation_id(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::domain
