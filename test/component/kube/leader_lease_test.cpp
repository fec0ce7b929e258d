#include "test/support/cluster.hpp"

#include <soteria/kube/leader_lease.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

leader_lease_settings named(const std::string& identity) {
    leader_lease_settings settings("ai", "soteria", identity);
    settings.duration = 1s;
    settings.retry = 50ms;
    return settings;
}

struct two_candidates : test::cluster {
    leader_lease first{context.get_executor(), *client, named("first")};
    leader_lease second{context.get_executor(), *client, named("second")};
    std::size_t both = 0;

    // Looks after every handler that ran whether both think that they hold it.
    void until(const std::function<bool()>& done) {
        test::run_until(context, [&] {
            both += first.held() && second.held() ? 1 : 0;
            return done();
        });
    }

    std::string holder() {
        const auto found = kubernetes.get("leases.coordination.k8s.io", "ai", "soteria");
        return found ? std::string(found->at("spec").at("holderIdentity").as_string()) : "(no lease)";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(two_candidates_for_one_lease, two_candidates)

BOOST_AUTO_TEST_CASE(agree_on_one_although_they_start_together) {
    const test::background one(context, first.run());
    const test::background other(context, second.run());
    until([&] { return (first.held() || second.held()) && !first.holder().empty() && !second.holder().empty(); });
    BOOST_TEST(first.holder() == second.holder());
    BOOST_TEST(holder() == first.holder());
    BOOST_TEST(both == 0U);
}

BOOST_AUTO_TEST_CASE(keep_their_roles_while_the_holder_renews) {
    const test::background one(context, first.run());
    until([&] { return first.held(); });
    const test::background other(context, second.run());
    const auto start = first.valid_until();
    until([&] { return first.valid_until() > start + 1500ms; });
    BOOST_TEST(first.held());
    BOOST_TEST(!second.held());
    BOOST_TEST(both == 0U);
}

BOOST_AUTO_TEST_CASE(change_places_only_after_a_silent_holder_has_lost_it) {
    test::background one(context, first.run());
    until([&] { return first.held(); });
    const test::background other(context, second.run());
    one.stop(); // without release: as if it had crashed
    const auto end = first.valid_until();
    until([&] { return second.held(); });
    BOOST_TEST((boot_clock::now() >= end));
    BOOST_TEST(holder() == "second");
    BOOST_TEST(both == 0U);
}

BOOST_AUTO_TEST_CASE(change_places_on_a_release_without_looking_now_and_then) {
    const auto patient = [](const std::string& identity) {
        auto settings = named(identity);
        settings.duration = 1h;
        settings.retry = 1h;
        return settings;
    };
    leader_lease holding(context.get_executor(), *client, patient("first"));
    leader_lease waiting(context.get_executor(), *client, patient("second"));
    test::background one(context, holding.run());
    test::run_until(context, [&] { return holding.held(); });
    const test::background other(context, waiting.run());
    test::run_until(context, [&] { return waiting.holder() == "first"; });
    one.stop();
    BOOST_TEST(test::run(context, holding.release(async::deadline::after(5s))).has_value());
    test::run_until(context, [&] { return waiting.held(); });
    BOOST_TEST(holder() == "second");
}

BOOST_AUTO_TEST_CASE(change_places_at_once_after_a_release) {
    test::background one(context, first.run());
    until([&] { return first.held(); });
    const test::background other(context, second.run());
    until([&] { return second.holder() == "first"; });
    one.stop();
    const auto end = first.valid_until();
    BOOST_TEST(test::run(context, first.release(async::deadline::after(5s))).has_value());
    until([&] { return second.held(); });
    BOOST_TEST((second.valid_until() - 1s < end));
    BOOST_TEST(both == 0U);
}

BOOST_AUTO_TEST_CASE(lose_it_in_time_when_the_api_server_is_gone) {
    const test::background one(context, first.run());
    until([&] { return first.held(); });
    std::optional<bool> told;
    const auto listen = [&]() -> boost::asio::awaitable<void> {
        (void)co_await first.changed().wait(async::deadline::never());
        told = first.held();
    };
    stop_server();
    const test::background listening(context, listen());
    until([&] { return told.has_value(); });
    BOOST_TEST(!told.value());
}

BOOST_AUTO_TEST_SUITE_END()
