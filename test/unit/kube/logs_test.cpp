#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/logs.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

cluster_access at_test() {
    cluster_access access;
    access.server = "http://test";
    return access;
}

struct log_of_a_container {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, at_test()};
    std::vector<std::string> pieces;

    result<log_end> read(log_request request) {
        const call_options options(async::deadline::after(test::patience), "backup/wait_backup");
        return test::run(context, read_log(
                                      kubernetes, std::move(request),
                                      [this](std::string_view piece) { pieces.emplace_back(piece); }, options));
    }

    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& each : pieces)
            all += each;
        return all;
    }
};

log_request of_backup() {
    log_request request;
    request.ns = "ai";
    request.pod = "pod-1";
    request.container = "backup";
    return request;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_log_of_a_container, log_of_a_container)

BOOST_AUTO_TEST_CASE(is_given_on_in_the_pieces_that_it_comes_in) {
    http.on("GET", "*").answer(200, "one\ntwo\nthree\n").split_at({4, 6});
    BOOST_TEST((read(of_backup()).value() == log_end::whole));
    const std::vector<std::string> wanted{"one\n", "tw", "o\nthree\n"};
    BOOST_TEST(pieces == wanted, boost::test_tools::per_element());
    BOOST_TEST(http.requests().at(0).url ==
               "http://test/api/v1/namespaces/ai/pods/pod-1/log?container=backup&limitBytes=16777217");
    BOOST_TEST(http.open_streams() == 0U);
}

BOOST_AUTO_TEST_CASE(may_be_asked_for_its_last_lines) {
    http.on("GET", "*tailLines=20*").answer(200, "last\n");
    auto request = of_backup();
    request.tail_lines = 20;
    BOOST_TEST(read(request).has_value());
    BOOST_TEST(http.unscripted() == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_empty_is_whole) {
    http.on("GET", "*").answer(200, "");
    BOOST_TEST((read(of_backup()).value() == log_end::whole));
    BOOST_TEST(text().empty());
}

BOOST_AUTO_TEST_CASE(is_read_to_its_limit_and_no_further) {
    auto request = of_backup();
    request.most_bytes = 10;
    http.on("GET", "*limitBytes=11*").answer(200, "0123456789").split_every(3);
    BOOST_TEST((read(request).value() == log_end::whole));
    BOOST_TEST(text() == "0123456789");
    pieces.clear();
    http.on("GET", "*").answer(200, "0123456789a").split_every(4);
    BOOST_TEST((read(request).value() == log_end::cut));
    BOOST_TEST(text() == "0123456789");
}

BOOST_AUTO_TEST_CASE(of_a_container_that_has_not_started_is_a_failure) {
    http.on("GET", "*")
        .answer(
            400,
            R"({"kind":"Status","code":400,"reason":"BadRequest","message":"container \"backup\" is waiting to start"})");
    const auto read_now = read(of_backup());
    BOOST_REQUIRE(!read_now);
    BOOST_TEST((read_now.error().code == errc::invalid), read_now.error().message);
}

BOOST_AUTO_TEST_CASE(that_its_node_has_lost_is_not_there_though_the_answer_says_200) {
    for (const std::string excuse :
         {"unable to retrieve container logs for containerd://5d5d1f9a",
          "failed to try resolving symlinks in path \"/var/log/pods/x/0.log\": lstat: no such file or directory",
          "failed to open log file \"/var/log/pods/x/0.log\": no such file or directory"}) {
        http.on("GET", "*").answer(200, excuse).split_every(7);
        const auto lost = read(of_backup());
        BOOST_REQUIRE(!lost);
        BOOST_TEST((lost.error().code == errc::not_found), lost.error().message);
        BOOST_TEST(lost.error().message.ends_with(excuse), lost.error().message);
        BOOST_TEST(pieces.empty());
    }
}

BOOST_AUTO_TEST_CASE(that_only_begins_like_a_nodes_excuse_is_a_log) {
    http.on("GET", "*").answer(200, "unable to open cache\n").split_every(3);
    BOOST_TEST((read(of_backup()).value() == log_end::whole));
    BOOST_TEST(text() == "unable to open cache\n");
    pieces.clear();
    http.on("GET", "*").answer(200, "unable to retr");
    BOOST_TEST((read(of_backup()).value() == log_end::whole));
    BOOST_TEST(text() == "unable to retr");
}

BOOST_AUTO_TEST_CASE(that_comes_as_something_else_than_text_is_a_bad_answer) {
    http.on("GET", "*").answer(200, "<html></html>", {{"Content-Type", "text/html; charset=utf-8"}});
    const auto page = read(of_backup());
    BOOST_REQUIRE(!page);
    BOOST_TEST((page.error().code == errc::bad_answer), page.error().message);
    BOOST_TEST(page.error().message.find("text/html") != std::string::npos, page.error().message);
    http.on("GET", "*").answer(200, "one\n", {{"content-type", "text/plain; charset=utf-8"}});
    BOOST_TEST((read(of_backup()).value() == log_end::whole));
}

BOOST_AUTO_TEST_CASE(that_breaks_off_is_a_failure) {
    http.on("GET", "*").answer(200, "one\n").then_breaks(failure(errc::unavailable, "gone"));
    BOOST_TEST((read(of_backup()).error().code == errc::unavailable));
    BOOST_TEST(text() == "one\n");
}

BOOST_AUTO_TEST_SUITE_END()
