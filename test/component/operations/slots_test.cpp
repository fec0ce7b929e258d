#include "test/support/cluster.hpp"

#include <soteria/domain/names.hpp>
#include <soteria/operations/conflicts.hpp>
#include <soteria/operations/slots.hpp>

using namespace soteria;
using namespace soteria::operations;
using domain::operation_kind;

namespace {

const domain::pvc_ref llm_cache{"ai", "llm-cache"};

struct slots_of_a_cluster : test::cluster {
    holder_state state = holder_state::active; // of whoever the slots are asked about
    // What others do meanwhile.
    std::function<void()> before_taking;
    std::function<void()> before_looking;
    std::function<void()> before_removing;
    std::string slot_name = domain::slot_name("backup", llm_cache);
    slots places{*client, "ai", system_clock(),
                 [this](std::string) -> boost::asio::awaitable<result<holder_state>> { co_return state; }};

    slots_of_a_cluster() {
        stop_server();
        server = std::make_unique<simulator::http_server>(
            context, "127.0.0.1", port,
            [this,
             answer = kubernetes.handle()](simulator::request asked) -> boost::asio::awaitable<simulator::response> {
                const auto& meanwhile = asked.method == "POST"     ? before_taking
                                        : asked.method == "DELETE" ? before_removing
                                                                   : before_looking;
                const auto step = meanwhile; // it may take itself away
                if (step)
                    step();
                auto answering = answer(std::move(asked));
                co_return co_await std::move(answering);
            });
        server->start();
    }

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

BOOST_AUTO_TEST_CASE(is_taken_where_it_is_given_back_between_the_refusal_and_the_look_at_who_has_it) {
    BOOST_TEST_REQUIRE(take("backup.ai.one", "first").has_value());
    before_looking = [this] {
        BOOST_TEST(kubernetes.remove("leases.coordination.k8s.io", "ai", slot_name));
        before_looking = nullptr;
    };
    const auto second = take("backup.ai.two", "second");
    BOOST_TEST_REQUIRE(second.has_value());
    BOOST_TEST(second->holder == "backup.ai.two");
}

BOOST_AUTO_TEST_CASE(goes_to_somebody_quicker_who_is_then_named) {
    BOOST_TEST_REQUIRE(take("backup.ai.one", "first").has_value());
    before_looking = [this] {
        before_looking = nullptr;
        state = holder_state::finished; // of the one before, whom the lookup is asked about first
    };
    before_removing = [this] {
        before_removing = nullptr;
        state = holder_state::active;
        auto lease = kubernetes.list("leases.coordination.k8s.io").at(0);
        lease["spec"].as_object()["holderIdentity"] = "backup.ai.quicker";
        lease["metadata"].as_object().erase("uid");
        BOOST_TEST(kubernetes.remove("leases.coordination.k8s.io", "ai", slot_name));
        kubernetes.apply(std::move(lease));
    };
    const auto second = take("backup.ai.two", "second");
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().reason == "operation_running");
    BOOST_TEST(running_operation(second.error()) == "backup.ai.quicker");
}

BOOST_AUTO_TEST_CASE(that_is_given_back_all_the_time_is_not_waited_for_without_end) {
    before_looking = [this] { kubernetes.remove("leases.coordination.k8s.io", "ai", slot_name); };
    before_taking = [this] {
        boost::json::object lease{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}};
        lease["metadata"] = boost::json::object{{"namespace", "ai"}, {"name", slot_name}};
        lease["spec"] = boost::json::object{{"holderIdentity", "backup.ai.another"}};
        kubernetes.apply(std::move(lease));
    };
    const auto taken = take("backup.ai.one", "first");
    BOOST_TEST_REQUIRE(!taken.has_value());
    BOOST_TEST((taken.error().code == errc::retry));
}

BOOST_AUTO_TEST_SUITE_END()
