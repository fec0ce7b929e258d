#include "fake_longhorn.hpp"

#include <soteria/async/task_group.hpp>
#include <soteria/longhorn/poller.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <functional>

using namespace soteria;
using namespace soteria::longhorn;
using namespace std::chrono_literals;

namespace {

struct fixed_clock : clock {
    instant at = *parse_rfc3339("2026-04-12T15:30:00Z");

    [[nodiscard]] instant now() const override { return at; }
};

poll_settings quick() {
    poll_settings settings;
    settings.refresh = 1h; // one at the start, then no other
    settings.first_retry = 1ms;
    settings.follow = 1ms;
    return settings;
}

struct poller_fixture {
    boost::asio::io_context context;
    test::fake_longhorn longhorn;
    fixed_clock time;
    async::task_group group{context.get_executor()};
    std::optional<poller> polls;

    poller& start(poll_settings settings = quick()) {
        polls.emplace(context.get_executor(), longhorn, settings, time);
        group.spawn("poller", [this] { return polls->run(); });
        return *polls;
    }

    // Runs the loop until `done` holds; a test that waits in vain fails after ten seconds.
    void run_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!done() && std::chrono::steady_clock::now() < end)
            context.run_one_for(100ms);
        BOOST_REQUIRE_MESSAGE(done(), "what was waited for did not happen");
    }

    void first_refresh() {
        run_until([this] { return polls->current()->status.last_complete.has_value(); });
    }

    ~poller_fixture() {
        boost::asio::co_spawn(context, group.stop(async::deadline::after(10s)), [](const std::exception_ptr&, bool) {});
        context.restart();
        context.run_for(10s);
        BOOST_TEST(group.size() == 0U, "the poller did not end when it was cancelled");
        BOOST_TEST(longhorn.running == 0);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(The_poller_keeps_Longhorn_near, poller_fixture)

BOOST_AUTO_TEST_CASE(the_first_refresh_reads_everything) {
    longhorn.add_volume("pvc-1");
    longhorn.add_backup("pvc-1", "backup-1");
    longhorn.add_backup("gone", "backup-2");
    longhorn.targets.push_back({"default", "s3://b", true, ""});
    start();
    BOOST_TEST(polls->current()->find_volume("pvc-1") == nullptr);
    BOOST_TEST((polls->current()->volumes.asked_at == poll_time{}));
    first_refresh();
    const auto seen = polls->current();
    BOOST_TEST(seen->find_volume("pvc-1") != nullptr);
    BOOST_TEST(seen->backups_of("pvc-1").at(0).name == "backup-1");
    BOOST_TEST(seen->backups_of("gone").at(0).name == "backup-2");
    BOOST_TEST(seen->backups_of("never heard of").empty());
    BOOST_TEST(seen->backup_volumes.value->size() == 2U);
    BOOST_REQUIRE(seen->find_target("") != nullptr);
    BOOST_TEST(seen->find_target("")->available);
    BOOST_TEST(seen->find_target("other") == nullptr);
    BOOST_TEST((seen->status.last_complete == time.at));
    BOOST_TEST(!seen->status.last_error.has_value());
}

BOOST_AUTO_TEST_CASE(backups_come_newest_data_first_and_those_without_a_time_before_them) {
    longhorn.add_backup("v", "old", "2026-01-01T00:00:00Z");
    longhorn.add_backup("v", "running");
    longhorn.add_backup("v", "new", "2026-02-01T00:00:00Z");
    start();
    first_refresh();
    const auto& all = polls->current()->backups_of("v");
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all[0].name == "running");
    BOOST_TEST(all[1].name == "new");
    BOOST_TEST(all[2].name == "old");
}

BOOST_AUTO_TEST_CASE(a_picture_once_taken_never_changes) {
    longhorn.add_volume("a");
    start();
    first_refresh();
    const auto before = polls->current();
    BOOST_TEST(before == polls->current());
    longhorn.add_volume("b");
    const auto following = polls->follow_volumes();
    run_until([this] { return polls->current()->find_volume("b") != nullptr; });
    BOOST_TEST(before->find_volume("b") == nullptr);
}

BOOST_AUTO_TEST_CASE(at_most_eight_backup_volumes_are_listed_at_once) {
    for (int index = 0; index < 100; ++index)
        longhorn.add_backup("v" + std::to_string(index), "b");
    start();
    first_refresh();
    BOOST_TEST(longhorn.most_running == 8);
    BOOST_TEST(longhorn.backup_lists.size() == 100U);
}

BOOST_AUTO_TEST_CASE(nobody_following_nothing_is_asked_between_refreshes) {
    longhorn.add_backup("v", "b");
    start();
    first_refresh();
    context.run_for(20ms);
    BOOST_TEST(longhorn.volume_lists == 1);
    BOOST_TEST(longhorn.backup_lists["v"] == 1);
}

BOOST_AUTO_TEST_CASE(a_thousand_followers_share_one_list) {
    poll_settings settings = quick();
    settings.follow = 1h;
    start(settings);
    first_refresh();
    std::vector<poller::follower> all;
    all.reserve(1000);
    for (int index = 0; index < 1000; ++index)
        all.push_back(polls->follow_volumes());
    run_until([this] { return longhorn.volume_lists > 1; });
    context.run_for(20ms);
    BOOST_TEST(longhorn.volume_lists == 2);
}

BOOST_AUTO_TEST_CASE(the_last_follower_to_go_ends_the_polls) {
    start();
    first_refresh();
    auto one = polls->follow_volumes();
    {
        const auto other = polls->follow_volumes();
        run_until([this] { return longhorn.volume_lists > 2; });
    }
    const int before = longhorn.volume_lists;
    run_until([&] { return longhorn.volume_lists > before + 2; });
    one.release();
    one.release();
    run_until([this] { return longhorn.running == 0; });
    const int after = longhorn.volume_lists;
    context.run_for(20ms);
    BOOST_TEST(longhorn.volume_lists == after);
}

BOOST_AUTO_TEST_CASE(a_follower_may_outlive_the_poller) {
    boost::asio::io_context other;
    poller::follower left;
    {
        poller short_lived(other.get_executor(), longhorn, quick(), time);
        left = short_lived.follow_backups("v");
    }
    left.release();
}

BOOST_AUTO_TEST_CASE(followed_backups_are_read_also_of_a_volume_without_a_backup_volume) {
    start();
    first_refresh();
    BOOST_TEST(longhorn.backup_lists["new"] == 0);
    const auto following = polls->follow_backups("new");
    longhorn.backups["new"].emplace_back().name = "first";
    run_until([this] { return !polls->current()->backups_of("new").empty(); });
    BOOST_TEST(polls->current()->backups_of("new").at(0).name == "first");
}

BOOST_AUTO_TEST_CASE(what_is_wanted_soon_is_read_once_along_with_the_backup_volumes) {
    start();
    first_refresh();
    longhorn.add_backup("v", "b");
    polls->refresh_soon("v");
    run_until([this] { return polls->current()->backups_of("v").size() == 1; });
    run_until([this] { return polls->current()->backup_volumes.value->size() == 1; });
    context.run_for(20ms);
    BOOST_TEST(longhorn.backup_lists["v"] == 1);
}

BOOST_AUTO_TEST_CASE(what_was_wanted_soon_and_failed_is_read_again) {
    start();
    first_refresh();
    longhorn.backups_fail["v"] = failure(errc::unavailable, "down");
    polls->refresh_soon("v");
    run_until([this] { return longhorn.backup_lists["v"] > 2; });
    longhorn.backups_fail.clear();
    longhorn.add_backup("v", "b");
    run_until([this] { return polls->current()->backups_of("v").size() == 1; });
}

BOOST_AUTO_TEST_CASE(what_is_followed_says_while_it_cannot_be_asked_and_why) {
    longhorn.add_volume("a");
    longhorn.add_backup("a", "b");
    start();
    first_refresh();
    const auto volumes = polls->follow_volumes();
    const auto backups = polls->follow_backups("a");
    const auto silent = [this] { return polls->current()->backups.at("a").failing; };
    longhorn.volumes_fail = failure(errc::unavailable, "Longhorn is down");
    run_until([this] { return polls->current()->volumes.failing.has_value(); });
    BOOST_TEST(polls->current()->volumes.failing->message == "Longhorn is down");
    BOOST_TEST(polls->current()->find_volume("a") != nullptr);
    BOOST_TEST(!silent().has_value());
    longhorn.backups_fail.insert_or_assign("a", failure(errc::timed_out, "no answer"));
    run_until([&] { return silent().has_value(); });
    BOOST_TEST(silent()->message == "no answer");
    longhorn.volumes_fail.reset();
    longhorn.backups_fail.clear();
    run_until([&] { return !polls->current()->volumes.failing && !silent(); });
}

BOOST_AUTO_TEST_CASE(a_volume_without_backups_is_an_answer) {
    longhorn.add_backup("v", "b");
    start();
    first_refresh();
    const auto following = polls->follow_backups("v");
    longhorn.backups_fail.insert_or_assign("v", failure(errc::not_found, "no such backup volume"));
    const int before = longhorn.backup_lists["v"];
    run_until([&] { return longhorn.backup_lists["v"] > before + 2; });
    BOOST_TEST(!polls->current()->backups.at("v").failing.has_value());
}

BOOST_AUTO_TEST_CASE(a_failing_refresh_keeps_the_last_answers_and_says_since_when_and_why) {
    longhorn.add_volume("a");
    longhorn.add_backup("v", "b");
    poll_settings settings = quick();
    settings.refresh = 1ms;
    start(settings);
    first_refresh();
    const auto good = time.at;
    time.at += 5min;
    longhorn.volumes_fail = failure(errc::unavailable, "Longhorn is down");
    run_until([this] { return polls->current()->status.last_error.has_value(); });
    time.at += 5min;
    const auto failures = polls->refresh_failures();
    run_until([&] { return polls->refresh_failures() > failures; });
    const auto seen = polls->current();
    BOOST_TEST(seen->find_volume("a") != nullptr);
    BOOST_TEST(seen->backups_of("v").size() == 1U);
    BOOST_TEST((seen->status.last_complete.has_value() && *seen->status.last_complete < good + 5min + 1s));
    BOOST_TEST((seen->status.failing_since == good + 5min));
    BOOST_TEST(seen->status.last_error->message == "Longhorn is down");
    longhorn.volumes_fail.reset();
    run_until([this] { return !polls->current()->status.last_error.has_value(); });
    BOOST_TEST(!polls->current()->status.failing_since.has_value());
    BOOST_TEST((polls->current()->status.last_complete == time.at));
}

// So that what the lists do not show any more can be told from a target that was taken away meanwhile.
BOOST_AUTO_TEST_CASE(a_refresh_asks_for_the_targets_after_the_backups) {
    longhorn.add_backup("v", "b");
    start();
    first_refresh();
    const auto seen = polls->current();
    BOOST_TEST((seen->targets.asked_at >= seen->backups.at("v").asked_at));
    BOOST_TEST((seen->targets.asked_at > seen->backup_volumes.asked_at));
}

BOOST_AUTO_TEST_CASE(a_Longhorn_that_is_away_is_not_asked_for_the_rest) {
    longhorn.volumes_fail = failure(errc::unavailable, "down");
    poll_settings settings = quick();
    settings.first_retry = 1h;
    start(settings);
    run_until([this] { return polls->refresh_failures() == 1; });
    BOOST_TEST(longhorn.target_lists == 0);
    BOOST_TEST(longhorn.backup_volume_lists == 0);
}

BOOST_AUTO_TEST_CASE(one_volume_that_cannot_be_read_does_not_hide_the_others) {
    longhorn.add_backup("bad", "b");
    longhorn.add_backup("good", "b");
    longhorn.backups_fail["bad"] = failure(errc::bad_answer, "it lies");
    start();
    run_until([this] { return polls->refresh_failures() > 0; });
    BOOST_TEST(polls->current()->backups_of("good").size() == 1U);
    BOOST_TEST(!polls->current()->status.last_complete.has_value());
    longhorn.backups_fail.clear();
    first_refresh();
    BOOST_TEST(polls->current()->backups_of("bad").size() == 1U);
}

BOOST_AUTO_TEST_CASE(backups_of_a_volume_whose_backup_volume_is_gone_are_forgotten) {
    longhorn.add_backup("v", "b");
    poll_settings settings = quick();
    settings.refresh = 1ms;
    start(settings);
    first_refresh();
    longhorn.backups.clear();
    longhorn.backup_volumes.clear();
    run_until([this] { return polls->current()->backups.empty(); });
}

BOOST_AUTO_TEST_CASE(changed_is_told_for_news_only_and_refreshed_for_every_answer) {
    start();
    first_refresh();
    int news = 0;
    int answers = 0;
    const auto count = [](async::signal& of, int& counted) -> boost::asio::awaitable<void> {
        while (true) {
            auto wait = of.wait(async::deadline::never());
            if (!co_await std::move(wait))
                co_return;
            ++counted;
        }
    };
    group.spawn("news", [&] { return count(polls->changed(), news); });
    group.spawn("answers", [&] { return count(polls->refreshed(), answers); });
    const auto following = polls->follow_volumes();
    run_until([&] { return answers >= 5; });
    BOOST_TEST(news == 0);
    longhorn.add_volume("a");
    run_until([&] { return news == 1; });
}

BOOST_AUTO_TEST_SUITE_END()
