#include "fixture.hpp"
#include "test/simulator/http/server.hpp"
#include "test/support/certificates.hpp"

#include <filesystem>
#include <fstream>

namespace soteria::net {

namespace {

struct tls_fixture : fixture {
    test::temporary_folder folder;
    test::certificate_authority authority{folder, "authority"};
    test::certificate_authority stranger{folder, "stranger"};
    std::vector<std::unique_ptr<simulator::http_server>> servers;
    int served = 0;

    tls_fixture() {
        authority.issue("server", "IP:127.0.0.1,DNS:kubernetes.default");
        authority.issue("elsewhere", "DNS:elsewhere.example");
        authority.issue("client", "DNS:soteria");
        stranger.issue("strange-client", "DNS:soteria");
    }

    ~tls_fixture() {
        boost::asio::post(context, [this] {
            for (const auto& server : servers)
                server->stop();
        });
        finish();
    }

    boost::asio::awaitable<simulator::response> handle(simulator::request request) {
        ++served;
        simulator::response response;
        response.body = "host " + request.headers.at("host");
        co_return response;
    }

    std::string serve(const std::string& certificate, bool ask_for_client = false) {
        simulator::tls_files files;
        files.certificate_file = folder.file(certificate + ".crt");
        files.key_file = folder.file(certificate + ".key");
        if (ask_for_client)
            files.client_ca_file = authority.certificate_file();
        servers.push_back(std::make_unique<simulator::http_server>(
            context, "127.0.0.1", std::uint16_t(0),
            [this](simulator::request request) { return handle(std::move(request)); }, files));
        servers.back()->start();
        return "https://127.0.0.1:" + std::to_string(servers.back()->port()) + "/";
    }

    [[nodiscard]] tls_settings trusting() const {
        tls_settings tls;
        tls.ca_file = authority.certificate_file();
        return tls;
    }

    // On a connection of its own.
    result<http_response> get_anew(curl_http_client& client, const std::string& url) {
        http_request asked("GET", url);
        asked.repeatable = false;
        return run(client.send(asked, soon()));
    }

    result<http_response> get_with(tls_settings tls, const std::string& url) {
        http_client_settings settings;
        settings.tls = std::move(tls);
        return get(make_client(settings), url);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls, tls_fixture)

BOOST_AUTO_TEST_CASE(with_the_right_authority_works_as_file_and_as_text) {
    const auto url = serve("server");
    BOOST_TEST(get_with(trusting(), url).has_value());
    tls_settings text;
    text.ca_pem = test::file_text(authority.certificate_file());
    BOOST_TEST(get_with(text, url).has_value());
}

BOOST_AUTO_TEST_CASE(to_a_server_of_another_authority_is_refused_before_anything_is_sent) {
    const auto url = serve("server");
    tls_settings wrong;
    wrong.ca_file = stranger.certificate_file();
    for (const auto& settings : {wrong, tls_settings()}) {
        const auto answer = get_with(settings, url);
        BOOST_REQUIRE(answer.has_error());
        BOOST_TEST(answer.error().code == errc::unavailable);
        BOOST_TEST(answer.error().message.find("certificate") != std::string::npos, answer.error().message);
    }
    BOOST_TEST(served == 0);
}

BOOST_AUTO_TEST_CASE(to_a_server_with_the_certificate_of_another_host_is_refused) {
    const auto answer = get_with(trusting(), serve("elsewhere"));
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(answer.error().code == errc::unavailable);
    BOOST_TEST(served == 0);
}

BOOST_AUTO_TEST_CASE(to_an_authority_file_that_is_missing_is_refused_and_says_so) {
    tls_settings missing;
    missing.ca_file = folder.file("missing.crt");
    const auto answer = get_with(missing, serve("server"));
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(answer.error().code == errc::unavailable);
    BOOST_TEST(answer.error().message.find("missing.crt") != std::string::npos, answer.error().message);
}

BOOST_AUTO_TEST_CASE(believes_whoever_answers_only_if_told_so) {
    tls_settings blind;
    blind.skip_verify = true;
    BOOST_TEST(get_with(blind, serve("elsewhere")).has_value());
}

BOOST_AUTO_TEST_CASE(checks_the_server_name_that_is_set_in_place_of_the_host) {
    const auto url = serve("elsewhere");
    auto tls = trusting();
    tls.server_name = "elsewhere.example";
    const auto answer = get_with(tls, url);
    BOOST_REQUIRE_MESSAGE(answer, answer.error().message);
    BOOST_TEST("https://" + answer->body.substr(5) + "/" == url, "the Host header stays the URL's");
    tls.server_name = "another.example";
    BOOST_TEST(get_with(tls, url).has_error());
}

BOOST_AUTO_TEST_CASE(shows_a_client_certificate_from_files_and_from_text) {
    const auto url = serve("server", true);
    auto tls = trusting();
    tls.certificate_file = folder.file("client.crt");
    tls.key_file = folder.file("client.key");
    const auto with_files = get_with(tls, url);
    BOOST_TEST(with_files.has_value());
    auto text = trusting();
    text.certificate_pem = test::file_text(folder.file("client.crt"));
    text.key_pem = secret_string(test::file_text(folder.file("client.key")));
    BOOST_TEST(get_with(text, url).has_value());
    BOOST_TEST(served == 2);
}

BOOST_AUTO_TEST_CASE(without_the_client_certificate_that_the_server_wants_is_unavailable) {
    const auto url = serve("server", true);
    auto strange = trusting();
    strange.certificate_file = folder.file("strange-client.crt");
    strange.key_file = folder.file("strange-client.key");
    for (const auto& settings : {trusting(), strange}) {
        const auto answer = get_with(settings, url);
        BOOST_REQUIRE(answer.has_error());
        BOOST_TEST(answer.error().code == errc::unavailable, answer.error().message);
    }
    BOOST_TEST(served == 0);
}

BOOST_AUTO_TEST_CASE(takes_up_files_that_were_rotated) {
    const auto url = serve("server");
    tls_settings tls;
    tls.ca_file = folder.file("rotated.crt");
    std::filesystem::copy_file(stranger.certificate_file(), tls.ca_file);
    http_client_settings settings;
    settings.tls = tls;
    auto& client = make_client(settings);
    BOOST_TEST(get(client, url).has_error());
    std::filesystem::copy_file(authority.certificate_file(), tls.ca_file,
                               std::filesystem::copy_options::overwrite_existing);
    const auto answer = get(client, url);
    BOOST_TEST(answer.has_value());
}

BOOST_AUTO_TEST_CASE(keeps_the_last_good_authorities_while_their_file_is_broken) {
    const auto url = serve("server");
    tls_settings tls;
    tls.ca_file = folder.file("rotated.crt");
    std::filesystem::copy_file(authority.certificate_file(), tls.ca_file);
    http_client_settings settings;
    settings.tls = tls;
    auto& client = make_client(settings);
    BOOST_TEST(get_anew(client, url).has_value());
    for (const std::string broken : {"", "nothing of use", "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
        std::ofstream(tls.ca_file, std::ios::trunc) << broken;
        BOOST_TEST(get_anew(client, url).has_value(), broken);
    }
    std::filesystem::remove(tls.ca_file);
    BOOST_TEST(get_anew(client, url).has_value());
    std::filesystem::copy_file(stranger.certificate_file(), tls.ca_file);
    BOOST_TEST(get_anew(client, url).has_error(), "what is whole counts again, also where it distrusts");
}

BOOST_AUTO_TEST_CASE(follows_a_folder_that_is_swapped_by_a_link_as_the_kubelet_does) {
    const auto url = serve("server");
    const auto fill = [this](const std::string& name, const test::certificate_authority& with) {
        std::filesystem::create_directory(folder.file(name));
        std::filesystem::copy_file(with.certificate_file(), folder.file(name + "/ca.crt"));
    };
    const auto point_to = [this](const std::string& name) {
        std::filesystem::create_directory_symlink(name, folder.file("..new"));
        std::filesystem::rename(folder.file("..new"), folder.file("..data"));
    };
    fill("..1", stranger);
    point_to("..1");
    std::filesystem::create_symlink("..data/ca.crt", folder.file("ca.crt"));
    tls_settings tls;
    tls.ca_file = folder.file("ca.crt");
    http_client_settings settings;
    settings.tls = tls;
    auto& client = make_client(settings);
    BOOST_TEST(get_anew(client, url).has_error());
    fill("..2", authority);
    point_to("..2");
    BOOST_TEST(get_anew(client, url).has_value());
}

BOOST_AUTO_TEST_CASE(shows_the_client_certificate_that_its_files_hold_now_or_last_held_as_a_pair) {
    const auto url = serve("server", true);
    auto tls = trusting();
    tls.certificate_file = folder.file("mine.crt");
    tls.key_file = folder.file("mine.key");
    const auto take = [&](const std::string& certificate, const std::string& key) {
        constexpr auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(folder.file(certificate + ".crt"), tls.certificate_file, over);
        std::filesystem::copy_file(folder.file(key + ".key"), tls.key_file, over);
    };
    take("strange-client", "strange-client");
    http_client_settings settings;
    settings.tls = tls;
    auto& client = make_client(settings);
    BOOST_TEST(get_anew(client, url).has_error());
    take("client", "client");
    BOOST_TEST(get_anew(client, url).has_value());
    take("strange-client", "client");
    BOOST_TEST(get_anew(client, url).has_value(), "half of a rotation is no reason to stop");
    take("strange-client", "strange-client");
    BOOST_TEST(get_anew(client, url).has_error());
    std::filesystem::remove(tls.key_file);
    take("client", "client");
    BOOST_TEST(get_anew(client, url).has_value());
}

BOOST_AUTO_TEST_CASE(carries_many_requests_and_cancellations_at_once) {
    const auto url = serve("server");
    http_client_settings settings;
    settings.tls = trusting();
    auto& client = make_client(settings);
    std::vector<std::shared_ptr<started<result<http_response>>>> running;
    running.reserve(30);
    for (int number = 0; number < 30; ++number)
        running.push_back(start(client.send(http_request("GET", url), soon())));
    for (std::size_t number = 0; number < running.size(); ++number) {
        for (std::size_t turn = 0; turn < number; ++turn)
            context.run_one_for(1s);
        if (number % 3 == 0)
            cancel(running[number]);
    }
    for (const auto& one : running) {
        run_until([&] { return one->done(); });
        BOOST_TEST((one->value && (one->value->has_value() || one->value->error().code == errc::cancelled)));
    }
    BOOST_TEST(get(client, url).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::net
