#include "replay.hpp"

#include <boost/test/unit_test.hpp>

using replay::rig;

BOOST_AUTO_TEST_SUITE(a_freshly_installed_longhorn_answers_as_recorded)

BOOST_AUTO_TEST_CASE(lists_settings_schemas_and_the_unset_target) {
    rig cluster;
    for (const char* file :
         {"volumes-list-empty", "backupvolumes-list-unset", "backuptargets-list-unset", "backuptarget-get-unset",
          "backuptarget-get-unknown", "setting-current-version", "schema-snapshotInput"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(wrong_paths_methods_and_actions_and_a_browser) {
    rig cluster;
    cluster.seed(R"({"volumes":[{"name":"rec-a","size":"64Mi"}]})");
    for (const char* file : {"path-unknown", "no-backups-route", "method-unsupported", "trailing-slash",
                             "vol-action-missing", "vol-action-unknown", "html-answer"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_there) {
    rig cluster;
    cluster.seed(R"({"volumes":[{"name":"rec-a","size":"64Mi"}]})");
    for (const char* file :
         {"vol-get-unknown", "vol-delete-unknown", "vol-attach-unknown-volume", "snapshotCRCreate-unknown-volume",
          "snapshotCRGet-unknown", "snapshotCRDelete-unknown", "snapshotCRList-empty", "backupvolume-get-unknown",
          "backupList-unknown", "backupListByVolume-unknown", "backupListByVolume-empty-body",
          "backupvolume-delete-unknown", "backupvolume-delete-target-unavailable", "snapshotBackup-unknown-volume"}) {
        cluster.exchange(file);
    }
}

BOOST_AUTO_TEST_SUITE_END()
