#include "world.hpp"

#include <soteria/inventory/keeper.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;
using boost::asio::awaitable;

namespace {

struct hand_clock final : clock {
    instant time = noon;

    [[nodiscard]] instant now() const override { return time; }
};

kube::persistent_volume_claim claim(const std::string& name, const std::string& version) {
    kube::persistent_volume_claim made;
    made.meta.ns = "ai";
    made.meta.name = name;
    made.meta.uid = "uid-" + name;
    made.meta.resource_version = version;
    made.volume_name = "v-" + name;
    made.phase = "Bound";
    return made;
}

kube::persistent_volume volume(const std::string& name) {
    kube::persistent_volume made;
    made.meta.name = name;
    made.meta.resource_version = "1";
    made.csi_driver = "driver.longhorn.io";
    made.csi_volume_handle = name;
    return made;
}

struct kept {
    boost::asio::io_context context;
    kube::store<kube::persistent_volume_claim> claims{context.get_executor()};
    kube::store<kube::persistent_volume> volumes{context.get_executor()};
    async::signal longhorn_changed{context.get_executor()};
    world w;
    std::shared_ptr<const longhorn::picture> picture;
    hand_clock time;
    inventory::keeper_settings settings;

    // Runs `body` beside a keeper, stops both and fails if anything is left.
    template <class Body>
    void run(Body body) {
        settings.by.max_age = 24h;
        inventory::keeper keeper(context.get_executor(),
                                 {claims, volumes, [this] { return picture; }, &longhorn_changed}, settings, time);
        async::task_group tasks(context.get_executor());
        tasks.spawn("keeper", [&] { return keeper.run(); });
        std::exception_ptr thrown;
        auto whole = [&]() -> awaitable<void> {
            co_await body(keeper);
            const bool stopped = co_await tasks.stop(async::deadline::after(5s));
            BOOST_TEST(stopped, "the keeper ends when it is cancelled");
        };
        boost::asio::co_spawn(context, whole, [&](const std::exception_ptr& error) { thrown = error; });
        context.run();
        if (thrown)
            std::rethrow_exception(thrown);
    }
};

awaitable<void> expect_next(inventory::keeper& keeper) {
    const bool made = co_await keeper.changed().wait(async::deadline::after(5s));
    BOOST_TEST(made, "no new report came");
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_keeper_makes_the_report_anew)

BOOST_AUTO_TEST_CASE(at_the_start_and_when_lists_are_complete) {
    kept k;
    k.settings.least_interval = 1ms;
    k.run([&](inventory::keeper& keeper) -> awaitable<void> {
        BOOST_TEST(keeper.current()->rows.empty());
        co_await expect_next(keeper);
        BOOST_TEST(!keeper.complete());
        k.claims.finish_list({}, "1");
        k.volumes.finish_list({}, "1");
        co_await expect_next(keeper);
        BOOST_TEST(keeper.complete());
    });
}

BOOST_AUTO_TEST_CASE(when_a_claim_a_volume_or_longhorn_changes) {
    kept k;
    k.settings.least_interval = 1ms;
    k.run([&](inventory::keeper& keeper) -> awaitable<void> {
        co_await expect_next(keeper);
        k.claims.apply(claim("llm", "2"));
        co_await expect_next(keeper);
        BOOST_TEST(health_of(*keeper.current(), "ai/llm") == "unknown");
        k.volumes.apply(volume("v-llm"));
        co_await expect_next(keeper);
        BOOST_TEST(row_of(*keeper.current(), "ai/llm").health_detail == "Longhorn has not been asked yet");
        k.w.backup("v-llm", "b", 1h);
        k.picture = k.w.answered();
        k.longhorn_changed.notify_all();
        co_await expect_next(keeper);
        BOOST_TEST(health_of(*keeper.current(), "ai/llm") == "fresh");
    });
}

BOOST_AUTO_TEST_CASE(once_for_many_changes) {
    kept k;
    k.settings.least_interval = 50ms;
    k.run([&](inventory::keeper& keeper) -> awaitable<void> {
        co_await expect_next(keeper);
        const auto before = keeper.current();
        for (int number = 0; number < 100; ++number) {
            k.claims.apply(claim("pvc-" + std::to_string(number), "2"));
            auto turn = boost::asio::post(k.context, boost::asio::use_awaitable);
            co_await std::move(turn);
        }
        BOOST_TEST((keeper.current() == before), "not before the interval is over");
        co_await expect_next(keeper);
        BOOST_TEST(keeper.current()->rows.size() == 100U);
    });
}

BOOST_AUTO_TEST_CASE(when_a_claim_crosses_its_limit) {
    kept k;
    k.settings.least_interval = 1ms;
    k.claims.apply(claim("llm", "2"));
    k.volumes.apply(volume("v-llm"));
    k.w.backup("v-llm", "b", 24h);
    k.picture = k.w.answered();
    k.run([&](inventory::keeper& keeper) -> awaitable<void> {
        co_await expect_next(keeper);
        BOOST_TEST(health_of(*keeper.current(), "ai/llm") == "fresh");
        k.time.time += 2s; // the crossing was one second away
        co_await expect_next(keeper);
        BOOST_TEST(health_of(*keeper.current(), "ai/llm") == "stale");
    });
}

BOOST_AUTO_TEST_CASE(and_regularly_although_nothing_changes) {
    kept k;
    k.settings.least_interval = 1ms;
    k.settings.longest_interval = 5ms;
    k.run([&](inventory::keeper& keeper) -> awaitable<void> {
        co_await expect_next(keeper);
        const auto before = keeper.current();
        k.time.time += 1min;
        co_await expect_next(keeper);
        BOOST_TEST((keeper.current()->generated_at > before->generated_at));
        BOOST_TEST(keeper.current()->content_hash == before->content_hash);
    });
}

BOOST_AUTO_TEST_SUITE_END()
