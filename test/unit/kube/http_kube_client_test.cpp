#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const std::string base = "https://10.96.0.1:443";

cluster_access access_with_token() {
    cluster_access access;
    access.server = base;
    access.token = secret_string("s3cret");
    return access;
}

struct api {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, access_with_token(), [] { return 0.0; }};
    call_options options{async::deadline::after(30s), "test/it"};

    const net::http_request& last() { return http.requests().back(); }

    std::string header(std::string_view name) {
        for (const auto& [key, value] : last().headers)
            if (key == name)
                return value;
        return "(none)";
    }

    result<json::object> get() {
        return test::run(context, kubernetes.get(persistent_volume_claims, "ai", "c", options));
    }

    result<json::object> create() {
        const auto object = json::parse(R"({"metadata":{"namespace":"ai","name":"c"}})").as_object();
        return test::run(context, kubernetes.create(persistent_volume_claims, object, options));
    }
};

const std::string busy = R"({"kind":"Status","reason":"TooManyRequests","message":"slow down"})";
const std::string claim = R"({"metadata":{"name":"c","managedFields":[]}})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_kubernetes_client, api)

BOOST_AUTO_TEST_CASE(gets_an_object_with_token_and_purpose_and_without_managed_fields) {
    http.next().answer(200, claim);
    const auto got = get();
    BOOST_REQUIRE(got);
    BOOST_TEST(json::serialize(*got) == R"({"metadata":{"name":"c"}})");
    BOOST_TEST(last().method == "GET");
    BOOST_TEST(last().url == base + "/api/v1/namespaces/ai/persistentvolumeclaims/c");
    BOOST_TEST(header("Authorization") == "Bearer s3cret");
    BOOST_TEST(header("Accept") == "application/json");
    BOOST_TEST(last().purpose == "test/it");
    BOOST_TEST(last().repeatable);
}

BOOST_AUTO_TEST_CASE(creates_strictly_under_its_own_name_and_never_on_a_used_connection) {
    http.next().answer(201, claim);
    BOOST_REQUIRE(create());
    BOOST_TEST(last().method == "POST");
    BOOST_TEST(last().url ==
               base + "/api/v1/namespaces/ai/persistentvolumeclaims?fieldManager=soteria&fieldValidation=Strict");
    BOOST_TEST(header("Content-Type") == "application/json");
    BOOST_TEST(last().body == R"({"metadata":{"namespace":"ai","name":"c"}})");
    BOOST_TEST(!last().repeatable);
}

BOOST_AUTO_TEST_CASE(asks_for_a_dry_run_of_every_change) {
    options.dry_run = true;
    http.on("*", "*").answer(200, claim).always();
    BOOST_REQUIRE(create());
    BOOST_TEST(last().url.ends_with("&dryRun=All"));
    const json::object nothing;
    BOOST_REQUIRE(test::run(context, kubernetes.patch(persistent_volume_claims, "ai", "c", nothing, options)));
    BOOST_TEST(last().url.ends_with("&dryRun=All"));
    BOOST_REQUIRE(test::run(context, kubernetes.remove(persistent_volume_claims, "ai", "c", {}, options)));
    BOOST_TEST(last().url.ends_with("?dryRun=All"));
    BOOST_TEST(json::serialize(json::parse(last().body).at("dryRun")) == R"(["All"])");
}

BOOST_AUTO_TEST_CASE(patches_by_merge_and_repeats_only_what_a_version_guards) {
    http.on("PATCH", "*").answer(200, claim).always();
    options.subresource = "status";
    const auto guarded = json::parse(R"({"metadata":{"resourceVersion":"7"},"status":{}})").as_object();
    BOOST_REQUIRE(test::run(context, kubernetes.patch(persistent_volumes, "", "pv", guarded, options)));
    BOOST_TEST(last().url == base + "/api/v1/persistentvolumes/pv/status?fieldManager=soteria&fieldValidation=Strict");
    BOOST_TEST(header("Content-Type") == "application/merge-patch+json");
    BOOST_TEST(last().repeatable);
    const auto blind = json::parse(R"({"status":{}})").as_object();
    BOOST_REQUIRE(test::run(context, kubernetes.patch(persistent_volumes, "", "pv", blind, options)));
    BOOST_TEST(!last().repeatable);
}

BOOST_AUTO_TEST_CASE(deletes_with_preconditions_and_propagation) {
    http.on("DELETE", "*").answer(200, "{}").always();
    delete_preconditions sure;
    sure.uid = "u1";
    sure.resource_version = "9";
    BOOST_REQUIRE(test::run(context, kubernetes.remove(persistent_volume_claims, "ai", "c", sure, options)));
    BOOST_TEST(json::parse(last().body) ==
               json::parse(R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background",
                               "preconditions":{"uid":"u1","resourceVersion":"9"}})"));
    BOOST_TEST(last().repeatable);
    BOOST_REQUIRE(test::run(context, kubernetes.remove(persistent_volume_claims, "ai", "c", {}, options)));
    BOOST_TEST(!last().repeatable);
}

BOOST_AUTO_TEST_CASE(lists_a_page_with_its_token_and_version) {
    http.next().answer(200, R"({"metadata":{"resourceVersion":"42","continue":"next/1"},
                                "items":[{"metadata":{"name":"a","managedFields":[1]}}]})");
    const auto page =
        test::run(context, kubernetes.list(persistent_volumes, "", 500, "to ken", "labelSelector=a%3Db", options));
    BOOST_REQUIRE(page);
    BOOST_TEST(last().url == base + "/api/v1/persistentvolumes?limit=500&continue=to%20ken&labelSelector=a%3Db");
    BOOST_TEST(page->resource_version == "42");
    BOOST_TEST(page->continue_token == "next/1");
    BOOST_TEST(json::serialize(page->items) == R"([{"metadata":{"name":"a"}}])");
}

BOOST_AUTO_TEST_CASE(takes_null_items_for_an_empty_list_and_refuses_what_is_no_list) {
    http.next().answer(200, R"({"metadata":{"resourceVersion":"42"},"items":null})");
    const auto page = test::run(context, kubernetes.list(persistent_volumes, "", 0, "", "", options));
    BOOST_REQUIRE(page);
    BOOST_TEST(page->items.empty());
    BOOST_TEST(last().url == base + "/api/v1/persistentvolumes");
    http.next().answer(200, R"({"metadata":{"resourceVersion":"42"}})");
    const auto wrong = test::run(context, kubernetes.list(persistent_volumes, "", 0, "", "", options));
    BOOST_REQUIRE(!wrong);
    BOOST_TEST((wrong.error().code == errc::bad_answer));
}

BOOST_AUTO_TEST_CASE(tries_again_what_was_refused_for_now_changes_too) {
    http.next().answer(429, busy);
    http.next().answer(503, "");
    http.next().answer(201, claim);
    BOOST_TEST(create().has_value());
    BOOST_TEST(http.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(tries_a_change_again_that_never_left) {
    http.next().fail(errc::unavailable, "connection refused");
    http.next().answer(201, claim);
    BOOST_TEST(create().has_value());
}

BOOST_AUTO_TEST_CASE(never_repeats_a_change_whose_outcome_is_unknown) {
    http.next().fail(errc::outcome_unknown, "the connection broke");
    const auto lost = create();
    BOOST_REQUIRE(!lost);
    BOOST_TEST((lost.error().code == errc::outcome_unknown));
    BOOST_TEST(lost.error().message == "create PersistentVolumeClaim ai/c failed: the connection broke");
    http.next().answer(500, R"({"reason":"InternalError","message":"etcd"})");
    const auto broken = create();
    BOOST_REQUIRE(!broken);
    BOOST_TEST((broken.error().code == errc::outcome_unknown));
    BOOST_TEST(http.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(does_not_know_the_outcome_of_a_change_whose_answer_it_cannot_read) {
    http.next().answer(201, "<html>");
    const auto odd = create();
    BOOST_REQUIRE(!odd);
    BOOST_TEST((odd.error().code == errc::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(repeats_reads_until_they_work) {
    http.next().answer(500, "");
    http.next().fail(errc::unavailable, "the connection broke");
    http.next().answer(200, claim);
    BOOST_TEST(get().has_value());
}

BOOST_AUTO_TEST_CASE(gives_up_where_the_next_try_would_come_after_the_deadline) {
    options.until = async::deadline::after(60s);
    http.next().answer(429, busy, {{"Retry-After", "90"}});
    const auto refused = get();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::retry));
    BOOST_TEST(refused.error().retry_after.value().count() == 90);
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(tries_once_if_told_so) {
    options.retry = false;
    http.next().answer(503, "");
    BOOST_TEST(!get().has_value());
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(opens_a_stream_and_turns_a_refusal_into_a_failure) {
    http.next().answer(200, "one\n");
    auto stream = test::run(context, kubernetes.open("/api/v1/pods?watch=true", options));
    BOOST_REQUIRE(stream);
    BOOST_TEST(last().url == base + "/api/v1/pods?watch=true");
    const auto bytes = test::run(context, (*stream)->next(options.until));
    BOOST_TEST(bytes.value() == "one\n");
    http.next().answer(410, R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})").split_every(7);
    const auto expired = test::run(context, kubernetes.open("/api/v1/pods?watch=true", options));
    BOOST_REQUIRE(!expired);
    BOOST_TEST(is_expired(expired.error()));
    stream->reset();
    BOOST_TEST(http.open_streams() == 0U);
}

BOOST_AUTO_TEST_CASE(does_not_repeat_a_401_where_the_token_cannot_change) {
    http.next().answer(401, R"({"reason":"Unauthorized","message":"Unauthorized"})");
    const auto refused = get();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().reason == "unauthorized");
    BOOST_TEST(http.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(reads_the_token_file_again_after_a_401_and_makes_the_call_once_more) {
    const auto file = std::filesystem::temp_directory_path() / ("soteria-token-" + std::to_string(::getpid()));
    std::ofstream(file) << "old\n";
    auto access = access_with_token();
    access.token_file = file;
    http_kube_client rotating(http, access);
    http.next().respond([&](const net::http_request&) -> result<net::http_response> {
        std::ofstream(file) << "new\n";
        net::http_response refused;
        refused.status = 401;
        return refused;
    });
    http.next().answer(200, claim);
    BOOST_TEST(test::run(context, rotating.get(persistent_volumes, "", "pv", options)).has_value());
    BOOST_TEST(net::find_header(http.requests().at(0).headers, "Authorization") == "Bearer old");
    BOOST_TEST(header("Authorization") == "Bearer new");
    http.on("*", "*").answer(401, "").always();
    BOOST_TEST(!test::run(context, rotating.get(persistent_volumes, "", "pv", options)).has_value());
    BOOST_TEST(http.requests().size() == 4U);
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(parses_large_lists_in_slices_that_let_others_run) {
    std::string body = R"({"metadata":{"resourceVersion":"1"},"items":[)";
    for (int each = 0; each < 5000; ++each)
        body += std::string(each == 0 ? "" : ",") + R"({"metadata":{"name":")" + std::string(100, 'x') + R"("}})";
    http.next().answer(200, body + "]}");
    std::optional<result<list_page>> page;
    boost::asio::co_spawn(context, kubernetes.list(persistent_volumes, "", 0, "", "", options),
                          [&](const std::exception_ptr&, result<list_page> got) { page = std::move(got); });
    std::size_t handlers = 0;
    test::run_until(context, [&] { return ++handlers, page.has_value(); });
    BOOST_TEST(page->value().items.size() == 5000U);
    BOOST_TEST(handlers > 4U);
}

BOOST_AUTO_TEST_SUITE_END()
