#include <soteria/operations/key_policy.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::operations;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");
constexpr auto patience = 60s;

records::request_key key(bool answered = false) {
    records::request_key made;
    made.meta.name = "key-1";
    made.digest = "body-1";
    made.operation = "backup.ai.nightly";
    made.claimed_at = noon;
    if (answered)
        made.answer = records::key_answer{"uid-1", {}};
    return made;
}

key_step step(const records::request_key& found, key_record record, std::chrono::seconds later = 0s,
              const char* digest = "body-1") {
    return next_key_step(found, digest, record, noon + later, patience);
}

} // namespace

BOOST_AUTO_TEST_SUITE(an_idempotency_key_on_record)

BOOST_AUTO_TEST_CASE(stands_for_one_body_only_whatever_became_of_it) {
    for (const bool answered : {false, true})
        for (const auto record : {key_record::unknown, key_record::none, key_record::ours, key_record::foreign})
            BOOST_TEST((step(key(answered), record, 3600s, "body-2") == key_step::other_body));
}

BOOST_AUTO_TEST_CASE(tells_the_first_answer_again_without_a_look_at_its_record) {
    BOOST_TEST((step(key(true), key_record::unknown) == key_step::replay));
    BOOST_TEST((step(key(true), key_record::none, 24h * 30) == key_step::replay));
}

BOOST_AUTO_TEST_CASE(that_is_not_answered_is_decided_by_its_record) {
    BOOST_TEST((step(key(), key_record::unknown) == key_step::look));
    BOOST_TEST((step(key(), key_record::unknown, 3600s) == key_step::look));
}

BOOST_AUTO_TEST_CASE(is_answered_from_its_record_as_soon_as_that_is_there) {
    BOOST_TEST((step(key(), key_record::ours) == key_step::replay_record));
    BOOST_TEST((step(key(), key_record::ours, 3600s) == key_step::replay_record));
}

BOOST_AUTO_TEST_CASE(is_left_to_the_request_that_is_at_it) {
    BOOST_TEST((step(key(), key_record::none, 59s) == key_step::wait));
    BOOST_TEST((step(key(), key_record::foreign, 59s) == key_step::wait));
}

BOOST_AUTO_TEST_CASE(is_carried_on_once_that_request_must_be_gone) {
    BOOST_TEST((step(key(), key_record::none, 60s) == key_step::carry_on));
}

BOOST_AUTO_TEST_CASE(begins_anew_where_somebody_elses_operation_has_its_name) {
    BOOST_TEST((step(key(), key_record::foreign, 60s) == key_step::begin_anew));
}

BOOST_AUTO_TEST_CASE(is_young_by_the_younger_of_two_clocks) {
    auto of_a_slow_clock = key();
    of_a_slow_clock.claimed_at = noon - 600s;
    of_a_slow_clock.meta.created_at = noon;
    BOOST_TEST((step(of_a_slow_clock, key_record::none, 30s) == key_step::wait));
    auto taken_over = key();
    taken_over.meta.created_at = noon - 600s;
    BOOST_TEST((step(taken_over, key_record::none, 30s) == key_step::wait));
}

BOOST_AUTO_TEST_CASE(says_when_to_come_back_soon_at_first_then_less_often) {
    BOOST_TEST((key_in_use(0s).retry_after == 1s));
    BOOST_TEST((key_in_use(4s).retry_after == 1s));
    BOOST_TEST((key_in_use(5s).retry_after == 5s));
    BOOST_TEST((key_in_use(5s).code == errc::conflict && key_in_use().reason == "idempotency_key_in_use"));
    BOOST_TEST((key_reused().code == errc::unprocessable && key_reused().reason == "idempotency_key_reused"));
}

BOOST_AUTO_TEST_CASE(is_kept_for_a_day_and_as_long_as_its_record) {
    BOOST_TEST(!key_expired(key(true), false, noon + 24h));
    BOOST_TEST(key_expired(key(true), false, noon + 25h));
    BOOST_TEST(!key_expired(key(true), true, noon + 24h * 30));
    BOOST_TEST(!key_expired(key(false), false, noon + 24h * 30)); // see settle_open()
}

BOOST_AUTO_TEST_SUITE_END()
