#include "test/support/cluster.hpp"

#include <soteria/operations/request_keys.hpp>

using namespace soteria;
using namespace soteria::operations;
using namespace std::chrono_literals;

namespace {

struct clock_by_hand : soteria::clock {
    instant time = system_clock().now(); // as the API server has it

    [[nodiscard]] instant now() const override { return time; }
};

struct keys_of_a_cluster : test::cluster {
    record_store::cache backups{context.get_executor()};
    record_store::cache restores{context.get_executor()};
    record_store records{*client, backups, restores};
    clock_by_hand time;
    request_keys keys{*client, "ai", records, time, 60s};

    // The key of a request that is at work on backup.ai.nightly.
    result<soteria::records::request_key> claim(const std::string& name = "key-1") {
        domain::operation made;
        made.ns = "ai";
        made.name = "nightly";
        made.uid = "uid-1";
        made.request.driver = "longhorn";
        return test::run(context, keys.claim(name, "body-1", made, options().until));
    }

    result<std::optional<soteria::records::request_key>> find(const std::string& name = "key-1") {
        return test::run(context, keys.find(name, options().until));
    }

    void pass(std::chrono::seconds how_long) { time.time += how_long; }

    bool settled() { return succeeds(keys.settle_open(options().until)); }

    bool forgotten() { return succeeds(keys.forget_expired(options().until)); }

    bool succeeds(boost::asio::awaitable<result<void>> work) {
        const auto done = test::run(context, std::move(work));
        BOOST_TEST(!done.has_error(), (done ? "" : done.error().message));
        return done.has_value();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_key_of_a_request, keys_of_a_cluster)

BOOST_AUTO_TEST_CASE(goes_to_one_of_two_requests) {
    BOOST_TEST(!find()->has_value());
    const auto first = claim();
    const auto second = claim();
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().reason == "idempotency_key_in_use");
    BOOST_TEST((*find())->attempt == first->attempt);
}

BOOST_AUTO_TEST_CASE(goes_from_a_request_that_is_gone_to_one_of_two) {
    const auto abandoned = claim();
    BOOST_TEST_REQUIRE(abandoned.has_value());
    pass(120s);
    const auto first = test::run(context, keys.take_over(*abandoned, options().until));
    const auto second = test::run(context, keys.take_over(*abandoned, options().until));
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->operation == abandoned->operation);
    BOOST_TEST(first->attempt != abandoned->attempt);
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().reason == "idempotency_key_in_use");
}

BOOST_AUTO_TEST_CASE(is_not_removed_by_who_has_lost_it) {
    const auto abandoned = claim();
    pass(120s);
    BOOST_TEST_REQUIRE(test::run(context, keys.take_over(*abandoned, options().until)).has_value());
    BOOST_TEST(succeeds(keys.remove(*abandoned, options().until)));
    BOOST_TEST(find()->has_value());
    BOOST_TEST(succeeds(keys.remove(**find(), options().until)));
    BOOST_TEST(!find()->has_value());
}

BOOST_AUTO_TEST_CASE(tells_once_answered_what_the_record_was) {
    BOOST_TEST_REQUIRE(claim().has_value());
    domain::operation made;
    made.uid = "uid-1";
    made.resolved = {{"snapshot", "nightly"}};
    BOOST_TEST(succeeds(keys.keep_answer("key-1", made, options().until)));
    BOOST_TEST(succeeds(keys.keep_answer("key-1", made, options().until)));
    const auto found = find();
    BOOST_TEST_REQUIRE((found && *found && (*found)->answer));
    BOOST_TEST((*found)->answer->uid == "uid-1");
    BOOST_TEST((*found)->answer->resolved.at("snapshot") == "nightly");
}

BOOST_AUTO_TEST_CASE(is_removed_by_the_leader_where_it_was_left_without_a_record) {
    BOOST_TEST_REQUIRE(claim().has_value());
    for (int minute = 0; minute < 2; ++minute) { // meanwhile somebody may ask again, and carry it on
        BOOST_TEST(settled());
        BOOST_TEST(find()->has_value());
        pass(50s);
    }
    pass(50s);
    BOOST_TEST(settled());
    BOOST_TEST(!find()->has_value());
}

BOOST_AUTO_TEST_CASE(is_forgotten_after_a_day_unless_its_record_lives) {
    for (const auto* name : {"key-1", "key-2"}) {
        BOOST_TEST_REQUIRE(claim(name).has_value());
        domain::operation made;
        made.uid = "uid-1";
        BOOST_TEST(succeeds(keys.keep_answer(name, made, options().until)));
    }
    pass(24h);
    BOOST_TEST(forgotten());
    BOOST_TEST(find()->has_value());
    soteria::records::record kept;
    kept.meta.ns = "ai";
    kept.meta.name = "nightly";
    kept.meta.uid = "uid-1";
    kept.meta.resource_version = "1";
    backups.apply(kept);
    pass(48h);
    BOOST_TEST(forgotten());
    BOOST_TEST(find()->has_value());
    backups.erase({"ai", "nightly"});
    BOOST_TEST(forgotten());
    BOOST_TEST(!find("key-1")->has_value());
    BOOST_TEST(!find("key-2")->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
