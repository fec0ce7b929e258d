// Two drivers at once: which one a row is of, and what it says.
#include "world.hpp"

#include <soteria/base/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

namespace {

constexpr std::chrono::milliseconds period = 900s;

// A cluster with a repository beside Longhorn.
struct both : world {
    restic::catalogue catalogue;
    inventory::proof_table proofs;
    std::string default_driver = "longhorn";
    bool longhorn_configured = true;
    inventory::longhorn_view longhorn{refresh};
    inventory::restic_view restic{period};

    both() {
        catalogue.listed_at = noon - 1min;
        catalogue.repository_exists = true;
    }

    restic::snapshot& snapshot(const std::string& ns, const std::string& name, std::chrono::minutes ago,
                               const std::string& uid = {}) {
        restic::snapshot made;
        made.id = sha256_hex(ns + name + std::to_string(catalogue.snapshots.size()));
        made.time = noon - ago;
        made.host = ns + "/" + name;
        made.tags = {"soteria:namespace=" + ns, "soteria:pvc=" + name,
                     "soteria:uid=" + (uid.empty() ? "uid-of-" + name : uid)};
        made.paths = {"/data"};
        made.size_bytes = 100;
        catalogue.snapshots.push_back(made);
        return catalogue.snapshots.back();
    }

    // Of Longhorn, as restic needs it: with a uid.
    kube::persistent_volume_claim& of_longhorn(const std::string& name) {
        bound("ai", name, "v-" + name);
        return with_uid(name);
    }

    // On a volume that some other CSI driver provides.
    kube::persistent_volume_claim& elsewhere(const std::string& name) {
        bound("ai", name, "v-" + name).csi_driver = "nfs.csi.k8s.io";
        return with_uid(name);
    }

    kube::persistent_volume_claim& with_uid(const std::string& name) {
        auto copy = std::make_shared<kube::persistent_volume_claim>(*claims.at({"ai", name}));
        copy->meta.uid = "uid-of-" + name;
        auto& made = *copy;
        claims[{"ai", name}] = std::move(copy);
        return made;
    }

    inventory::report made() {
        longhorn.absorb(answered(), at.now);
        const auto now = std::make_shared<const restic::catalogue>(catalogue);
        while (restic.absorb(now, 2)) {
        }
        inventory::views known;
        known.longhorn = longhorn_configured ? &longhorn : nullptr;
        known.restic = &restic;
        known.proofs = &proofs;
        known.default_driver = default_driver;
        return inventory::build(claims, volumes, known, by, at);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_row_is_of_the_driver_with_the_newest_complete_backup, both)

BOOST_AUTO_TEST_CASE(restics_newer_one_counts) {
    of_longhorn("data");
    backup("v-data", "b-1", 5h);
    snapshot("ai", "data", 2h);
    snapshot("ai", "data", 3h);
    const auto report = made();
    const auto& row = row_of(report, "ai/data");
    BOOST_TEST(row.driver == "restic");
    BOOST_TEST((row.last_backup_at == noon - 2h));
    BOOST_TEST(row.backup_count == 2);
    BOOST_TEST(row.last_backup_size_bytes.value() == 100);
    BOOST_TEST(row.volume == "v-data");
    BOOST_TEST(row.drivers.at("longhorn").backup_count == 1);
    BOOST_TEST((row.drivers.at("longhorn").last_backup_at == noon - 5h));
    BOOST_TEST((row.drivers.at("restic").health == domain::health::fresh));
}

BOOST_AUTO_TEST_CASE(longhorns_newer_one_counts) {
    of_longhorn("data");
    backup("v-data", "b-1", 1h);
    snapshot("ai", "data", 2h);
    BOOST_TEST(row_of(made(), "ai/data").driver == "longhorn");
}

BOOST_AUTO_TEST_CASE(without_backups_it_is_the_default_ones_where_that_can_serve_it) {
    of_longhorn("data");
    elsewhere("shared");
    auto report = made();
    BOOST_TEST(row_of(report, "ai/data").driver == "longhorn");
    BOOST_TEST(row_of(report, "ai/shared").driver == "none");
    BOOST_TEST(health_of(report, "ai/shared") == "missing", "restic could serve it");
    BOOST_TEST(row_of(report, "ai/shared").drivers.contains("restic"));
    BOOST_TEST(!row_of(report, "ai/shared").drivers.contains("longhorn"));
    default_driver = "restic";
    report = made();
    BOOST_TEST(row_of(report, "ai/data").driver == "restic");
    BOOST_TEST(row_of(report, "ai/shared").driver == "restic");
}

BOOST_AUTO_TEST_CASE(what_is_incomplete_is_no_backup) {
    elsewhere("shared");
    snapshot("ai", "shared", 1h).tags.emplace_back("soteria:incomplete");
    snapshot("ai", "shared", 30h);
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/shared") == "stale");
    BOOST_TEST(row_of(report, "ai/shared").backup_count == 1);
}

BOOST_AUTO_TEST_CASE(a_pvc_that_was_made_anew_has_none_of_the_older_ones_backups) {
    elsewhere("shared");
    snapshot("ai", "shared", 1h, "uid-of-the-older-one");
    BOOST_TEST(health_of(made(), "ai/shared") == "missing");
}

BOOST_AUTO_TEST_CASE(snapshots_of_others_are_not_counted) {
    elsewhere("shared");
    auto& foreign = snapshot("ai", "shared", 1h);
    foreign.host = "laptop";
    BOOST_TEST(health_of(made(), "ai/shared") == "missing");
}

BOOST_AUTO_TEST_CASE(a_block_volume_is_not_for_restic) {
    elsewhere("disk").volume_mode = "Block";
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/disk") == "unsupported");
    BOOST_TEST(row_of(report, "ai/disk").health_detail.find("volumeMode Block") != std::string::npos);
    BOOST_TEST(row_of(report, "ai/disk").drivers.empty());
}

BOOST_AUTO_TEST_CASE(with_restic_alone_a_longhorn_volume_is_one_like_others) {
    of_longhorn("data");
    longhorn_configured = false;
    default_driver = "restic";
    const auto report = made();
    const auto& row = row_of(report, "ai/data");
    BOOST_TEST(row.driver == "restic");
    BOOST_TEST(health_of(report, "ai/data") == "missing");
    BOOST_TEST(row.drivers.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_store_that_does_not_answer_is_unknown_not_missing, both)

BOOST_AUTO_TEST_CASE(before_the_first_listing) {
    elsewhere("shared");
    catalogue.listed_at.reset();
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/shared") == "unknown");
    BOOST_TEST(row_of(report, "ai/shared").health_detail == "restic's repository has not been listed yet");
}

BOOST_AUTO_TEST_CASE(a_failure_before_the_first_listing_is_told) {
    elsewhere("shared");
    catalogue.listed_at.reset();
    catalogue.failing = restic::trouble{"wrong_password", "the password is wrong", noon};
    BOOST_TEST(row_of(made(), "ai/shared").health_detail ==
               "restic's repository cannot be listed: the password is wrong");
}

BOOST_AUTO_TEST_CASE(the_last_listing_counts_for_three_periods) {
    elsewhere("shared");
    snapshot("ai", "shared", 2h);
    catalogue.failing = restic::trouble{"repository_unreachable", "no answer", noon};
    catalogue.listed_at = noon - 3 * period;
    BOOST_TEST(health_of(made(), "ai/shared") == "fresh");
    catalogue.listed_at = noon - 3 * period - 1s;
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/shared") == "unknown");
    BOOST_TEST(row_of(report, "ai/shared").backup_count == 1, "as last known");
}

BOOST_AUTO_TEST_CASE(a_fresh_backup_of_one_driver_is_enough) {
    of_longhorn("data");
    backup("v-data", "b-1", 5h);
    snapshot("ai", "data", 2h);
    catalogue.listed_at = noon - 24h;
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/data") == "fresh");
    BOOST_TEST(row_of(report, "ai/data").driver == "longhorn");
    BOOST_TEST((row_of(report, "ai/data").drivers.at("restic").health == domain::health::unknown));
}

BOOST_AUTO_TEST_CASE(a_stale_one_is_not_while_the_other_may_have_a_newer_one) {
    of_longhorn("data");
    backup("v-data", "b-1", 50h);
    catalogue.listed_at = noon - 24h;
    const auto report = made();
    BOOST_TEST(health_of(report, "ai/data") == "unknown");
    BOOST_TEST(row_of(report, "ai/data").driver == "longhorn");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pvcs_that_are_gone_and_proofs, both)

BOOST_AUTO_TEST_CASE(one_that_only_restic_knows_is_listed) {
    elsewhere("z");
    snapshot("ai", "gone", 2h, "first");
    snapshot("ai", "gone", 3h, "second");
    const auto report = made();
    const auto& row = row_of(report, "ai/gone");
    BOOST_TEST(row.deleted);
    BOOST_TEST(row.driver == "restic");
    BOOST_TEST(row.backup_count == 2);
    BOOST_TEST(row.volume == "");
    BOOST_TEST(report.rows.front().pvc.name == "gone");
}

BOOST_AUTO_TEST_CASE(one_that_both_know_has_both) {
    backup("v-gone", "b", 1h, "ai", "gone");
    snapshot("ai", "gone", 2h);
    const auto report = made();
    const auto& row = row_of(report, "ai/gone");
    BOOST_TEST(row.deleted);
    BOOST_TEST(row.driver == "longhorn");
    BOOST_TEST(row.volume == "v-gone");
    BOOST_TEST(row.drivers.size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_with_nothing_but_incomplete_snapshots_is_not) {
    snapshot("ai", "gone", 2h).tags.emplace_back("soteria:incomplete");
    BOOST_TEST(made().rows.empty());
}

BOOST_AUTO_TEST_CASE(the_newest_proof_stands_at_the_row) {
    elsewhere("shared");
    const auto before = made().content_hash;
    proofs[{"ai", "shared"}] = {noon - 1h, 12.5, "restic"};
    const auto report = made();
    BOOST_REQUIRE(row_of(report, "ai/shared").verified.has_value());
    BOOST_TEST((row_of(report, "ai/shared").verified->at == noon - 1h));
    BOOST_TEST(report.content_hash != before);
}

BOOST_AUTO_TEST_SUITE_END()
