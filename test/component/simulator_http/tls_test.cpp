#include "fixture.hpp"
#include "test/support/certificates.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace simulator {

namespace {

using asio::ip::tcp;

struct tls_fixture : server_fixture {
    soteria::test::temporary_folder folder;
    soteria::test::certificate_authority authority{folder, "authority"};

    std::string serve_with(const std::string& name, bool ask_for_client) {
        authority.issue(name, "IP:127.0.0.1");
        tls_files files;
        files.certificate_file = folder.file(name + ".crt");
        files.key_file = folder.file(name + ".key");
        files.client_ca_file = ask_for_client ? authority.certificate_file() : "";
        return serve(
            [](request asked) -> asio::awaitable<response> {
                response answer;
                answer.body = "secret " + asked.path;
                co_return answer;
            },
            files);
    }

    // The status line that a client with this certificate gets, or the error.
    asio::awaitable<std::string> ask(std::string client) {
        asio::ssl::context tls(asio::ssl::context::tls_client);
        tls.load_verify_file(authority.certificate_file());
        tls.set_verify_mode(asio::ssl::verify_peer);
        if (!client.empty()) {
            tls.use_certificate_chain_file(folder.file(client + ".crt"));
            tls.use_private_key_file(folder.file(client + ".key"), asio::ssl::context::pem);
        }
        asio::ssl::stream<tcp::socket> stream(context, tls);
        const tcp::endpoint where(asio::ip::address_v4::loopback(), servers.back()->port());
        std::string line(12, '\0');
        try {
            co_await stream.next_layer().async_connect(where, asio::use_awaitable);
            co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
            const std::string asked = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
            co_await asio::async_write(stream, asio::buffer(asked), asio::use_awaitable);
            co_await asio::async_read(stream, asio::buffer(line), asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            line = "refused";
        }
        co_return line;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_FIXTURE_TEST_CASE(a_server_with_a_certificate_speaks_tls, tls_fixture) {
    const auto url = serve_with("server", false);
    BOOST_TEST(exchange(url, make_request("GET", "/x")).answer.body == "secret /x");
    BOOST_TEST(soteria::test::run(context, ask("")) == "HTTP/1.1 200");
}

BOOST_FIXTURE_TEST_CASE(a_client_certificate_can_be_required, tls_fixture) {
    serve_with("server", true);
    authority.issue("client", "");
    const soteria::test::certificate_authority stranger(folder, "stranger");
    stranger.issue("intruder", "");
    BOOST_TEST(soteria::test::run(context, ask("client")) == "HTTP/1.1 200");
    BOOST_TEST(soteria::test::run(context, ask("")) == "refused");
    BOOST_TEST(soteria::test::run(context, ask("intruder")) == "refused");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
