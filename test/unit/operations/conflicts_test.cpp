#include <soteria/operations/conflicts.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::operations;

BOOST_AUTO_TEST_SUITE(a_running_operation)

BOOST_AUTO_TEST_CASE(is_named_by_the_refusal_in_its_sentence_and_apart) {
    const auto refusal = operation_running("backup.ai.nightly-1.x", "on ai/llm-cache");
    BOOST_TEST((refusal.code == errc::conflict));
    BOOST_TEST(refusal.message ==
               "the operation backup.ai.nightly-1.x is at work on ai/llm-cache already; wait for it or cancel it");
    BOOST_TEST(running_operation(refusal) == "backup.ai.nightly-1.x");
    BOOST_TEST(running_operation(refusal.in("it was not started")) == "backup.ai.nightly-1.x");
}

BOOST_AUTO_TEST_CASE(is_named_by_no_other_refusal) {
    BOOST_TEST(running_operation({errc::conflict, "the operation backup.ai.x is finished", "already_finished"}) == "");
    BOOST_TEST(running_operation({errc::conflict, "", "operation_running"}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
