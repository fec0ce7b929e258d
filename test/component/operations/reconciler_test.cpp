#include "test/support/cluster.hpp"
#include "test/support/idle_driver.hpp"

#include <soteria/operations/reconciler.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::operations;
using namespace std::chrono_literals;
using boost::asio::awaitable;

namespace {

// Its only step waits for ever, unless it is to answer otherwise.
class endless_driver final : public test::idle_driver {
public:
    explicit endless_driver(const boost::asio::any_io_executor& executor)
        : idle_driver(executor), released_(executor) {}

    std::size_t performed = 0;
    backup::step_report answer = backup::step_report::waiting("It waits.", 1h);
    bool held = false; // it does not answer until let_answer()

    [[nodiscard]] std::span<const backup::step_definition> steps(domain::operation_kind) const override {
        static constexpr std::array table{backup::step_definition{"wait_backup", "wait", "", false, "Backup", "Wait."}};
        return table;
    }

    awaitable<backup::step_report> perform(std::string_view, const domain::operation&, backup::effect_budget) override {
        ++performed;
        while (held)
            (void)co_await released_.wait(async::deadline::never());
        co_return answer;
    }

    void let_answer() {
        held = false;
        released_.notify_all();
    }

private:
    async::signal released_;
};

const std::string definition = R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
 "metadata":{"name":"backups.soteria.dev"},"spec":{"group":"soteria.dev","scope":"Namespaced",
 "names":{"plural":"backups","singular":"backup","kind":"Backup"},
 "versions":[{"name":"v1alpha1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":
 {"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}})";

kube::leader_lease_settings ours() {
    return {"ai", "soteria", "me"};
}

struct a_leader : test::cluster {
    endless_driver driver{context.get_executor()};
    backup::driver* known = &driver;
    boost::asio::any_io_executor executor = context.get_executor();
    kube::store<records::record> backups{executor};
    kube::store<records::record> restores{executor};
    kube::store<kube::persistent_volume_claim> claims{executor};
    record_store records{*client, backups, restores};
    slots places{*client, "ai", system_clock(), holder_lookup_in(records)};
    queue line{executor, records, [](const auto&) { return std::nullopt; }};
    std::chrono::seconds ahead{0}; // of the true time: how the Lease runs out
    kube::leader_lease lease{executor, *client, ours(), [this] { return kube::boot_clock::now() + ahead; }};
    std::vector<std::string> ended; // the operations of which it was told
    reconciler work{executor, world(), settings()};

    a_leader() {
        kubernetes.apply(boost::json::parse(definition).as_object());
        backups.finish_list({}, "1");
        restores.finish_list({}, "1");
    }

    reconciler_world world() {
        return {*client,       records, places, line, claims, lease, [this](std::string_view) { return known; },
                system_clock()};
    }

    reconciler_settings settings() {
        reconciler_settings made;
        made.effect_timeout = 10ms;
        made.ns = "ai";
        made.on_finished = [this](const domain::operation& operation) { ended.push_back(operation.id()); };
        return made;
    }

    // A backup in the cluster.
    boost::json::object put(const std::string& status) {
        const auto now = format_rfc3339(system_clock().now());
        auto object = boost::json::parse(R"({"apiVersion":"soteria.dev/v1alpha1","kind":"Backup","metadata":
            {"namespace":"ai","name":"record","uid":"u1","finalizers":["soteria.dev/operation"]},
            "spec":{"pvc":"data","driver":"longhorn"},"status":)" +
                                         status + "}")
                          .as_object();
        object["metadata"].as_object()["creationTimestamp"] = now;
        return kubernetes.apply(std::move(object));
    }

    // And in the cache, as the watch shows it.
    void show(const std::string& status) {
        auto decoded = records::decode_backup(put(status));
        BOOST_REQUIRE(decoded.has_value());
        backups.apply(std::move(*decoded));
    }

    void show_running() {
        const auto now = format_rfc3339(system_clock().now());
        show(R"({"phase":"Running","reason":"WaitBackup","message":"It waits.","startedAt":")" + now +
             R"(","steps":[{"name":"wait_backup","state":"running","message":"It waits.","startedAt":")" + now +
             R"("}]})");
    }

    boost::json::object recorded() { return *kubernetes.get("backups.soteria.dev", "ai", "record"); }

    // What its record says of it; empty: not yet anything.
    std::string told(const std::string& what) {
        const auto record = recorded();
        const auto* found = record.at("status").as_object().if_contains(what);
        return found == nullptr ? std::string() : std::string(found->as_string());
    }

    bool let_go() {
        const auto record = recorded();
        const auto* finalizers = record.at("metadata").as_object().if_contains("finalizers");
        return finalizers == nullptr || finalizers->as_array().empty();
    }

    // Everything that can happen now has happened.
    void settle() {
        for (int turn = 0; turn < 100; ++turn)
            context.poll_one();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(an_operation_of_the_leader, a_leader)

BOOST_AUTO_TEST_CASE(rests_while_the_lease_has_run_out_and_goes_on_when_it_was_renewed_after_all) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    show_running();
    test::run_until(context, [&] { return driver.performed == 1; });
    ahead = 16s;
    show_running();
    settle();
    BOOST_TEST(driver.performed == 1U);
    ahead = 0s; // the renewal had gone through: nobody noticed the gap, and nothing else will wake it
    test::run_until(context, [&] { return driver.performed == 2; });
}

BOOST_AUTO_TEST_CASE(does_not_rest_any_more_once_it_has_answered_while_the_process_stops) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    driver.answer = backup::step_report::retry("The answer was lost.", 1h);
    driver.held = true;
    show_running();
    test::run_until(context, [&] { return driver.performed == 1; });
    const test::background draining(context, work.drain(async::deadline::after(1h)));
    settle();
    driver.let_answer();
    test::run_until(context, [&] { return draining.ended(); });
}

BOOST_AUTO_TEST_CASE(says_that_nobody_knows_its_driver_and_goes_on_once_somebody_does) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    known = nullptr;
    show_running();
    test::run_until(context, [&] {
        return told("message") == "nothing is done, and nothing undone, until the driver \"longhorn\" is configured";
    });
    settle();
    BOOST_TEST(told("phase") == "Running");
    BOOST_TEST(!let_go());
    known = &driver;
    BOOST_TEST(driver.performed == 0U);
    show_running();
    test::run_until(context, [&] { return driver.performed == 1; });
}

BOOST_AUTO_TEST_CASE(fails_before_it_begins_and_is_let_go_if_nobody_knows_its_driver) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    known = nullptr;
    show(R"({"phase":"Queued"})");
    test::run_until(context, [&] { return let_go(); });
    BOOST_TEST(told("phase") == "Failed");
    const auto record = recorded();
    BOOST_TEST(record.at("status").at("error").at("code").as_string() == "driver_not_configured");
}

BOOST_AUTO_TEST_CASE(is_told_to_have_ended_also_where_whoever_recorded_that_did_not_live_to_tell_it) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    show(
        R"({"phase":"Succeeded","finishedAt":"2026-04-12T12:00:00Z","steps":[{"name":"wait_backup","state":"done"}]})");
    test::run_until(context, [&] { return let_go(); });
    settle();
    BOOST_TEST(ended == std::vector<std::string>{"backup.ai.record"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_read_anew_before_a_new_leader_acts_on_what_its_watch_has_shown_it) {
    show_running();
    put(R"({"phase":"Cancelled","finishedAt":"2026-04-12T12:00:00Z","steps":[{"name":"wait_backup","state":"undone"}]})");
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    test::run_until(context, [&] { return let_go(); });
    BOOST_TEST(driver.performed == 0U);
}

BOOST_AUTO_TEST_CASE(is_not_read_again_once_it_was) {
    show_running();
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    test::run_until(context, [&] { return driver.performed == 1; });
    show_running();
    test::run_until(context, [&] { return driver.performed == 2; });
    const auto asked = kubernetes.requests();
    BOOST_TEST(std::ranges::count_if(asked, [](const auto& each) {
                   return each.user_agent.find("record/read") != std::string::npos;
               }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
