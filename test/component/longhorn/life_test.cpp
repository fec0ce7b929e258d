#include "fixture.hpp"

#include <soteria/longhorn/phase.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

// Makes a snapshot of pvc-1, waits until it is ready, and backs it up to the end.
backup backed_up(cluster& there, const std::string& snapshot) {
    auto& client = there.client;
    BOOST_REQUIRE(code_of(there.run(client.create_snapshot("pvc-1", snapshot, {}, cluster::soon()))) == "success");
    there.pass_until([&] {
        const auto one = there.run(client.get_snapshot("pvc-1", snapshot, cluster::soon()));
        return one && snapshot_phase_of(*one).ready;
    });
    BOOST_REQUIRE(code_of(there.run(client.start_backup("pvc-1", snapshot, {{"service", "llm"}}, "incremental",
                                                        cluster::soon()))) == "success");
    backup_phase phase;
    bool ran = false;
    there.pass_until([&] {
        const auto all = there.run(client.list_backups("pvc-1", cluster::soon()));
        BOOST_REQUIRE_MESSAGE(all.has_value(), code_of(all));
        phase = backup_phase_of(*all, snapshot);
        BOOST_TEST((phase.what != backup_phase::kind::failed));
        ran = ran || phase.what == backup_phase::kind::running;
        return phase.what == backup_phase::kind::completed;
    });
    BOOST_TEST(ran, "the backup was never seen running");
    return phase.chosen;
}

} // namespace

BOOST_AUTO_TEST_SUITE(The_client_leads_a_volume_through_its_life)

BOOST_DATA_TEST_CASE(snapshot_backup_restore_and_deletion, boost::unit_test::data::make({6, 7, 8, 9, 10, 11, 12}),
                     version) {
    cluster there(version);
    auto& client = there.client;
    const auto made = backed_up(there, "snap-1");
    BOOST_TEST(made.volume == "pvc-1");
    BOOST_TEST(!made.url.empty());

    result<std::vector<backup_volume>> volumes; // appears half a second after the backup is complete
    there.pass_until([&] {
        volumes = there.run(client.list_backup_volumes(cluster::soon()));
        BOOST_REQUIRE_MESSAGE(volumes.has_value(), code_of(volumes));
        return volumes->size() == 1;
    });
    BOOST_TEST(volumes->at(0).volume == "pvc-1");
    BOOST_TEST(volumes->at(0).names_volume == (version >= 8));

    volume_request asked;
    asked.name = "soteria-restored";
    asked.from_backup = made.url;
    asked.number_of_replicas = 1;
    const auto posted = there.run(client.create_volume(asked, cluster::soon()));
    BOOST_REQUIRE_MESSAGE(posted.has_value(), code_of(posted));
    BOOST_TEST((restore_phase_of(*posted).what == restore_phase::kind::not_started));
    BOOST_TEST(code_of(there.run(client.create_volume(asked, cluster::soon()))).starts_with("conflict"));
    bool was_restoring = false;
    there.pass_until([&] {
        const auto one = there.run(client.get_volume("soteria-restored", cluster::soon()));
        BOOST_REQUIRE_MESSAGE(one.has_value(), code_of(one));
        const auto phase = restore_phase_of(*one);
        was_restoring = was_restoring || phase.what == restore_phase::kind::restoring;
        return phase.what == restore_phase::kind::finished;
    });
    BOOST_TEST(was_restoring);

    BOOST_TEST(code_of(there.run(client.delete_volume("soteria-restored", cluster::soon()))) == "success");
    there.pass_until([&] {
        const auto one = there.run(client.get_volume("soteria-restored", cluster::soon()));
        return !one && one.error().code == errc::not_found;
    });

    BOOST_TEST(code_of(there.run(client.delete_backup(volumes->at(0).name, made.name, cluster::soon()))) == "success");
    there.pass_until([&] { return there.run(client.list_backups("pvc-1", cluster::soon()))->empty(); });
    BOOST_TEST(there.run(client.list_snapshots("pvc-1", cluster::soon()))->size() == 1U);
    BOOST_TEST(code_of(there.run(client.delete_snapshot("pvc-1", "snap-1", cluster::soon()))) == "success");
    BOOST_TEST(there.run(client.list_backup_targets(cluster::soon()))->at(0).name == "default");
    BOOST_TEST(there.run(client.list_volumes(cluster::soon()))->size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(The_client_meets_a_Longhorn_that_is_down_slow_or_lies, cluster)

BOOST_AUTO_TEST_CASE(a_read_goes_on_after_a_connection_that_was_cut) {
    fault(R"({"do":"refused","method":"GET"})");
    BOOST_TEST(code_of(run(client.get_volume("pvc-1", soon()))) == "success");
}

BOOST_AUTO_TEST_CASE(a_change_whose_answer_is_lost_was_made_once_and_says_so) {
    fault(R"({"do":"lost","method":"POST","action":"snapshotCRCreate"})");
    BOOST_TEST(code_of(run(client.create_snapshot("pvc-1", "snap-1", {}, soon()))).starts_with("outcome_unknown"));
    BOOST_TEST(manager.state().snapshots.size() == 1U);
    fault(R"({"do":"lost_502","method":"DELETE"})");
    BOOST_TEST(code_of(run(client.delete_volume("pvc-1", soon()))).starts_with("outcome_unknown"));
}

BOOST_AUTO_TEST_CASE(a_slow_answer_ends_at_the_deadline) {
    fault(R"({"do":"slow_answer","milliseconds":3600000,"times":0})");
    const auto begun = std::chrono::steady_clock::now();
    const auto read = code_of(run(client.get_volume("pvc-1", once())));
    BOOST_TEST((read.starts_with("timed_out") || read.starts_with("unavailable")), read);
    const auto changed = code_of(run(client.create_snapshot("pvc-1", "snap-1", {}, once())));
    BOOST_TEST(changed.starts_with("outcome_unknown"), changed);
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
    no_more_faults();
}

BOOST_AUTO_TEST_CASE(html_truncated_JSON_and_another_name_are_bad_answers) {
    for (const auto* what : {R"({"do":"html","times":0})", R"({"do":"truncated","times":0})",
                             R"({"do":"other_name","name":"pvc-2","times":0})"}) {
        fault(what);
        const auto got = code_of(run(client.get_volume("pvc-1", soon())));
        BOOST_TEST(got.starts_with("bad_answer"), what << " gave " << got);
        no_more_faults();
    }
}

BOOST_AUTO_TEST_CASE(a_dead_target_refuses_at_once) {
    manager.state().set_store("default", false, true);
    BOOST_REQUIRE(code_of(run(client.create_snapshot("pvc-1", "snap-1", {}, soon()))) == "success");
    const auto refused = run(client.start_backup("pvc-1", "snap-1", {}, "full", soon()));
    BOOST_TEST(code_of(refused).starts_with("unavailable"), code_of(refused));
    BOOST_TEST(refused.error().reason == "backup_target_unavailable");
    BOOST_TEST(!run(client.list_backup_targets(soon()))->at(0).available);
}

BOOST_AUTO_TEST_CASE(the_purpose_is_sent_and_HTML_is_not) {
    (void)run(client.list_volumes(call_options(soon().until, "restore/Mozilla")));
    (void)run(client.list_volumes(call_options(soon().until, "restore/create_volume")));
    const auto text = control("GET", "/_simulator/log");
    BOOST_TEST(text.find("restore/create_volume") != std::string::npos);
    BOOST_TEST(text.find("ozilla") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
