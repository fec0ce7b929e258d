#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/operations/history.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace std::chrono_literals;
using domain::operation_kind;
using domain::operation_phase;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

struct history {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes{http, access};
    operations::record_store::cache backups{context.get_executor()};
    operations::record_store::cache restores{context.get_executor()};
    operations::record_store records{kubernetes, backups, restores};

    records::record& add(operation_kind kind, const std::string& name, std::chrono::hours ended_ago,
                         operation_phase phase = operation_phase::succeeded, bool with_finalizer = false) {
        records::record made;
        made.meta.ns = "ai";
        made.meta.name = name;
        made.meta.uid = "uid-" + name;
        made.meta.resource_version = "1";
        made.operation.kind = kind;
        made.operation.phase = phase;
        made.operation.protected_by_finalizer = with_finalizer;
        made.operation.created_at = noon - ended_ago - 1h;
        if (phase != operation_phase::running)
            made.operation.finished_at = noon - ended_ago;
        records.cache_of(kind).apply(made);
        last = made;
        return last;
    }

    std::vector<std::string> expired(operations::history_limits limits) const {
        std::vector<std::string> names;
        for (const auto& record : operations::expired(records, limits, noon))
            names.push_back(record->meta.name);
        return names;
    }

    result<void> forget() {
        auto body =
            operations::forget(kubernetes, operations::expired(records, {1h, 100}, noon), async::deadline::after(5s));
        auto done = boost::asio::co_spawn(context, std::move(body), boost::asio::use_future);
        context.run();
        return done.get();
    }

    records::record last;
};

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(finished_operations_are_forgotten)

BOOST_AUTO_TEST_CASE(when_they_ended_too_long_ago_the_oldest_first) {
    history h;
    h.add(operation_kind::backup, "young", 2h);
    h.add(operation_kind::backup, "old", 30h);
    h.add(operation_kind::restore, "older", 50h);
    BOOST_TEST(h.expired({24h, 100}) == names({"older", "old"}), boost::test_tools::per_element());
    BOOST_TEST(h.expired({30h, 100}) == names({"older"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(when_there_are_too_many_of_both_kinds_together) {
    history h;
    h.add(operation_kind::backup, "first", 4h);
    h.add(operation_kind::restore, "second", 3h);
    h.add(operation_kind::backup, "third", 2h);
    BOOST_TEST(h.expired({24h, 2}) == names({"first"}), boost::test_tools::per_element());
    BOOST_TEST(h.expired({24h, 3}).empty());
}

BOOST_AUTO_TEST_CASE(but_not_while_they_run_or_are_being_let_go_of) {
    history h;
    h.add(operation_kind::restore, "running", 2000h, operation_phase::running);
    h.add(operation_kind::restore, "tidying", 2000h, operation_phase::failed, true);
    BOOST_TEST(h.expired({24h, 0}).empty());
}

BOOST_AUTO_TEST_CASE(each_by_its_uid_and_what_is_gone_already_is_no_failure) {
    history h;
    h.add(operation_kind::backup, "one", 3h);
    h.add(operation_kind::restore, "two", 2h);
    h.http.on("DELETE", "*/namespaces/ai/backups/one*").answer(404, "{}");
    h.http.on("DELETE", "*/namespaces/ai/restores/two*").answer(200, "{}");
    BOOST_TEST(h.forget().has_value());
    BOOST_REQUIRE(h.http.requests().size() == 2U);
    BOOST_TEST(h.http.requests()[1].body.find("uid-two") != std::string::npos, h.http.requests()[1].body);
    BOOST_TEST(h.http.unscripted() == 0U);
}

BOOST_AUTO_TEST_CASE(and_a_failure_leaves_the_rest_for_the_next_time) {
    history h;
    h.add(operation_kind::backup, "one", 3h);
    h.add(operation_kind::backup, "two", 2h);
    h.http.on("DELETE", "*").answer(403, R"({"kind":"Status","reason":"Forbidden","message":"no","code":403})");
    const auto outcome = h.forget();
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST(outcome.error().upstream_status == 403, outcome.error().message);
    BOOST_TEST(h.http.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
