#include "recordings.hpp"

#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

std::optional<recorded_claim> claim_of(const std::string& label) {
    return recorded_claim_of({{"KubernetesStatus", label}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(A_backup_records_its_PVC)

BOOST_AUTO_TEST_CASE(a_recorded_backup_of_a_bound_PVC_names_it) {
    const auto seen = test::load_recording("backup-with-pvc-progress-fast");
    const auto all = decode_list<backup>(seen.states.back().body);
    BOOST_REQUIRE(all.has_value());
    BOOST_REQUIRE(!all->empty());
    const auto claim = recorded_claim_of(all->front().labels);
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->ns == "default");
    BOOST_TEST(claim->pvc == "pvc-r2");
    BOOST_TEST(claim->pv == "pv-r2");
    BOOST_TEST(!claim->history);
    BOOST_TEST(recorded_access_mode(all->front().labels) == "rwo");
}

BOOST_AUTO_TEST_CASE(a_past_reference_makes_the_names_history) {
    const auto claim =
        claim_of(R"({"namespace":"ai","pvcName":"cache","pvName":"","lastPVCRefAt":"2026-11-22T18:11:40Z","x":1})");
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->history);
}

BOOST_AUTO_TEST_CASE(no_label_no_JSON_or_no_PVC_is_no_claim) {
    BOOST_TEST(!recorded_claim_of({}).has_value());
    BOOST_TEST(!claim_of("").has_value());
    BOOST_TEST(!claim_of("{").has_value());
    BOOST_TEST(!claim_of("[]").has_value());
    BOOST_TEST(!claim_of(R"({"namespace":"ai","pvcName":""})").has_value());
    BOOST_TEST(!claim_of(R"({"namespace":"","pvcName":"cache"})").has_value());
    BOOST_TEST(!claim_of(R"({"namespace":1,"pvcName":"cache"})").has_value());
}

BOOST_AUTO_TEST_CASE(access_modes_are_known_in_both_languages) {
    for (const auto* mode : {"rwo", "rwx", "rwop"})
        BOOST_TEST(longhorn_access_mode(kubernetes_access_mode(mode)) == mode);
    BOOST_TEST(kubernetes_access_mode("rwx") == "ReadWriteMany");
    BOOST_TEST(longhorn_access_mode("ReadOnlyMany").empty());
    BOOST_TEST(kubernetes_access_mode("").empty());
    BOOST_TEST(recorded_access_mode({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
