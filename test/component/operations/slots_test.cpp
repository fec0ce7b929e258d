#include "test/support/cluster.hpp"

#include <soteria/operations/slots.hpp>

using namespace soteria;
using namespace soteria::operations;
using domain::operation_kind;

namespace {

const domain::pvc_ref llm_cache{"ai", "llm-cache"};

struct slots_of_a_cluster : test::cluster {
    holder_state state = holder_state::active; // of whoever the slots are asked about
    slots places{*client, "ai", system_clock(),
                 [this](std::string) -> boost::asio::awaitable<result<holder_state>> { co_return state; }};

    result<slot> take(const std::string& holder, const std::string& request) {
        return test::run(context, places.take(operation_kind::backup, llm_cache, holder, request, options().until));
    }

    std::size_t leases() { return kubernetes.list("leases.coordination.k8s.io").size(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_slot_of_a_pvc, slots_of_a_cluster)

BOOST_AUTO_TEST_CASE(goes_to_one_of_two_requests_that_were_given_the_same_id_in_the_same_second) {
    BOOST_TEST_REQUIRE(take("backup.ai.one", "first").has_value());
    const auto second = take("backup.ai.one", "second");
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().reason == "operation_running");
}

BOOST_AUTO_TEST_CASE(stays_with_a_request_that_asks_again_because_its_answer_was_lost) {
    const auto first = take("backup.ai.one", "first");
    const auto again = take("backup.ai.one", "first");
    BOOST_TEST_REQUIRE((first && again));
    BOOST_TEST(first->uid == again->uid);
    BOOST_TEST(again->by_request);
}

BOOST_AUTO_TEST_CASE(is_recognised_by_the_operation_whose_request_took_it) {
    const auto requested = take("backup.ai.one", "first");
    const auto carried_out = take("backup.ai.one", "");
    BOOST_TEST_REQUIRE((requested && carried_out));
    BOOST_TEST(requested->uid == carried_out->uid);
    BOOST_TEST(carried_out->by_request);
}

BOOST_AUTO_TEST_CASE(was_taken_by_no_request_if_the_operation_took_it_itself) {
    const auto taken = take("backup.ai.one", "");
    BOOST_TEST_REQUIRE(taken.has_value());
    BOOST_TEST(!taken->by_request);
}

BOOST_AUTO_TEST_CASE(is_taken_over_once_its_operation_has_ended) {
    const auto first = take("backup.ai.one", "first");
    state = holder_state::finished;
    const auto second = take("backup.ai.two", "second");
    BOOST_TEST_REQUIRE((first && second));
    BOOST_TEST(second->holder == "backup.ai.two");
    BOOST_TEST(second->uid != first->uid);
}

BOOST_AUTO_TEST_SUITE_END()
