#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/operations/record_store.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

struct one_record {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes{http, access};
    operations::record_store::cache backups{context.get_executor()};
    operations::record_store::cache restores{context.get_executor()};
    operations::record_store records{kubernetes, backups, restores};
    domain::operation_key key{domain::operation_kind::backup, "ai", "one"};

    one_record() {
        records::record made;
        made.meta.ns = "ai";
        made.meta.name = "one";
        made.meta.uid = "uid";
        made.meta.resource_version = "1";
        made.operation.kind = domain::operation_kind::backup;
        made.operation.ns = "ai";
        made.operation.name = "one";
        backups.apply(made);
    }

    // To each call from here on.
    void answer(int status, std::string body) { http.on("PATCH", "*").answer(status, std::move(body)).always(); }

    failure write() {
        auto body = records.write_status(records.cached(key)->operation, async::deadline::after(100ms));
        auto done = boost::asio::co_spawn(context, std::move(body), boost::asio::use_future);
        context.run();
        return done.get().error();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(a_record_that_cannot_be_written)

BOOST_FIXTURE_TEST_CASE(is_gone_where_the_api_server_says_so_of_it, one_record) {
    answer(404, R"({"reason":"NotFound","details":{"name":"one","kind":"backups"}})");
    BOOST_TEST(write().reason == "operation_not_found");
    BOOST_TEST(!records.cached(key));
}

BOOST_FIXTURE_TEST_CASE(is_not_gone_where_the_api_server_does_not_serve_its_kind, one_record) {
    answer(404, "404 page not found\n");
    BOOST_TEST(write().reason == "unknown_kind");
    BOOST_TEST(records.cached(key));
}

BOOST_FIXTURE_TEST_CASE(is_not_gone_where_something_else_has_expired, one_record) {
    answer(410, R"({"reason":"Expired","message":"too old"})");
    BOOST_TEST(write().reason == "expired");
    BOOST_TEST(records.cached(key));
}

BOOST_AUTO_TEST_SUITE_END()
