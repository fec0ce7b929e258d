#include "fixture.hpp"

#include <soteria/async/task_group.hpp>
#include <soteria/longhorn/poller.hpp>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

struct polled_cluster : cluster {
    polled_cluster() {
        manager.seed(boost::json::parse(R"({
            "volumes":[{"name":"pvc-2","size":"1Gi","replicas":1,"state":"detached"}],
            "snapshots":[{"name":"snap-1","volume":"pvc-1"}],
            "backups":[{"name":"backup-0000000000000001","volume":"pvc-1"},
                       {"name":"backup-0000000000000002","volume":"gone"}]})"));
        group.spawn("poller", [this] { return polls.run(); });
    }

    ~polled_cluster() {
        const bool ended = run(group.stop(async::deadline::after(10s)));
        BOOST_TEST(ended, "the poller did not end when it was cancelled");
    }

    static poll_settings quick() {
        poll_settings settings;
        settings.follow = 10ms;
        return settings;
    }

    template <class Condition>
    void run_until(Condition done) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < end) {
            context.restart();
            context.run_one_for(100ms);
        }
        BOOST_REQUIRE_MESSAGE(done(), "what was waited for did not happen");
    }

    poller polls{context.get_executor(), client, quick()};
    async::task_group group{context.get_executor()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(The_poller_over_sockets, polled_cluster)

BOOST_AUTO_TEST_CASE(knows_volumes_targets_and_all_backups_also_of_volumes_that_are_gone) {
    run_until([this] { return polls.current()->status.last_complete.has_value(); });
    const auto seen = polls.current();
    BOOST_TEST(seen->volumes.value->size() == 2U);
    BOOST_TEST(seen->backups_of("pvc-1").at(0).name == "backup-0000000000000001");
    BOOST_TEST(seen->backups_of("gone").at(0).name == "backup-0000000000000002");
    BOOST_TEST(seen->find_target("default")->available);
}

BOOST_AUTO_TEST_CASE(sees_a_new_volume_while_somebody_follows) {
    run_until([this] { return polls.current()->status.last_complete.has_value(); });
    const auto following = polls.follow_volumes();
    manager.seed(boost::json::parse(R"({"volumes":[{"name":"pvc-3","size":"1Gi"}]})"));
    run_until([this] { return polls.current()->find_volume("pvc-3") != nullptr; });
}

BOOST_AUTO_TEST_CASE(keeps_what_it_knows_while_Longhorn_is_away_and_ends_at_once_when_told) {
    run_until([this] { return polls.current()->status.last_complete.has_value(); });
    const auto following = polls.follow_volumes();
    fault(R"({"do":"refused","times":0})");
    const auto asked_at = polls.current()->volumes.asked_at;
    for (int turn = 0; turn < 20; ++turn) {
        context.restart();
        context.run_one_for(10ms);
    }
    BOOST_TEST(polls.current()->volumes.value->size() == 2U);
    BOOST_TEST((polls.current()->volumes.asked_at >= asked_at));
}

BOOST_AUTO_TEST_SUITE_END()
