#include <soteria/kube/lease_plan.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

lease held_by(std::string holder, std::string renew_time, std::chrono::seconds duration = 15s) {
    lease made;
    made.meta.uid = "u1";
    made.holder = std::move(holder);
    made.renew_time = std::move(renew_time);
    made.duration = duration;
    return made;
}

std::string word(lease_step step) {
    switch (step) {
    case lease_step::create:
        return "create";
    case lease_step::take:
        return "take";
    case lease_step::renew:
        return "renew";
    case lease_step::watch:
        return "watch";
    }
    return "?";
}

struct candidate {
    lease_tenure tenure;
    boot_time_point now{1h};

    candidate() { tenure.identity = "me"; }

    std::string step() { return word(next_step(tenure, now)); }

    bool held() { return now < tenure.valid_until; }

    void sees(std::optional<lease> found) { saw(tenure, std::move(found), now); }

    void acquires() {
        wrote(tenure, held_by("me", "t1"), now);
        BOOST_TEST(held());
    }
};

const failure lost_answer(errc::outcome_unknown, "the answer was lost");

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_lease, candidate)

BOOST_AUTO_TEST_CASE(is_somebody_elses_for_as_long_as_they_promised_or_we_go_by) {
    sees(held_by("other", "t1", 20s));
    BOOST_TEST(until_free(tenure, now).count() == 20000);
    BOOST_TEST(until_free(tenure, now + 19999500us).count() == 1);
    BOOST_TEST(until_free(tenure, now + 1min).count() == 0);
    sees(held_by("other", "t2", 1s));
    BOOST_TEST(until_free(tenure, now).count() == 15000);
}

BOOST_AUTO_TEST_CASE(is_created_if_there_is_none) {
    sees(std::nullopt);
    BOOST_TEST(step() == "create");
}

BOOST_AUTO_TEST_CASE(is_taken_at_once_if_nobody_holds_it) {
    sees(held_by("", "t0"));
    BOOST_TEST(step() == "take");
}

BOOST_AUTO_TEST_CASE(is_left_alone_until_its_holder_was_silent_for_a_whole_duration_since_we_saw_it) {
    sees(held_by("other", "1970-01-01T00:00:00.000000Z")); // however old it says it is
    BOOST_TEST(step() == "watch");
    now += 14s;
    sees(held_by("other", "1970-01-01T00:00:00.000000Z"));
    BOOST_TEST(step() == "watch");
    now += 1s;
    sees(held_by("other", "1970-01-01T00:00:00.000000Z"));
    BOOST_TEST(step() == "take");
}

BOOST_AUTO_TEST_CASE(is_left_alone_as_long_as_it_is_renewed) {
    for (int renewal = 0; renewal < 10; ++renewal) {
        sees(held_by("other", std::to_string(renewal)));
        BOOST_TEST(step() == "watch");
        now += 14s;
    }
}

BOOST_AUTO_TEST_CASE(is_left_alone_for_as_long_as_its_holder_promised_if_that_is_longer) {
    sees(held_by("other", "t0", 60s));
    now += 59s;
    BOOST_TEST(step() == "watch");
    now += 1s;
    BOOST_TEST(step() == "take");
}

BOOST_AUTO_TEST_CASE(is_ours_for_one_duration_from_sending_the_write) {
    wrote(tenure, held_by("me", "t1"), now - 3s); // the answer took 3 s
    BOOST_TEST(step() == "renew");
    now += 12s - 1ns;
    BOOST_TEST(held());
    now += 1ns;
    BOOST_TEST(!held());
}

BOOST_AUTO_TEST_CASE(is_lost_at_once_when_somebody_else_is_seen_to_hold_it) {
    acquires();
    sees(held_by("other", "t2"));
    BOOST_TEST(!held());
    BOOST_TEST(step() == "watch");
}

BOOST_AUTO_TEST_CASE(is_lost_at_once_when_it_was_deleted_and_not_made_anew_before_others_could_know) {
    acquires();
    now += 5s;
    sees(std::nullopt);
    BOOST_TEST(!held());
    BOOST_TEST(step() == "watch");
    now += 10s;
    sees(std::nullopt);
    BOOST_TEST(step() == "watch");
    now += 5s;
    sees(std::nullopt);
    BOOST_TEST(step() == "create");
}

BOOST_AUTO_TEST_CASE(is_renewed_after_a_write_of_others_to_its_annotations) {
    acquires();
    now += 5s;
    sees(held_by("me", "t1"));
    BOOST_TEST(held());
    BOOST_TEST(step() == "renew");
    now += 10s;
    BOOST_TEST(!held());
}

BOOST_AUTO_TEST_CASE(is_ours_since_a_write_whose_answer_was_lost_if_that_write_shows_up) {
    acquires();
    const auto sent_at = now += 5s;
    write_failed(tenure, lost_answer, "t2", sent_at);
    BOOST_TEST((tenure.valid_until == sent_at + 10s));
    now += 3s;
    sees(held_by("me", "t2"));
    BOOST_TEST((tenure.valid_until == sent_at + 15s));
}

BOOST_AUTO_TEST_CASE(is_not_extended_by_a_lost_write_that_does_not_show_up) {
    acquires();
    const auto end = tenure.valid_until;
    now += 5s;
    write_failed(tenure, lost_answer, "t2", now);
    sees(held_by("me", "t1"));
    BOOST_TEST((tenure.valid_until == end));
    BOOST_TEST(step() == "renew");
}

BOOST_AUTO_TEST_CASE(of_a_predecessor_with_our_name_must_run_out_first) {
    sees(held_by("me", "t0"));
    BOOST_TEST(!held());
    BOOST_TEST(step() == "watch");
    now += 15s;
    BOOST_TEST(step() == "take");
}

BOOST_AUTO_TEST_CASE(of_our_own_that_ran_out_is_taken_again_if_nobody_else_did) {
    acquires();
    now += 15s;
    BOOST_TEST(!held());
    sees(held_by("me", "t1"));
    BOOST_TEST(step() == "take");
}

BOOST_AUTO_TEST_CASE(can_never_be_held_by_two_whatever_the_network_does) {
    // The other one's write is sent at s, lands at s + delay, and is seen by us after another delay.
    for (const auto landing : {0s, 1s, 10s})
        for (const auto reading : {0s, 1s, 10s}) {
            lease_tenure other;
            other.identity = "other";
            wrote(other, held_by("other", "t1"), now);
            lease_tenure us;
            us.identity = "me";
            auto seen_at = now + landing + reading;
            saw(us, held_by("other", "t1"), seen_at);
            while (next_step(us, seen_at) != lease_step::take)
                seen_at += 100ms;
            BOOST_TEST((seen_at >= other.valid_until));
        }
}

BOOST_AUTO_TEST_SUITE_END()
