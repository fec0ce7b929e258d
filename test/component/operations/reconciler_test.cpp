#include "test/support/cluster.hpp"

#include <soteria/operations/reconciler.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::operations;
using namespace std::chrono_literals;
using boost::asio::awaitable;

namespace {

// Its only step waits for ever.
class endless_driver : public backup::driver {
public:
    explicit endless_driver(boost::asio::any_io_executor executor) : changed_(std::move(executor)) {}

    std::size_t performed = 0;

    [[nodiscard]] std::string_view name() const override { return "longhorn"; }

    [[nodiscard]] std::string record_name(domain::operation_kind, const domain::operation_request&, instant,
                                          std::string_view) const override {
        return "record";
    }

    [[nodiscard]] std::span<const backup::step_definition> steps(domain::operation_kind) const override {
        static constexpr std::array table{backup::step_definition{"wait_backup", "wait", "", false, "Backup", "Wait."}};
        return table;
    }

    awaitable<result<domain::plan>> plan_backup(domain::operation_request, async::deadline) override {
        co_return domain::plan();
    }

    awaitable<result<domain::plan>> plan_restore(domain::operation_request, async::deadline) override {
        co_return domain::plan();
    }

    awaitable<result<domain::backup_list>> list(domain::pvc_ref, async::deadline) override {
        co_return domain::backup_list();
    }

    awaitable<backup::step_report> perform(std::string_view, const domain::operation&, backup::effect_budget) override {
        ++performed;
        co_return backup::step_report::waiting("It waits.", 1h);
    }

    awaitable<backup::step_report> undo(std::string_view, const domain::operation&, backup::effect_budget) override {
        co_return backup::step_report::done();
    }

    [[nodiscard]] domain::leftover leftover_of(std::string_view, const domain::operation&) const override { return {}; }

    awaitable<backup::step_report> tidy(const domain::operation&, backup::effect_budget) override {
        co_return backup::step_report::done();
    }

    std::shared_ptr<void> follow(const domain::operation&) override { return nullptr; }

    async::signal& changed() override { return changed_; }

private:
    async::signal changed_;
};

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
    std::chrono::seconds ahead{0}; // of the true time: how the Lease runs out
    kube::leader_lease lease{executor, *client, ours(), [this] { return kube::boot_clock::now() + ahead; }};
    reconciler work{executor, world(), settings()};

    a_leader() {
        backups.finish_list({}, "1");
        restores.finish_list({}, "1");
    }

    reconciler_world world() {
        return {*client, records, places, claims, lease, [this](std::string_view) { return known; }, system_clock()};
    }

    static reconciler_settings settings() {
        reconciler_settings made;
        made.effect_timeout = 10ms;
        made.ns = "ai";
        return made;
    }

    // A running backup, as the watch shows it.
    void show(int version) {
        const auto now = format_rfc3339(system_clock().now());
        const auto text = R"({"metadata":{"namespace":"ai","name":"record","uid":"u1","resourceVersion":")" +
                          std::to_string(version) + R"(","creationTimestamp":")" + now +
                          R"(","finalizers":["soteria.dev/operation"]},"spec":{"pvc":"data","driver":"longhorn"},
            "status":{"phase":"Running","reason":"WaitBackup","message":"It waits.","startedAt":")" +
                          now + R"(","steps":[{"name":"wait_backup","state":"running","message":"It waits.",
            "startedAt":")" +
                          now + R"("}]}})";
        auto decoded = records::decode_backup(boost::json::parse(text).as_object());
        BOOST_REQUIRE(decoded.has_value());
        backups.apply(std::move(*decoded));
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
    show(2);
    test::run_until(context, [&] { return driver.performed == 1; });
    ahead = 16s;
    show(3);
    settle();
    BOOST_TEST(driver.performed == 1U);
    ahead = 0s; // the renewal had gone through: nobody noticed the gap, and nothing else will wake it
    test::run_until(context, [&] { return driver.performed == 2; });
}

BOOST_AUTO_TEST_CASE(is_left_alone_if_nobody_knows_its_driver_until_its_record_changes) {
    const test::background leading(context, lease.run());
    const test::background working(context, work.run());
    known = nullptr;
    test::run_until(context, [&] { return lease.held(); });
    show(2);
    settle();
    known = &driver;
    BOOST_TEST(driver.performed == 0U);
    show(3);
    test::run_until(context, [&] { return driver.performed == 1; });
}

BOOST_AUTO_TEST_SUITE_END()
