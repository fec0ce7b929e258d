#include "router_harness.hpp"
#include "source/web/compress.hpp"

#include <soteria/records/keys.hpp>
#include <soteria/web/assets.hpp>

#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace soteria::web::test {
namespace {

constexpr const char* good_backup = R"({"namespace":"ai","pvc":"llm-cache"})";
constexpr const char* good_restore = R"({"namespace":"ai","pvc":"llm-cache","target_pvc":"restore-llm-cache"})";

// href="/assets/css/base.css" and import ... from "./dom.js", as paths.
std::vector<std::string> loaded_by(const asset& file) {
    std::vector<std::string> paths;
    const std::string_view folder = file.name.substr(0, file.name.rfind('/') + 1);
    for (const auto& [opening, prefix] : {std::pair<std::string_view, std::string>{"\"/assets/", "/assets/"},
                                          {"from \"./", "/assets/" + std::string(folder)}}) {
        for (auto at = file.content.find(opening); at != std::string_view::npos;
             at = file.content.find(opening, at + 1)) {
            const auto begin = at + opening.size();
            paths.push_back(prefix + std::string(file.content.substr(begin, file.content.find('"', begin) - begin)));
        }
    }
    return paths;
}

std::string said(const response& answer) {
    return std::to_string(answer.status) + " " + member(answer, "code");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_route_table, router_harness)

BOOST_AUTO_TEST_CASE(answers_404_where_there_is_nothing) {
    for (const auto* path : {"/v2", "/v1", "/v1/inventory/", "/v1//inventory", "/v1/operations/a/b", "/v1/operations/",
                             "/v1/operations//cancel", "/assets/none.js", "/assets", "/healthz/x"}) {
        const auto answer = get(path);
        BOOST_TEST(said(answer) == "404 no_such_route", path);
        BOOST_TEST(member(answer, "instance") == path);
    }
}

BOOST_AUTO_TEST_CASE(answers_405_with_what_is_allowed) {
    BOOST_TEST(said(send("DELETE", "/v1/inventory")) == "405 method_not_allowed");
    BOOST_TEST(header(send("DELETE", "/v1/inventory"), "Allow") == "GET, HEAD, OPTIONS");
    BOOST_TEST(header(get("/v1/backup"), "Allow") == "POST, OPTIONS");
    BOOST_TEST(said(send("POST", "/healthz")) == "405 method_not_allowed");
    BOOST_TEST(said(get("/v1/operations/x/cancel")) == "405 method_not_allowed");
}

BOOST_AUTO_TEST_CASE(answers_options_without_a_body) {
    const auto answer = send("OPTIONS", "/v1/restores");
    BOOST_TEST(answer.status == 204);
    BOOST_TEST(answer.body == "");
    BOOST_TEST(header(answer, "Allow") == "POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(names_each_answer_by_its_request) {
    BOOST_TEST(header(get("/healthz"), "X-Request-Id") == "r-77");
    BOOST_TEST(member(get("/nowhere"), "request_id") == "r-77");
    BOOST_TEST(header(get("/healthz"), "X-Content-Type-Options") == "nosniff");
}

BOOST_AUTO_TEST_CASE(refuses_a_query_parameter_that_is_given_twice) {
    BOOST_TEST(said(get("/v1/backups?namespace=ai&pvc=x&pvc=y")) == "400 duplicate_parameter");
}

BOOST_AUTO_TEST_CASE(refuses_a_query_parameter_that_the_route_does_not_take) {
    const auto typo = get("/v1/inventory?delted=true");
    BOOST_TEST(said(typo) == "400 unknown_parameter");
    BOOST_TEST(member(typo, "detail") ==
               "/v1/inventory takes no query parameter \"delted\"; did you mean \"deleted\"?");
    BOOST_TEST(member(get("/v1/backups?x"), "detail") ==
               "/v1/backups takes no query parameter \"x\"; it takes namespace, pvc");
    // What would be a real backup otherwise.
    BOOST_TEST(said(post("/v1/backup?dry_run=true", good_backup)) == "400 unknown_parameter");
    BOOST_TEST(requests.starts.empty());
    BOOST_TEST(counters.counted["backup longhorn invalid"] == 1);
    for (const auto* path : {"/v1/whoami?x=1", "/v1/operations?name=a", "/v1/operations/x?y", "/openapi.json?v=3"})
        BOOST_TEST(said(get(path)) == "400 unknown_parameter", path);
}

BOOST_AUTO_TEST_CASE(ignores_what_probes_scrapes_and_browsers_add) {
    for (const auto* path : {"/healthz?x=1", "/readyz?x=1&x=2", "/metrics?format=text", "/?utm=1"})
        BOOST_TEST(get(path).status == 200, path);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(health_and_metrics, router_harness)

BOOST_AUTO_TEST_CASE(healthz_is_ok_while_it_answers) {
    BOOST_TEST(get("/healthz").body == "{\"status\":\"ok\"}\n");
}

BOOST_AUTO_TEST_CASE(readyz_fails_for_required_checks_only) {
    bool kubernetes = true;
    needs.readiness = {[&kubernetes] {
                           return readiness{"kubernetes", kubernetes, true, "", parse_rfc3339("2026-04-12T15:30:00Z")};
                       },
                       [] {
                           return readiness{"longhorn", false, false, "Longhorn does not answer.", std::nullopt};
                       }};
    BOOST_TEST(get("/readyz").status == 200);
    BOOST_TEST(get("/readyz").body == "{\"status\":\"ready\"}\n");
    kubernetes = false;
    BOOST_TEST(get("/readyz").status == 503);
    BOOST_TEST(get("/readyz").body == "{\"status\":\"not_ready\",\"failing\":[\"kubernetes\"]}\n");
    BOOST_TEST(
        get("/readyz?verbose").body ==
        R"({"status":"not_ready","failing":["kubernetes"],"checks":[{"name":"kubernetes","ok":false,"required":true,)"
        R"("since":"2026-04-12T15:30:00Z"},{"name":"longhorn","ok":false,"required":false,)"
        R"("message":"Longhorn does not answer."}]})"
        "\n");
}

BOOST_AUTO_TEST_CASE(every_answer_is_counted_under_its_routes_template) {
    get("/healthz");
    get("/v1/operations/backup.ai.x");
    get("/v1/nowhere/at/all");
    get("/assets/nothing.js");
    const std::vector<std::string> expected{"GET /healthz 200", "GET /v1/operations/{} 200", "GET none 404",
                                            "GET /assets/{...} 404"};
    BOOST_TEST(counters.answered == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(metrics_are_the_given_text) {
    const auto answer = get("/metrics");
    std::string text;
    while (answer.pieces(text)) {
    }
    BOOST_TEST(text == "up 1\n");
    BOOST_TEST(get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(who_may_call, router_harness)

BOOST_AUTO_TEST_CASE(public_routes_need_no_identity) {
    needs.auth.required = true;
    for (const auto* path : {"/healthz", "/readyz", "/metrics"})
        BOOST_TEST(get(path).status == 200, path);
    BOOST_TEST(counters.counted.empty());
}

BOOST_AUTO_TEST_CASE(everything_else_does_also_what_does_not_exist) {
    needs.auth.required = true;
    for (const auto* path : {"/", "/assets/index.html", "/openapi.json", "/v1/whoami", "/v1/inventory", "/v1/backups",
                             "/v1/operations", "/v1/operations/x", "/nowhere"}) {
        const auto answer = get(path);
        BOOST_TEST(said(answer) == "401 no_identity", path);
        BOOST_TEST(header(answer, "WWW-Authenticate") == "Bearer realm=\"soteria\"");
    }
    for (const auto* path : {"/v1/backup", "/v1/restores", "/v1/restore-test", "/v1/operations/x/cancel"})
        BOOST_TEST(said(post(path, "{}")) == "401 no_identity", path);
    BOOST_TEST(said(send("OPTIONS", "/v1/backup")) == "401 no_identity");
    BOOST_TEST(send("OPTIONS", "/healthz").status == 204);
    BOOST_TEST(requests.starts.empty());
    BOOST_TEST(requests.cancels.empty());
}

BOOST_AUTO_TEST_CASE(a_refused_browser_is_shown_a_page_and_a_program_a_problem) {
    needs.auth.required = true;
    const auto page = get("/", {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
    BOOST_TEST(page.status == 401);
    BOOST_TEST(page.content_type == "text/html; charset=utf-8");
    BOOST_TEST(page.body.find("You are not signed in") != std::string::npos);
    BOOST_TEST(page.body.find("{{") == std::string::npos);
    const auto document = get("/", {{"Accept", "application/json"}});
    BOOST_TEST(document.status == 401);
    BOOST_TEST(document.content_type == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(the_page_quotes_the_caller_without_believing_them) {
    needs.auth.required = true;
    const auto page = get("/", {{"Accept", "text/html"}, {"X-Auth-Request-User", "<script>{{code}}"}});
    BOOST_TEST(page.status == 403);
    BOOST_TEST(page.body.find("<script>") == std::string::npos);
    BOOST_TEST(page.body.find("&lt;script&gt;{{code}}") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(denials_are_counted_by_reason_and_by_route) {
    needs.auth.required = true;
    post("/v1/backup", good_backup);
    const text_pairs stranger{{"X-Auth-Request-User", "eve"}, {"X-Auth-Request-Groups", "guests"}};
    const auto refused = send("POST", "/v1/restore-test", good_restore, stranger);
    BOOST_TEST(said(refused) == "403 group_not_allowed");
    BOOST_TEST(member(refused, "detail").find("guests") != std::string::npos);
    BOOST_TEST(counters.counted["denied no_identity"] == 1);
    BOOST_TEST(counters.counted["denied group_not_allowed"] == 1);
    BOOST_TEST(counters.counted["backup longhorn denied"] == 1);
    BOOST_TEST(counters.counted["restore longhorn denied"] == 1);
}

BOOST_AUTO_TEST_CASE(a_cross_site_post_is_refused_even_where_no_identity_is_required) {
    const text_pairs headers{{"Content-Type", "application/json"}, {"Sec-Fetch-Site", "cross-site"}};
    BOOST_TEST(said(send("POST", "/v1/backup", good_backup, headers)) == "403 cross_site");
    BOOST_TEST(requests.starts.empty());
}

BOOST_AUTO_TEST_CASE(whoami_says_who_and_how_it_is_known) {
    BOOST_TEST(
        get("/v1/whoami").body ==
        R"({"user":"anonymous","groups":[],"source":"anonymous","authenticated":false,"auth_required":false,"allowed":true})"
        "\n");
    needs.auth.required = true;
    routes.emplace(needs);
    const text_pairs brad{
        {"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Email", "b@x"}, {"X-Auth-Request-Groups", "/maintenance"}};
    BOOST_TEST(get("/v1/whoami", brad).body ==
               R"({"user":"brad","email":"b@x","groups":["maintenance"],"source":"proxy","authenticated":true,)"
               R"("auth_required":true,"allowed":true})"
               "\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(starting_work, router_harness)

BOOST_AUTO_TEST_CASE(answers_202_with_where_to_look) {
    requests.plan.driver = "longhorn";
    requests.plan.resolved = {{"volume", "pvc-1"}, {"snapshot", "soteria-backup-1"}};
    const auto answer = post("/v1/backup", good_backup);
    BOOST_TEST(answer.status == 202);
    BOOST_TEST(header(answer, "Location") == "/v1/operations/backup.ai.nightly");
    BOOST_TEST(
        answer.body ==
        R"({"driver":"longhorn","volume":"pvc-1","backup":"soteria-backup-1","namespace":"ai","pvc":"llm-cache",)"
        R"("requested_by":"anonymous","dry_run":false,"operation":"backup.ai.nightly"})"
        "\n");
    BOOST_TEST(counters.counted["backup longhorn accepted"] == 1);
}

BOOST_AUTO_TEST_CASE(hands_the_request_and_the_caller_on) {
    const text_pairs headers{{"Content-Type", "Application/JSON; charset=utf-8"}, {"X-Auth-Request-User", "brad"}};
    BOOST_TEST(send("POST", "/v1/restores", good_restore, headers).status == 202);
    BOOST_REQUIRE(requests.starts.size() == 1);
    const auto& started = requests.starts.front();
    BOOST_TEST((started.kind == domain::operation_kind::restore));
    BOOST_TEST(started.request.target.text() == "ai/restore-llm-cache");
    BOOST_TEST(started.by.user == "brad");
    BOOST_TEST(started.by.source == "proxy");
    BOOST_TEST(started.by.request_id == "r-77");
    BOOST_TEST(!started.terms.dry_run);
    BOOST_TEST(!started.terms.expected_plans.has_value());
    post("/v1/restore-test", good_restore);
    BOOST_TEST((requests.starts.back().kind == domain::operation_kind::restore_test));
    BOOST_TEST(counters.counted["restore longhorn accepted"] == 2);
}

BOOST_AUTO_TEST_CASE(as_a_dry_run_answers_200_with_a_plan_and_no_operation) {
    const auto answer = post("/v1/restores", R"({"namespace":"ai","pvc":"x","target_pvc":"y","dry_run":true})");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(header(answer, "Location") == "");
    BOOST_TEST(member(answer, "operation") == "(absent)");
    BOOST_TEST(member(answer, "plan") == "[]");
    BOOST_TEST(member(answer, "dry_run") == "true");
    BOOST_TEST(counters.counted["restore longhorn dry_run"] == 1);
}

BOOST_AUTO_TEST_CASE(with_a_bad_body_starts_nothing_and_is_counted) {
    BOOST_TEST(said(post("/v1/backup", "{")) == "400 malformed_json");
    BOOST_TEST(said(post("/v1/backup", R"({"namespace":"ai","pvc":"x","verify":true})")) == "400 unknown_field");
    BOOST_TEST(said(post("/v1/restores", R"({"namespace":"ai","pvc":"x","target_pvc":"y","verify":true})")) ==
               "422 unsupported_field");
    BOOST_TEST(said(send("POST", "/v1/backup", good_backup)) == "415 unsupported_media_type");
    BOOST_TEST(said(send("POST", "/v1/backup", good_backup, {{"Content-Type", "text/plain"}})) ==
               "415 unsupported_media_type");
    BOOST_TEST(requests.starts.empty());
    BOOST_TEST(counters.counted["backup longhorn invalid"] == 4);
    BOOST_TEST(counters.counted["restore longhorn invalid"] == 1);
}

BOOST_AUTO_TEST_CASE(passes_a_failure_on_as_a_problem_and_counts_its_word) {
    const auto refused = [this](failure error) {
        requests.start_failure = std::move(error);
        return said(post("/v1/restores", good_restore));
    };
    BOOST_TEST(refused({errc::conflict, "there", "target_exists"}) == "409 target_exists");
    BOOST_TEST(refused({errc::not_found, "none", "no_backup"}) == "404 no_backup");
    BOOST_TEST(refused({errc::unprocessable, "no", "backup_not_completed"}) == "422 backup_not_completed");
    BOOST_TEST(refused({errc::unavailable, "down"}) == "503 upstream_unavailable");
    BOOST_TEST(refused({errc::bad_answer, "odd"}) == "502 upstream_bad_answer");
    BOOST_TEST(refused({errc::timed_out, "slow"}) == "504 upstream_timeout");
    BOOST_TEST(refused({errc::internal, "bug"}) == "500 internal");
    const std::map<std::string, int> expected{{"restore longhorn conflict", 1},
                                              {"restore longhorn not_found", 1},
                                              {"restore longhorn invalid", 1},
                                              {"restore longhorn unavailable", 3},
                                              {"restore longhorn error", 1}};
    BOOST_TEST((counters.counted == expected));
}

BOOST_AUTO_TEST_CASE(under_if_match_hands_on_which_plans_are_expected) {
    const auto with = [this](text_pairs headers) {
        headers.emplace_back("Content-Type", "application/json");
        return said(send("POST", "/v1/restores", good_restore, std::move(headers)));
    };
    const auto expected = [this] { return requests.starts.back().terms.expected_plans; };
    using tags = std::vector<std::string>;
    with({{"If-Match", "\"abc\""}});
    BOOST_TEST((expected() == tags{"abc"}));
    with({{"if-match", "\"a\" , W/\"b\",,\"c\""}, {"If-Match", "\"d\""}});
    BOOST_TEST((expected() == tags{"a", "c", "d"}));
    with({{"If-Match", "W/\"weak\""}});
    BOOST_TEST((expected() == tags{}));
    with({{"If-Match", " * "}});
    BOOST_TEST(!expected().has_value());
    requests.starts.clear();
    for (const auto* bad : {"", "abc", "\"abc", "abc\"", "*, \"a\"", "\"a\" \"b\"", ",", "W/abc", "w/\"a\"", "\"a b\""})
        BOOST_TEST(with({{"If-Match", bad}}) == "400 invalid_if_match", bad);
    BOOST_TEST(requests.starts.empty());
    requests.start_failure = failure(errc::precondition, "another plan", "plan_changed");
    BOOST_TEST(with({{"If-Match", "\"abc\""}}) == "412 plan_changed");
    BOOST_TEST(counters.counted["restore longhorn conflict"] == 1);
}

BOOST_AUTO_TEST_CASE(under_an_idempotency_key_hands_on_whose_it_is_and_for_which_body) {
    const auto with = [this](text_pairs headers, const std::string& route = "/v1/restores",
                             const std::string& body = good_restore) {
        headers.emplace_back("Content-Type", "application/json");
        return said(send("POST", route, body, std::move(headers)));
    };
    const auto key = [this] { return requests.starts.back().terms.key; };
    with({});
    BOOST_TEST(!key().has_value());
    with({{"idempotency-key", "k-1"}});
    BOOST_REQUIRE(key().has_value());
    const auto first = *key();
    BOOST_TEST(first.name == records::key_name("anonymous", "anonymous", "/v1/restores", "k-1"));
    with({{"Idempotency-Key", "k-1"}}, "/v1/restores",
         "{ \"target_pvc\" : \"restore-llm-cache\", \"dry_run\":false,\"driver\":null,"
         "\"pvc\":\"llm-c\\u0061che\",\n\"namespace\":\"ai\"}");
    BOOST_TEST(key()->name == first.name);
    BOOST_TEST(key()->digest == first.digest);
    with({{"Idempotency-Key", "k-1"}}, "/v1/restores", R"({"namespace":"ai","pvc":"llm-cache","target_pvc":"other"})");
    BOOST_TEST(key()->name == first.name);
    BOOST_TEST(key()->digest != first.digest);
    with({{"Idempotency-Key", "k-1"}}, "/v1/restore-test");
    BOOST_TEST(key()->name != first.name);
    with({{"Idempotency-Key", "k-1"}, {"X-Auth-Request-User", "brad"}});
    BOOST_TEST(key()->name == records::key_name("proxy", "brad", "/v1/restores", "k-1"));
    with({{"Idempotency-Key", std::string(255, '~')}});
    BOOST_TEST(key().has_value());
    with({{"Idempotency-Key", "k-1"}}, "/v1/restores",
         R"({"namespace":"ai","pvc":"llm-cache","target_pvc":"x","dry_run":true})");
    BOOST_TEST(!key().has_value());
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_idempotency_key_on_every_route_that_changes_something) {
    for (const auto* route : {"/v1/backup", "/v1/restores", "/v1/restore-test", "/v1/operations/backup.ai.x/cancel"}) {
        const std::string_view path(route);
        const std::string body = path.ends_with("cancel")   ? "{}"
                                 : path.ends_with("backup") ? good_backup
                                                            : good_restore;
        const auto with = [&](text_pairs headers) {
            headers.emplace_back("Content-Type", "application/json");
            return said(send("POST", route, body, std::move(headers)));
        };
        for (const auto& bad : {std::string(), std::string("a b"), std::string("\xc3\xa4"), std::string(256, 'x')})
            BOOST_TEST(with({{"Idempotency-Key", bad}}) == "400 invalid_idempotency_key", route << " " << bad);
        BOOST_TEST(with({{"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}}) == "400 invalid_idempotency_key");
    }
    BOOST_TEST(requests.starts.empty());
    BOOST_TEST(requests.cancels.empty());
}

BOOST_AUTO_TEST_CASE(says_that_an_answer_is_an_earlier_requests) {
    requests.replayed = true;
    const auto answer =
        send("POST", "/v1/backup", good_backup, {{"Content-Type", "application/json"}, {"Idempotency-Key", "k-1"}});
    BOOST_TEST(answer.status == 202);
    BOOST_TEST(header(answer, "Idempotency-Replayed") == "true");
    BOOST_TEST(header(answer, "Location") == "/v1/operations/backup.ai.nightly");
    BOOST_TEST(counters.counted["backup longhorn replayed"] == 1);
    requests.replayed = false;
    BOOST_TEST(header(post("/v1/backup", good_backup), "Idempotency-Replayed") == "");
    BOOST_TEST(counters.counted["backup longhorn accepted"] == 1);
}

BOOST_AUTO_TEST_CASE(needs_plain_json_in_utf8) {
    const auto typed = [this](text_pairs headers) {
        return send("POST", "/v1/backup", good_backup, std::move(headers)).status;
    };
    for (const auto* good : {"application/json", "Application/JSON ; charset=UTF-8",
                             "application/json;charset=\"utf-8\"", "application/json; profile=x"})
        BOOST_TEST(typed({{"Content-Type", good}}) == 202, good);
    for (const auto* bad : {"", "text/plain", "application/jsonx", "application/json; charset=iso-8859-1",
                            "application/x-www-form-urlencoded"})
        BOOST_TEST(typed({{"Content-Type", bad}}) == 415, bad);
    BOOST_TEST(typed({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}) == 415);
    BOOST_TEST(typed({{"Content-Type", "application/json"}, {"Content-Type", "text/plain"}}) == 415);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(reading_state, router_harness)

BOOST_AUTO_TEST_CASE(the_inventory_is_sent_once_and_then_304) {
    report->generated_at = parse_rfc3339("2026-04-12T15:30:00Z").value();
    const auto first = get("/v1/inventory");
    BOOST_TEST(first.status == 200);
    BOOST_TEST(first.body == "{\"generated_at\":\"2026-04-12T15:30:00Z\",\"namespaces\":[]}\n");
    const auto tag = header(first, "ETag");
    BOOST_TEST(get("/v1/inventory", {{"If-None-Match", "\"other\", " + tag}}).status == 304);
    BOOST_TEST(get("/v1/inventory", {{"If-None-Match", "*"}}).status == 304);
    BOOST_TEST(get("/v1/inventory", {{"If-None-Match", "\"other\""}}).status == 200);
    auto changed = std::make_shared<inventory::report>(*report);
    inventory::row row;
    row.pvc = {"ai", "x"};
    changed->rows.push_back(row);
    report = changed;
    BOOST_TEST(get("/v1/inventory", {{"If-None-Match", tag}}).status == 200);
}

BOOST_AUTO_TEST_CASE(the_inventorys_text_and_its_compressed_form_are_made_once_and_shared) {
    inventory::row row;
    row.pvc = {"ai", std::string(2000, 'x')};
    report->rows.push_back(row);
    const auto packed = [this] {
        auto answer = get("/v1/inventory");
        boost::asio::io_context context;
        boost::asio::co_spawn(context, compress_for("gzip", answer), boost::asio::detached);
        context.run();
        return answer;
    };
    const auto first = packed();
    const auto second = packed();
    const auto plain = get("/v1/inventory");
    BOOST_TEST(first.shared == second.shared);
    BOOST_TEST(first.text().data() == second.text().data());
    BOOST_TEST(first.text().starts_with("\x1f\x8b"));
    BOOST_TEST(header(first, "Content-Encoding") == "gzip");
    BOOST_TEST(plain.shared == first.shared);
    BOOST_TEST(plain.text().starts_with("{\"generated_at\""));
    report = std::make_shared<inventory::report>(*report);
    BOOST_TEST(get("/v1/inventory").shared != first.shared);
}

BOOST_AUTO_TEST_CASE(the_inventory_shows_deleted_ones_when_asked) {
    inventory::row gone;
    gone.pvc = {"ai", "old"};
    gone.deleted = true;
    report->rows.push_back(gone);
    BOOST_TEST(get("/v1/inventory").body.find("old") == std::string::npos);
    BOOST_TEST(get("/v1/inventory?deleted=true").body.find("old") != std::string::npos);
    BOOST_TEST(get("/v1/inventory?deleted=false").body.find("old") == std::string::npos);
    BOOST_TEST(said(get("/v1/inventory?deleted=yes")) == "400 bad_parameter");
}

BOOST_AUTO_TEST_CASE(backups_need_a_legal_namespace_and_pvc) {
    BOOST_TEST(said(get("/v1/backups")) == "400 missing_parameter");
    BOOST_TEST(said(get("/v1/backups?namespace=ai")) == "400 missing_parameter");
    BOOST_TEST(said(get("/v1/backups?pvc=x")) == "400 missing_parameter");
    BOOST_TEST(said(get("/v1/backups?namespace=AI&pvc=x")) == "400 invalid_name");
    BOOST_TEST(said(get("/v1/backups?namespace=ai&pvc=")) == "400 invalid_name");
    BOOST_TEST(requests.listed.empty());
    BOOST_TEST(member(get("/v1/backups?namespace=ai&pvc=llm.cache"), "pvc") == "llm.cache");
    BOOST_TEST(requests.listed == (std::vector<std::string>{"ai/llm.cache"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_upstream_that_fails_a_read_is_not_our_500) {
    requests.backups_failure = failure(errc::unavailable, "Longhorn does not answer.");
    BOOST_TEST(said(get("/v1/backups?namespace=ai&pvc=x")) == "503 upstream_unavailable");
    requests.backups_failure = failure(errc::bad_answer, "Longhorn's answer is no JSON.");
    BOOST_TEST(said(get("/v1/backups?namespace=ai&pvc=x")) == "502 upstream_bad_answer");
}

BOOST_AUTO_TEST_CASE(a_bug_is_a_500_that_tells_nothing_but_the_request_id) {
    requests.before_backups = []() -> boost::asio::awaitable<void> { throw std::runtime_error("secret inside"); };
    const auto answer = get("/v1/backups?namespace=ai&pvc=x");
    BOOST_TEST(said(answer) == "500 internal");
    BOOST_TEST(answer.body.find("secret") == std::string::npos);
    BOOST_TEST(member(answer, "detail").find("r-77") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(operations_on_record, router_harness)

BOOST_AUTO_TEST_CASE(are_listed_by_filters) {
    requests.next_page = "t2";
    const auto answer =
        get("/v1/operations?namespace=ai&pvc=x&kind=restore_test&phase=RollingBack&limit=500&continue=t1");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(member(answer, "continue") == "t2");
    const auto& filter = requests.filters.back();
    BOOST_TEST(filter.ns == "ai");
    BOOST_TEST(filter.pvc == "x");
    BOOST_TEST((filter.kind == domain::operation_kind::restore_test));
    BOOST_TEST((filter.phase == domain::operation_phase::rolling_back));
    BOOST_TEST(filter.limit == 500u);
    BOOST_TEST(filter.continue_token == "t1");
    get("/v1/operations");
    BOOST_TEST(requests.filters.back().limit == 100u);
}

BOOST_AUTO_TEST_CASE(are_not_listed_by_filters_that_mean_nothing) {
    for (const auto* query :
         {"kind=Backup", "phase=running", "limit=0", "limit=501", "limit=ten", "limit=-1", "limit="})
        BOOST_TEST(said(get("/v1/operations?" + std::string(query))) == "400 bad_parameter", query);
    for (const auto* query : {"namespace=", "namespace=Not_A", "pvc=-x", "namespace=a.b"})
        BOOST_TEST(said(get("/v1/operations?" + std::string(query))) == "400 invalid_name", query);
    BOOST_TEST(requests.filters.empty());
    requests.list_failure = failure(errc::invalid, "not ours", "bad_continue");
    BOOST_TEST(said(get("/v1/operations?continue=x")) == "400 bad_continue");
}

BOOST_AUTO_TEST_CASE(are_found_by_id) {
    requests.known.ns = "ai";
    requests.known.name = "nightly";
    BOOST_TEST(member(get("/v1/operations/backup.ai.nightly"), "id") == "backup.ai.nightly");
    BOOST_TEST(requests.ids.back() == "backup.ai.nightly");
    requests.find_failure = failure(errc::not_found, "there is no such operation", "operation_not_found");
    BOOST_TEST(said(get("/v1/operations/backup.ai.other")) == "404 operation_not_found");
}

BOOST_AUTO_TEST_CASE(are_cancelled_by_nothing_or_an_empty_object) {
    const auto cancel = [this](std::string body) {
        return said(post("/v1/operations/backup.ai.nightly/cancel", std::move(body)));
    };
    BOOST_TEST(post("/v1/operations/backup.ai.nightly/cancel", "{}").status == 202);
    BOOST_TEST(cancel(R"({"dry_run":true})") == "400 unknown_field");
    BOOST_TEST(cancel("[]") == "400 malformed_json");
    BOOST_TEST(said(send("POST", "/v1/operations/backup.ai.nightly/cancel", "x")) == "415 unsupported_media_type");
    BOOST_TEST(requests.cancels.size() == 1u);
}

BOOST_AUTO_TEST_CASE(are_cancelled_without_a_body) {
    requests.known.ns = "ai";
    requests.known.name = "nightly";
    const auto answer = send("POST", "/v1/operations/backup.ai.nightly/cancel", "", {{"X-Auth-Request-User", "brad"}});
    BOOST_TEST(answer.status == 202);
    BOOST_TEST(member(answer, "id") == "backup.ai.nightly");
    BOOST_TEST(requests.cancels == (std::vector<std::string>{"brad"}), boost::test_tools::per_element());
    requests.cancel_failure = failure(errc::conflict, "it has ended", "already_finished");
    BOOST_TEST(said(send("POST", "/v1/operations/backup.ai.nightly/cancel")) == "409 already_finished");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_console, router_harness)

BOOST_AUTO_TEST_CASE(is_served_under_a_strict_policy) {
    const auto page = get("/");
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.content_type == "text/html; charset=utf-8");
    const auto policy = header(page, "Content-Security-Policy");
    for (const auto* part : {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                             "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"})
        BOOST_TEST(policy.find(part) != std::string::npos, part);
    BOOST_TEST(header(page, "X-Content-Type-Options") == "nosniff");
    BOOST_TEST(header(page, "Referrer-Policy") == "no-referrer");
    BOOST_TEST(get("/", {{"If-None-Match", header(page, "ETag")}}).status == 304);
}

BOOST_AUTO_TEST_CASE(names_only_files_that_are_there) {
    for (const auto& file : assets()) {
        const auto answer = get("/assets/" + std::string(file.name));
        BOOST_TEST(answer.status == 200, file.name);
        BOOST_TEST(answer.body == file.content);
        for (const auto& path : loaded_by(file)) {
            const auto loaded = get(path);
            BOOST_TEST(loaded.status == 200, std::string(file.name) + " loads " + path);
        }
    }
}

BOOST_AUTO_TEST_CASE(never_makes_markup_from_text) {
    for (const auto& file : assets())
        for (const auto* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
            BOOST_TEST(file.content.find(way) == std::string_view::npos, std::string(file.name) + " uses " + way);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
