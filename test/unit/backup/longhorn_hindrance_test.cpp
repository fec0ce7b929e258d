#include "source/backup/longhorn_hindrance.hpp"

#include <soteria/backup/facts.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::backup;

namespace {

struct world {
    longhorn::picture known;
    longhorn::volume volume;
    domain::operation record;

    world() {
        known.volumes.value = std::make_shared<const longhorn::volume_map>();
        known.targets.value = std::make_shared<const std::vector<longhorn::backup_target>>();
        volume.name = "soteria-v";
        volume.state = "attached";
        volume.restore_initiated = volume.restore_required = true;
        record.facts[std::string(facts::source_volume)] = "pvc-1";
        record.facts[std::string(facts::backup)] = "backup-1";
        has_backups({"backup-1"});
    }

    void has_backups(const std::vector<std::string>& names) {
        longhorn::backup_list all;
        for (const auto& name : names)
            all.emplace_back().name = name;
        known.backups["pvc-1"] = {std::make_shared<const longhorn::backup_list>(std::move(all)),
                                  longhorn::poll_time{} + std::chrono::seconds(1)};
    }

    void has_target(bool available, const std::string& message) {
        longhorn::backup_target one;
        one.name = "default";
        one.available = available;
        one.message = message;
        known.targets.value = std::make_shared<const std::vector<longhorn::backup_target>>(1, one);
    }

    hindrance restore() { return hindrance_of_restore(known, volume, longhorn::restore_phase_of(volume), record); }

    hindrance backup() {
        longhorn::backup one;
        one.volume = volume.name;
        one.state = "Pending";
        known.volumes.value = std::make_shared<const longhorn::volume_map>(longhorn::volume_map{{volume.name, volume}});
        return hindrance_of_backup(known, longhorn::backup_phase_of(one));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(what_holds_longhorn_up)

BOOST_AUTO_TEST_CASE(is_nothing_known_where_nothing_is_wrong) {
    world w;
    w.has_target(true, "");
    BOOST_TEST(w.restore().code.empty());
    BOOST_TEST(w.backup().code.empty());
}

BOOST_AUTO_TEST_CASE(is_that_longhorn_does_not_answer_before_what_it_said_last) {
    world w;
    w.has_target(false, "down");
    w.volume.conditions["Scheduled"] = {"False", "ReplicaSchedulingFailure", "insufficient storage"};
    w.known.volumes.failing = failure(errc::unavailable, "connection refused");
    BOOST_TEST(w.restore().code == "longhorn_unavailable");
    BOOST_TEST(w.restore().message == "Longhorn cannot be asked: connection refused");
    BOOST_TEST(w.restore().unseen);
    BOOST_TEST(!w.backup().unseen, "how it goes is told by its volume's backups");
    w.known.backups[w.volume.name] = w.known.backups["pvc-1"];
    w.known.backups[w.volume.name].failing = failure(errc::timed_out, "no answer");
    BOOST_TEST(w.backup().code == "longhorn_unavailable");
    BOOST_TEST(w.backup().message == "Longhorn cannot be asked: no answer");
    BOOST_TEST(w.backup().unseen);
}

BOOST_AUTO_TEST_CASE(is_seen_to_be_longhorn_also_where_one_object_is_asked_for) {
    const auto report = not_answered(failure(errc::unavailable, "connection refused"), std::chrono::seconds(1));
    BOOST_TEST((report.what == step_report::outcome::retry));
    BOOST_TEST(report.unseen);
    BOOST_TEST(report.code == "longhorn_unavailable");
    const auto refused = not_answered(failure(errc::invalid, "no such volume"), std::chrono::seconds(1));
    BOOST_TEST((refused.what == step_report::outcome::failed));
}

BOOST_AUTO_TEST_CASE(is_first_what_the_volume_itself_says) {
    world w;
    w.has_target(false, "down");
    w.volume.conditions["Scheduled"] = {"False", "ReplicaSchedulingFailure", "insufficient storage"};
    BOOST_TEST(w.restore().code == "unschedulable");
    BOOST_TEST(longhorn::restore_phase_of(w.volume).text == "insufficient storage");
    w.volume.restore_status.push_back({"r1", true, 3, "error", "i/o error"});
    BOOST_TEST(w.restore().code == "replica_failed");
    BOOST_TEST(longhorn::restore_phase_of(w.volume).text == "i/o error");
}

BOOST_AUTO_TEST_CASE(is_a_backing_image_that_does_not_come) {
    world w;
    w.volume.conditions["WaitForBackingImage"] = {"True", "BackingImageDownloading", ""};
    BOOST_TEST(w.restore().code == "backing_image_missing");
    BOOST_TEST(longhorn::restore_phase_of(w.volume).text == "BackingImageDownloading");
}

BOOST_AUTO_TEST_CASE(is_a_backup_that_was_deleted_under_its_restore) {
    world w;
    w.has_backups({"backup-2"});
    BOOST_TEST(w.restore().code == "backup_gone");
    BOOST_TEST(w.restore().message == "the backup backup-1 that it restores is gone from Longhorn");
    w.known.backups.clear();
    BOOST_TEST(w.restore().code.empty(), "whoever was not asked knows nothing");
}

BOOST_AUTO_TEST_CASE(is_a_backup_target_that_is_down) {
    world w;
    w.has_target(false, "cannot reach s3");
    BOOST_TEST(w.restore().code == "backup_target_unavailable");
    BOOST_TEST(w.restore().message == "the backup target default is not available: cannot reach s3");
    BOOST_TEST(w.backup().code == "backup_target_unavailable");
}

BOOST_AUTO_TEST_CASE(is_a_volume_that_is_not_attached_or_is_faulted) {
    world w;
    w.volume.state = "attaching";
    BOOST_TEST(w.restore().code == "volume_not_attached");
    BOOST_TEST(w.restore().message == "the volume soteria-v is attaching");
    BOOST_TEST(w.backup().code == "volume_not_attached");
    w.volume.robustness = "faulted";
    BOOST_TEST(w.backup().code == "volume_faulted");
}

BOOST_AUTO_TEST_SUITE_END()
