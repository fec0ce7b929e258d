#include "world.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

namespace {

// One claim with three good backups, believed since noon.
struct believed : world {
    inventory::longhorn_view view{refresh};

    believed() {
        bound("ai", "llm-cache", "v1");
        for (const std::string name : {"b1", "b2", "b3"})
            backup("v1", name, 1h);
        view.absorb(answered(), noon);
    }

    void pass(std::chrono::seconds time) {
        at.now += time;
        at.steady += time;
    }

    // Longhorn answers as `picture` says now.
    void absorb() { view.absorb(std::make_shared<const longhorn::picture>(picture), at.now); }

    [[nodiscard]] std::string health() const { return health_of(report(view), "ai/llm-cache"); }

    [[nodiscard]] const inventory::row present() const { return row_of(report(view), "ai/llm-cache"); }
};

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_longhorn_said_is_believed_for_a_while)

BOOST_AUTO_TEST_CASE(before_the_first_answer_all_is_unknown) {
    world w;
    w.bound("ai", "llm-cache", "v1");
    const inventory::longhorn_view nothing(w.refresh);
    BOOST_TEST(health_of(w.report(nothing), "ai/llm-cache") == "unknown");

    inventory::longhorn_view empty(w.refresh);
    longhorn::picture picture;
    picture.targets.value = std::make_shared<const std::vector<longhorn::backup_target>>();
    picture.backup_volumes.value = std::make_shared<const std::vector<longhorn::backup_volume>>();
    empty.absorb(std::make_shared<const longhorn::picture>(picture), noon);
    BOOST_TEST(row_of(w.report(empty), "ai/llm-cache").health_detail == "Longhorn has not answered yet");
    picture.status.last_error = failure(errc::unavailable, "connection refused");
    empty.absorb(std::make_shared<const longhorn::picture>(picture), noon);
    BOOST_TEST(row_of(w.report(empty), "ai/llm-cache").health_detail == "Longhorn cannot be asked: connection refused");
}

BOOST_AUTO_TEST_CASE(a_volume_whose_backups_are_announced_but_not_read_yet_is_unknown_not_missing) {
    believed w;
    w.picture.backups.clear();
    inventory::longhorn_view view(w.refresh);
    view.absorb(std::make_shared<const longhorn::picture>(w.picture), noon);
    BOOST_TEST(health_of(w.report(view), "ai/llm-cache") == "unknown");
}

BOOST_AUTO_TEST_CASE(a_longhorn_that_is_down_leaves_the_last_answer_for_three_refresh_periods) {
    believed w;
    w.picture.status.last_error = failure(errc::unavailable, "connection refused");
    w.pass(900s);
    w.absorb();
    BOOST_TEST(w.health() == "fresh");
    w.pass(1s);
    BOOST_TEST(w.health() == "unknown");
    const auto row = w.present();
    BOOST_TEST(row.health_detail == "Longhorn cannot be asked: connection refused");
    BOOST_TEST(row.backup_count == 3);
    BOOST_TEST((row.last_backup_at == noon - 1h));
    BOOST_TEST((row.drivers.at("longhorn").health == domain::health::unknown));
}

BOOST_AUTO_TEST_CASE(a_slow_longhorn_without_errors_is_believed) {
    believed w;
    w.pass(1200s);
    BOOST_TEST(w.health() == "fresh");
}

BOOST_AUTO_TEST_CASE(one_volume_that_cannot_be_read_does_not_make_the_others_unknown) {
    believed w;
    w.bound("ai", "other", "v2");
    w.backup("v2", "c1", 1h);
    w.answered();
    w.pass(1000s);
    w.picture.status.last_error = failure(errc::bad_answer, "the backups of v1 make no sense");
    w.picture.backups["v2"].asked_at = w.at.steady;
    w.absorb();
    BOOST_TEST(health_of(w.report(w.view), "ai/llm-cache") == "unknown");
    BOOST_TEST(health_of(w.report(w.view), "ai/other") == "fresh");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_not_available_is_unknown_after_three_refresh_periods) {
    believed w;
    auto target = w.picture.targets.value->front();
    target.available = false;
    target.message = "bucket not found";
    w.set_targets({target});
    w.pass(900s);
    w.absorb();
    BOOST_TEST(w.health() == "fresh");
    w.pass(1s);
    BOOST_TEST(w.health() == "unknown");
    BOOST_TEST(w.present().health_detail == "Longhorn's backup target default is not available: bucket not found");
    target.available = true;
    w.set_targets({target});
    w.absorb();
    BOOST_TEST(w.health() == "fresh");
}

BOOST_AUTO_TEST_CASE(a_target_that_was_taken_away_forgets_nothing_and_is_unknown_in_time) {
    believed w;
    auto target = w.picture.targets.value->front();
    target.available = false;
    target.url.clear();
    w.set_targets({target});
    w.backups.clear();
    w.answered();
    w.absorb();
    BOOST_TEST(w.health() == "fresh", "within three refresh periods the last answer stands");
    w.pass(901s);
    BOOST_TEST(w.health() == "unknown");
    BOOST_TEST(w.present().backup_count == 3);
    BOOST_TEST(mentions(w.present().health_detail, "not configured"));
}

BOOST_AUTO_TEST_CASE(a_target_that_was_taken_away_while_lists_come_back_empty_forgets_nothing_either) {
    believed w;
    auto target = w.picture.targets.value->front();
    target.url.clear();
    w.set_targets({target});
    w.picture.backups["v1"].value = std::make_shared<const longhorn::backup_list>();
    w.absorb();
    BOOST_TEST(w.present().backup_count == 3);
}

// Between Longhorn's answer about its target and its answer about the backups, the target may be taken away.
BOOST_AUTO_TEST_CASE(backups_that_are_not_listed_any_more_count_until_the_target_has_answered_after_that_list) {
    believed w;
    auto& list = w.picture.backups["v1"];
    list.value = std::make_shared<const longhorn::backup_list>();
    list.asked_at = polled_at + 1s;
    w.absorb();
    BOOST_TEST(w.present().backup_count == 3);
    w.picture.targets.asked_at = polled_at + 2s;
    w.absorb();
    BOOST_TEST(w.present().backup_count == 0);
    BOOST_TEST(w.health() == "missing");
}

BOOST_AUTO_TEST_CASE(a_volume_that_is_not_listed_any_more_counts_until_the_target_has_answered_after_that_list) {
    believed w;
    w.picture.backups.clear();
    w.picture.backup_volumes.value = std::make_shared<const std::vector<longhorn::backup_volume>>();
    w.picture.backup_volumes.asked_at = polled_at + 1s;
    w.absorb();
    BOOST_TEST(w.present().backup_count == 3);
    w.picture.targets.asked_at = polled_at + 2s;
    w.absorb();
    BOOST_TEST(w.health() == "missing");
}

BOOST_AUTO_TEST_CASE(a_target_that_was_never_configured_is_unknown_at_once) {
    world w;
    w.bound("ai", "llm-cache", "v1");
    longhorn::backup_target target;
    target.name = "default";
    w.set_targets({target});
    const auto report = w.report();
    BOOST_TEST(health_of(report, "ai/llm-cache") == "unknown");
    BOOST_TEST(mentions(row_of(report, "ai/llm-cache").health_detail, "not configured"));
}

BOOST_AUTO_TEST_CASE(backups_that_were_deleted_from_a_store_that_answers_are_gone) {
    believed w;
    w.picture.backups["v1"].value = std::make_shared<const longhorn::backup_list>();
    w.absorb();
    BOOST_TEST(w.health() == "missing");
    w.picture.backups.clear();
    w.backups.clear();
    w.list_backup_volumes();
    w.absorb();
    BOOST_TEST(w.health() == "missing");
    BOOST_TEST(w.view.volumes().empty());
}

BOOST_AUTO_TEST_SUITE_END()
