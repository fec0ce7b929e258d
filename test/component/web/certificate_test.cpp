#include "running_server.hpp"
#include "test/support/certificates.hpp"

#include <soteria/web/certificate.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/test/unit_test.hpp>
#include <openssl/ssl.h>

namespace soteria::web::test {
namespace {

using namespace std::chrono_literals;
namespace ssl = boost::asio::ssl;

// Two pairs, and a pair of files in use.
struct pairs {
    pairs() {
        authority.issue("first", "DNS:localhost,IP:127.0.0.1");
        authority.issue("second", "DNS:localhost,IP:127.0.0.1");
        use("first", "first");
    }

    // Under other inodes each time, as those who swap files do it.
    void use(const std::string& certificate_of, const std::string& key_of) const {
        put(file_text(folder.file(certificate_of + ".crt")), certificate_file);
        put(file_text(folder.file(key_of + ".key")), key_file);
    }

    void put(const std::string& text, const std::string& file) const {
        std::ofstream(file + ".new") << text;
        std::filesystem::rename(file + ".new", file);
    }

    soteria::test::temporary_folder folder;
    soteria::test::certificate_authority authority{folder, "authority"};
    const std::string certificate_file = folder.file("tls.crt");
    const std::string key_file = folder.file("tls.key");
    std::chrono::steady_clock::time_point now{1h};

    static std::string file_text(const std::string& path) { return soteria::test::file_text(path); }

    std::string refusal() const {
        const auto loaded = load_certificate(certificate_file, key_file);
        return loaded ? "loaded" : loaded.error().message;
    }
};

std::string serial(const std::shared_ptr<ssl::context>& context) {
    const auto* shown = SSL_CTX_get0_certificate(context->native_handle());
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(shown), nullptr),
                                                             BN_free);
    const std::unique_ptr<char, void (*)(char*)> text(BN_bn2hex(number.get()), [](char* each) { OPENSSL_free(each); });
    return text.get();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_certificate_and_its_key, pairs)

BOOST_AUTO_TEST_CASE(are_refused_with_a_sentence_where_they_cannot_be_used) {
    BOOST_TEST(refusal() == "loaded");
    use("first", "second");
    BOOST_TEST(refusal() == "the TLS key in " + key_file +
                                " cannot be used: key values mismatch; it must belong to the "
                                "certificate in " +
                                certificate_file);
    put("no certificate", certificate_file);
    BOOST_TEST(refusal().starts_with("the TLS certificate in " + certificate_file + " cannot be used: "));
    use("first", "first");
    put("no key", key_file);
    BOOST_TEST(refusal().starts_with("the TLS key in " + key_file + " cannot be used: "));
    std::filesystem::remove(key_file);
    BOOST_TEST(refusal() == "the TLS key in " + key_file + " cannot be used: No such file or directory");
    BOOST_CHECK_THROW(certificate(certificate_file, key_file), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(are_read_anew_when_they_change_and_kept_while_they_are_broken) {
    log::configure("error", "text");
    certificate shown(certificate_file, key_file, [this] { return now; });
    const auto first = shown.current();
    use("second", "second");
    BOOST_TEST(shown.current() == first); // not looked at again yet
    now += 2s;
    const auto second = shown.current();
    BOOST_TEST(serial(second) != serial(first));
    put(file_text(folder.file("first.crt")), certificate_file);
    now += 2s;
    BOOST_TEST(shown.current() == second);
    std::filesystem::remove(key_file);
    now += 2s;
    BOOST_TEST(shown.current() == second);
    use("first", "first");
    now += 2s;
    BOOST_TEST(serial(shown.current()) == serial(first));
}

BOOST_AUTO_TEST_CASE(may_stand_behind_a_symbolic_link_that_is_swapped) {
    log::configure("error", "text");
    for (const std::string name : {"first", "second"}) {
        std::filesystem::create_directory(folder.file(name));
        put(file_text(folder.file(name + ".crt")), folder.file(name + "/tls.crt"));
        put(file_text(folder.file(name + ".key")), folder.file(name + "/tls.key"));
    }
    const auto link_to = [this](const std::string& name) {
        std::filesystem::create_directory_symlink(name, folder.file("next"));
        std::filesystem::rename(folder.file("next"), folder.file("data"));
    };
    link_to("first");
    certificate shown(folder.file("data/tls.crt"), folder.file("data/tls.key"), [this] { return now; });
    const auto before = serial(shown.current());
    link_to("second");
    now += 2s;
    BOOST_TEST(serial(shown.current()) != before);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct secure_server : running_server, pairs {
    std::uint16_t start_securely() {
        settings.certificate_file = certificate_file;
        settings.key_file = key_file;
        return start();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(under_tls, secure_server)

BOOST_AUTO_TEST_CASE(requests_are_answered_in_order_and_the_end_is_said) {
    asio::io_context loop;
    ssl::context trusting(ssl::context::tls_client);
    trusting.load_verify_file(authority.certificate_file());
    trusting.set_verify_mode(ssl::verify_peer);
    ssl::stream<asio::ip::tcp::socket> client(loop, trusting);
    client.next_layer().connect({asio::ip::make_address("127.0.0.1"), start_securely()});
    client.handshake(ssl::stream_base::client);
    const std::string two = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                            "GET /v1/whoami HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    asio::write(client, asio::buffer(two));
    std::string got;
    boost::system::error_code ended;
    asio::read(client, asio::dynamic_buffer(got), ended);
    BOOST_TEST(ended == asio::error::eof); // close_notify; without it: stream truncated
    BOOST_TEST(got.find("\"status\":\"ok\"") < got.find("\"user\":"));
    BOOST_TEST(got.find("\"user\":") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_does_not_shake_hands_in_time_is_cut_off) {
    settings.limits.read = std::chrono::milliseconds(60);
    const auto port = start_securely();
    raw_client silent(port);
    BOOST_TEST(silent.closed());
    raw_client plain(port);
    plain.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(plain.read().status() != 200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
