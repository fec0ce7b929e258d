#include "world.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

BOOST_AUTO_TEST_SUITE(every_claim_has_a_row)

BOOST_AUTO_TEST_CASE(a_recent_backup_makes_it_fresh_by_the_time_of_the_data) {
    world w;
    w.bound("ai", "llm-cache", "pvc-1").csi_volume_handle = "volume-1";
    w.backup("volume-1", "backup-old", 50h);
    auto& newest = w.backup("volume-1", "backup-new", 35min);
    newest.size_bytes = 4711;
    w.backup("volume-1", "backup-older", 80h);
    const auto report = w.report();
    BOOST_REQUIRE(report.rows.size() == 1U);
    const auto& row = report.rows[0];
    BOOST_TEST(row.pvc.text() == "ai/llm-cache");
    BOOST_TEST(row.volume == "volume-1");
    BOOST_TEST(row.storage_class == "longhorn");
    BOOST_TEST(row.capacity == "50Gi");
    BOOST_TEST(row.driver == "longhorn");
    BOOST_TEST((row.last_backup_at == noon - 35min));
    BOOST_TEST(row.last_backup_size_bytes.value() == 4711);
    BOOST_TEST(row.backup_count == 3);
    BOOST_TEST(domain::to_string(row.health) == "fresh");
    BOOST_TEST(row.health_detail == "");
    BOOST_TEST(!row.deleted);
    BOOST_REQUIRE(row.drivers.contains("longhorn"));
    BOOST_TEST(row.drivers.at("longhorn").backup_count == 3);
    BOOST_TEST((row.drivers.at("longhorn").health == domain::health::fresh));
}

BOOST_AUTO_TEST_CASE(older_than_the_limit_is_stale_and_exactly_at_the_limit_is_not) {
    world w;
    w.bound("ai", "at-limit", "v1");
    w.backup("v1", "b1", 24h);
    w.bound("ai", "past-limit", "v2");
    w.backup("v2", "b2", 24h + 1min);
    const auto report = w.report();
    BOOST_TEST(health_of(report, "ai/at-limit") == "fresh");
    BOOST_TEST(health_of(report, "ai/past-limit") == "stale");
}

BOOST_AUTO_TEST_CASE(without_a_complete_backup_it_is_missing) {
    world w;
    w.bound("ai", "never", "v1");
    w.bound("ai", "failed", "v2");
    w.backup("v2", "b", 1h).state = "Error";
    w.backup("v2", "c", 1h).url.clear();
    const auto report = w.report();
    for (const std::string name : {"ai/never", "ai/failed"}) {
        BOOST_TEST(health_of(report, name) == "missing");
        BOOST_TEST(row_of(report, name).backup_count == 0);
        BOOST_TEST(!row_of(report, name).last_backup_at);
        BOOST_TEST(row_of(report, name).driver == "longhorn");
    }
}

BOOST_AUTO_TEST_CASE(unbound_claims_have_no_volume_and_no_driver) {
    world w;
    w.claim("ai", "pending", "");
    w.claim("ai", "reserved", "v1").phase = "Pending";
    w.persistent_volume("v1");
    auto& lost = w.claim("ai", "lost", "v2");
    lost.phase = "Lost";
    const auto report = w.report();
    for (const std::string name : {"ai/pending", "ai/reserved", "ai/lost"}) {
        BOOST_TEST(health_of(report, name) == "unbound");
        BOOST_TEST(row_of(report, name).volume == "");
        BOOST_TEST(row_of(report, name).driver == "none");
        BOOST_TEST(row_of(report, name).drivers.empty());
    }
    BOOST_TEST(row_of(report, "ai/pending").capacity == "50Gi");
    BOOST_TEST(row_of(report, "ai/lost").health_detail == "its PersistentVolume v2 is gone");
}

BOOST_AUTO_TEST_CASE(another_drivers_volume_is_unsupported_and_shows_the_volumes_name) {
    world w;
    w.bound("media", "nfs", "pv-nfs").csi_driver = "nfs.csi.k8s.io";
    w.bound("media", "host", "pv-host").csi_driver = "";
    const auto report = w.report();
    BOOST_TEST(health_of(report, "media/nfs") == "unsupported");
    BOOST_TEST(row_of(report, "media/nfs").volume == "pv-nfs");
    BOOST_TEST(row_of(report, "media/nfs").driver == "none");
    BOOST_TEST(row_of(report, "media/nfs").health_detail.find("nfs.csi.k8s.io") != std::string::npos);
    BOOST_TEST(health_of(report, "media/host") == "unsupported");
}

BOOST_AUTO_TEST_CASE(a_volume_not_seen_yet_is_unknown_rather_than_missing) {
    world w;
    w.claim("ai", "llm-cache", "v1");
    const auto report = w.report();
    BOOST_TEST(health_of(report, "ai/llm-cache") == "unknown");
    BOOST_TEST(row_of(report, "ai/llm-cache").volume == "v1");
}

BOOST_AUTO_TEST_CASE(of_a_claim_made_anew_only_the_present_volumes_backups_count) {
    world w;
    w.bound("ai", "llm-cache", "v-new");
    w.backup("v-old", "b1", 1h, "ai", "llm-cache");
    const auto report = w.report();
    BOOST_TEST(report.rows.size() == 1U);
    BOOST_TEST(health_of(report, "ai/llm-cache") == "missing");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(claims_that_are_gone_show_by_what_their_backups_record)

BOOST_AUTO_TEST_CASE(they_carry_volume_class_size_and_count_and_stand_in_order) {
    world w;
    w.bound("ai", "a", "v-a");
    w.bound("ai", "z", "v-z");
    w.backup("v-gone", "b1", 40h, "ai", "m");
    w.backup("v-gone", "b2", 30h, "ai", "m");
    w.backup("v-zz", "b3", 30h, "zz", "last");
    const auto report = w.report();
    BOOST_REQUIRE(report.rows.size() == 4U);
    BOOST_TEST(report.rows[0].pvc.text() == "ai/a");
    BOOST_TEST(report.rows[1].pvc.text() == "ai/m");
    BOOST_TEST(report.rows[2].pvc.text() == "ai/z");
    BOOST_TEST(report.rows[3].pvc.text() == "zz/last");
    const auto& gone = report.rows[1];
    BOOST_TEST(gone.deleted);
    BOOST_TEST(gone.volume == "v-gone");
    BOOST_TEST(gone.storage_class == "longhorn-static");
    BOOST_TEST(gone.capacity == "2Gi");
    BOOST_TEST(gone.backup_count == 2);
    BOOST_TEST((gone.last_backup_at == noon - 30h));
    BOOST_TEST(gone.driver == "longhorn");
    BOOST_TEST(domain::to_string(gone.health) == "stale");
}

BOOST_AUTO_TEST_CASE(backups_of_several_volumes_of_that_claim_are_summed_up_under_the_newest) {
    world w;
    w.backup("v-1", "b1", 40h, "ai", "m");
    w.backup("v-2", "b2", 2h, "ai", "m");
    w.backup("v-3", "b3", 30h, "ai", "m");
    const auto report = w.report();
    BOOST_REQUIRE(report.rows.size() == 1U);
    BOOST_TEST(report.rows[0].volume == "v-2");
    BOOST_TEST(report.rows[0].backup_count == 3);
    BOOST_TEST(domain::to_string(report.rows[0].health) == "fresh");
}

BOOST_AUTO_TEST_CASE(failed_backups_and_backups_that_record_no_claim_make_no_row) {
    world w;
    w.backup("v-1", "b1", 1h, "ai", "m").state = "Error";
    w.backup("v-2", "b2", 1h);
    w.backup("v-3", "b3", 1h).labels["KubernetesStatus"] = "not json";
    BOOST_TEST(w.report().rows.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_report_tells_its_content_and_its_next_change)

BOOST_AUTO_TEST_CASE(the_hash_is_of_the_content_and_not_of_the_time) {
    world w;
    w.bound("ai", "llm-cache", "v1");
    w.backup("v1", "b1", 1h);
    const auto first = w.report().content_hash;
    BOOST_TEST(first.size() == 64U);
    w.at.now += 1h;
    BOOST_TEST(w.report().content_hash == first);
    w.at.now += 23h;
    BOOST_TEST(w.report().content_hash != first, "it is stale now");
    w.at.now = noon;
    w.backup("v1", "b2", 30min);
    BOOST_TEST(w.report().content_hash != first);
}

BOOST_AUTO_TEST_CASE(the_next_crossing_is_that_of_the_oldest_fresh_row) {
    world w;
    BOOST_TEST(!w.report().next_crossing);
    w.bound("ai", "a", "v1");
    w.backup("v1", "b1", 3h);
    w.bound("ai", "b", "v2");
    w.backup("v2", "b2", 20h);
    w.bound("ai", "c", "v3");
    w.backup("v3", "b3", 30h);
    const auto crossing = w.report().next_crossing;
    BOOST_REQUIRE(crossing.has_value());
    BOOST_TEST((*crossing == noon + 4h + 1s));
    w.at.now = *crossing;
    BOOST_TEST(health_of(w.report(), "ai/b") == "stale");
}

BOOST_AUTO_TEST_CASE(made_in_slices_it_is_the_same_as_at_once) {
    world w;
    for (int number = 0; number < 600; ++number) {
        const auto name = "pvc-" + std::to_string(number);
        w.bound("ns-" + std::to_string(number % 7), name, "v-" + name);
        w.backup("v-" + name, "b-" + name, std::chrono::minutes(number));
        w.backup("gone-" + name, "g-" + name, 1h, "ns-3", "gone-" + name);
    }
    inventory::longhorn_view view(w.refresh);
    view.absorb(w.answered(), noon);
    const auto at_once = w.report(view);
    for (const std::size_t amount : {1U, 7U, 1000U}) {
        inventory::builder work(w.claims, w.volumes, view, w.by, w.at);
        while (work.step(amount)) {
        }
        const auto sliced = work.take();
        BOOST_TEST(sliced.rows.size() == 1200U);
        BOOST_TEST(sliced.content_hash == at_once.content_hash);
    }
}

BOOST_AUTO_TEST_CASE(a_claim_that_comes_or_goes_between_two_slices_has_one_row) {
    world w;
    w.bound("ai", "a", "v-a");
    w.backup("v-gone", "b1", 40h, "ai", "m");
    w.backup("v-a", "b2", 40h, "ai", "a");
    inventory::longhorn_view view(w.refresh);
    view.absorb(w.answered(), noon);
    for (std::size_t slices_before = 1; slices_before < 6; ++slices_before) {
        inventory::builder work(w.claims, w.volumes, view, w.by, w.at);
        for (std::size_t slice = 0; slice < slices_before; ++slice)
            work.step(10);
        w.bound("ai", "m", "v-m");
        w.claims.erase({"ai", "a"});
        while (work.step(1)) {
        }
        const auto report = work.take();
        BOOST_TEST(report.rows.size() == 2U, "changed after slice " << slices_before);
        w.claims.erase({"ai", "m"});
        w.bound("ai", "a", "v-a");
    }
}

BOOST_AUTO_TEST_SUITE_END()
