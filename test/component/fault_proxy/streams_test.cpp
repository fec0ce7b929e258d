#include "fixture.hpp"
#include "test/support/certificates.hpp"

namespace simulator {

namespace {

// A stream's bytes up to `size`, or all of them; "(broken)" is appended if it was cut.
asio::awaitable<std::string> read(fault::channel& connection, std::size_t size) {
    std::string all;
    try {
        std::string bytes = co_await connection.next();
        while (!bytes.empty()) {
            all += bytes;
            bytes = all.size() < size ? co_await connection.next() : std::string();
        }
    } catch (const boost::system::system_error&) {
        all += "(broken)";
    }
    co_return all;
}

struct stream_fixture : proxy_fixture {
    std::unique_ptr<fault::channel> watch() {
        fault::upstream here(context.get_executor(), url);
        auto connection = soteria::test::run(context, here.open(true));
        const auto asked = make("GET", "/?watch=true");
        BOOST_TEST(soteria::test::run(context, connection->begin(asked)).status == 200);
        return connection;
    }
};

const std::string both = "first line\nsecond line\n";

} // namespace

BOOST_AUTO_TEST_SUITE(streams_through_the_fault_proxy)

BOOST_FIXTURE_TEST_CASE(arrive_piece_by_piece_while_they_go_on, stream_fixture) {
    const auto connection = watch();
    BOOST_TEST(soteria::test::run(context, read(*connection, both.size())) == both);
    BOOST_TEST(outcome_of_last() == "streaming");
}

BOOST_FIXTURE_TEST_CASE(are_cut_where_the_rule_says, stream_fixture) {
    proxy->add_rules(R"({"action":"cut_stream","after_bytes":15})");
    const auto connection = watch();
    BOOST_TEST(soteria::test::run(context, read(*connection, 100)) == "first line\nseco(broken)");
}

BOOST_FIXTURE_TEST_CASE(are_cut_in_the_middle_of_the_first_piece_without_a_number, stream_fixture) {
    proxy->add_rules(R"({"action":"cut_stream"})");
    const auto connection = watch();
    const auto seen = soteria::test::run(context, read(*connection, 100));
    BOOST_TEST(seen.ends_with("(broken)"));
    BOOST_TEST(!seen.ends_with("\n(broken)"));
}

BOOST_FIXTURE_TEST_CASE(are_cut_in_the_middle_of_the_first_piece_by_half_an_answer, stream_fixture) {
    proxy->add_rules(R"({"action":"half_answer"})");
    const auto connection = watch();
    BOOST_TEST(soteria::test::run(context, read(*connection, 100)).ends_with("(broken)"));
}

BOOST_FIXTURE_TEST_CASE(are_cut_at_once_by_the_control, stream_fixture) {
    const auto connection = watch();
    soteria::test::run(context, read(*connection, both.size()));
    control("POST", "cut");
    BOOST_TEST(soteria::test::run(context, read(*connection, 1000)) == R"({"type":"MODIFIED","object":{"ki(broken))");
}

BOOST_AUTO_TEST_CASE(and_requests_reach_a_server_that_speaks_tls) {
    const soteria::test::temporary_folder folder;
    const soteria::test::certificate_authority authority(folder, "authority");
    authority.issue("server", "IP:127.0.0.1");
    tls_files files;
    files.certificate_file = folder.file("server.crt");
    files.key_file = folder.file("server.key");
    proxy_fixture setting(files);
    BOOST_TEST(setting.ask("POST", "/x", "hello").answer.body == "echo of hello");
    BOOST_TEST(setting.ask("GET", "/x").answer.status == 200);
    BOOST_TEST(setting.ask("GET", "/x").answer.status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
