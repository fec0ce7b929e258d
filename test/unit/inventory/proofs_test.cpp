// What restores prove, from their records.
#include "world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::test;

namespace {

struct book {
    boost::asio::io_context loop;
    kube::store<records::record> restores{loop.get_executor()};
    inventory::proof_book proofs{loop.get_executor(), restores};
    int version = 0;

    void record(const std::string& name, std::chrono::minutes ago, domain::operation_phase phase,
                const std::string& verified = "true") {
        records::record made;
        made.meta.ns = "ai";
        made.meta.name = name;
        made.meta.uid = "uid-" + name;
        made.meta.resource_version = std::to_string(++version);
        made.operation.kind = domain::operation_kind::restore_test;
        made.operation.request.source = {"ai", "data"};
        made.operation.request.driver = "restic";
        made.operation.phase = phase;
        made.operation.finished_at = noon - ago;
        made.operation.facts = {{"verified", verified}, {"seconds", "12.5"}};
        restores.apply(std::move(made));
    }

    [[nodiscard]] const inventory::proof* of_data() const {
        const auto found = proofs.newest().find({"ai", "data"});
        return found == proofs.newest().end() ? nullptr : &found->second;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_verified_restore_is_a_proof, book)

BOOST_AUTO_TEST_CASE(the_newest_one_counts) {
    record("second", 1h, domain::operation_phase::succeeded);
    record("first", 5h, domain::operation_phase::succeeded);
    BOOST_REQUIRE(of_data() != nullptr);
    BOOST_TEST((of_data()->at == noon - 1h));
    BOOST_TEST(of_data()->seconds == 12.5);
    BOOST_TEST(of_data()->driver == "restic");
}

BOOST_AUTO_TEST_CASE(one_that_failed_or_was_not_compared_proves_nothing) {
    record("failed", 1h, domain::operation_phase::failed);
    record("running", 1h, domain::operation_phase::running);
    record("quick", 1h, domain::operation_phase::succeeded, "false");
    BOOST_TEST(of_data() == nullptr);
}

BOOST_AUTO_TEST_CASE(with_its_record_the_proof_goes_and_the_one_before_counts) {
    record("first", 5h, domain::operation_phase::succeeded);
    record("second", 1h, domain::operation_phase::succeeded);
    restores.erase({"ai", "second"});
    BOOST_REQUIRE(of_data() != nullptr);
    BOOST_TEST((of_data()->at == noon - 5h));
    restores.erase({"ai", "first"});
    BOOST_TEST(of_data() == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
