// SOTERIA_AUTHORIZATION=rbac, as the routes keep it.
#include "router_harness.hpp"
#include "test/unit/auth/fake_reviews.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web::test {
namespace {

struct reviewed_router : router_harness {
    reviewed_router() {
        needs.auth.required = true;
        needs.auth.by_groups = false;
        needs.auth.tokens.emplace_back(std::string("robot"));
        needs.reviews = &reviews;
    }

    std::string said(std::string method, std::string_view target, std::string body = {}) {
        auto headers = brad;
        headers.emplace_back("Content-Type", "application/json");
        const auto answer = send(std::move(method), target, std::move(body), headers);
        return std::to_string(answer.status) + (answer.status < 400 ? "" : " " + member(answer, "code"));
    }

    auth::test::fake_reviews reviews;
    text_pairs brad{{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "dev"}};
};

constexpr const char* backup = R"({"namespace":"ai","pvc":"x"})";
constexpr const char* restore = R"({"namespace":"ai","pvc":"x","target_namespace":"web","target_pvc":"y"})";
constexpr const char* foreign =
    R"({"namespace":"ai","pvc":"x","target_namespace":"web","target_pvc":"y","allow_foreign":true})";

inventory::row row_of(const char* ns, const char* pvc) {
    inventory::row row;
    row.pvc = {ns, pvc};
    return row;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(where_rbac_decides, reviewed_router)

BOOST_AUTO_TEST_CASE(a_backup_needs_its_grant) {
    BOOST_TEST(said("POST", "/v1/backup", backup) == "403 namespace_not_allowed");
    BOOST_TEST(requests.starts.empty());
    BOOST_TEST(counters.counted["denied namespace_not_allowed"] == 1);
    BOOST_TEST(counters.counted["backup longhorn denied"] == 1);
    reviews.grants.emplace("create", "backups", "ai");
    BOOST_TEST(said("POST", "/v1/backup", backup) == "202");
    BOOST_TEST(said("POST", "/v1/backup", R"({"namespace":"web","pvc":"x"})") == "403 namespace_not_allowed");
}

BOOST_AUTO_TEST_CASE(a_dry_run_needs_the_same_grant) {
    BOOST_TEST(said("POST", "/v1/backup", R"({"namespace":"ai","pvc":"x","dry_run":true})") ==
               "403 namespace_not_allowed");
    BOOST_TEST(requests.starts.empty());
}

BOOST_AUTO_TEST_CASE(a_restore_needs_its_grants_on_both_sides_and_one_more_for_foreign_data) {
    for (const auto* route : {"/v1/restores", "/v1/restore-test"}) {
        reviews.grants = {{"create", "restores", "web"}};
        BOOST_TEST(said("POST", route, restore) == "403 namespace_not_allowed");
        reviews.grants.emplace("get", "backups", "ai");
        BOOST_TEST(said("POST", route, restore) == "202");
        BOOST_TEST(said("POST", route, foreign) == "403 namespace_not_allowed");
        reviews.grants.emplace("restore-foreign", "backups", "");
        BOOST_TEST(said("POST", route, foreign) == "202");
    }
}

BOOST_AUTO_TEST_CASE(a_bad_body_is_told_before_anybody_is_asked) {
    BOOST_TEST(said("POST", "/v1/backup", "{") == "400 malformed_json");
    BOOST_TEST(reviews.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_is_missing) {
    const auto answer = send("GET", "/v1/backups?namespace=ai&pvc=x", {}, brad);
    BOOST_TEST(answer.status == 403);
    BOOST_TEST(member(answer, "detail") ==
               "the user brad may not list backups.soteria.dev in the namespace ai; a Role with that "
               "rule and a RoleBinding to it would change that");
    BOOST_TEST(requests.listed.empty());
}

BOOST_AUTO_TEST_CASE(one_record_is_read_and_cancelled_with_the_grant_of_its_namespace_and_nothing_is_told_before) {
    for (const auto* id : {"backup.ai.nightly", "backup.ai.there-is-none"}) {
        const std::string path = std::string("/v1/operations/") + id;
        reviews.grants.clear();
        BOOST_TEST(said("GET", path) == "403 namespace_not_allowed");
        BOOST_TEST(said("POST", path + "/cancel") == "403 namespace_not_allowed");
        reviews.grants = {{"get", "backups", "ai"}};
        BOOST_TEST(said("GET", path) == "200");
        BOOST_TEST(said("POST", path + "/cancel") == "403 namespace_not_allowed");
        reviews.grants = {{"delete", "backups", "ai"}};
        BOOST_TEST(said("POST", path + "/cancel") == "202");
    }
    BOOST_TEST(requests.cancels.size() == 2U);
    const auto asked = reviews.asked.size();
    requests.find_failure = failure(errc::not_found, "none", "operation_not_found");
    BOOST_TEST(said("GET", "/v1/operations/backup.Not_A_Namespace.x") == "404 operation_not_found");
    BOOST_TEST(reviews.asked.size() == asked, "what can be no record is nobody's");
}

BOOST_AUTO_TEST_CASE(a_list_of_operations_holds_what_the_caller_may_list) {
    requests.known = fake_requests::running(domain::operation_kind::backup, {}, {});
    requests.known.ns = "ai";
    bool visible = true;
    requests.on_list = [&visible, this](const operations::operation_filter& filter) {
        visible = filter.visible(requests.known);
    };
    BOOST_TEST(said("GET", "/v1/operations") == "200");
    BOOST_TEST(!visible);
    reviews.grants = {{"list", "backups", "ai"}};
    BOOST_TEST(said("GET", "/v1/operations") == "200");
    BOOST_TEST(visible);
}

BOOST_AUTO_TEST_CASE(the_inventory_holds_what_the_caller_may_see_under_a_tag_of_its_own) {
    report->rows = {row_of("ai", "x"), row_of("ai", "y"), row_of("web", "z")};
    reviews.grants = {{"list", "backups", "web"}};
    const auto part = get("/v1/inventory", brad);
    BOOST_TEST(part.status == 200);
    BOOST_TEST(part.body.find("\"name\":\"web\"") != std::string::npos, part.body);
    BOOST_TEST(part.body.find("\"ai\"") == std::string::npos, part.body);
    const auto whole = get("/v1/inventory", {{"Authorization", "Bearer robot"}});
    BOOST_TEST(whole.body.find("\"name\":\"ai\"") != std::string::npos);
    BOOST_TEST(header(part, "ETag") != header(whole, "ETag"));
    auto again = brad;
    again.emplace_back("If-None-Match", header(part, "ETag"));
    BOOST_TEST(get("/v1/inventory", again).status == 304);
    reviews.grants = {{"list", "backups", ""}};
    BOOST_TEST(get("/v1/inventory", brad).body == whole.body);
    reviews.grants.clear();
    BOOST_TEST(get("/v1/inventory", brad).body.find("\"namespaces\":[]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_is_let_through_while_nobody_can_tell) {
    reviews.broken = failure(errc::unavailable, "Kubernetes does not say", "authorization_unavailable");
    report->rows = {row_of("ai", "x")};
    requests.known.ns = "ai";
    for (const auto* path : {"/v1/inventory", "/v1/backups?namespace=ai&pvc=x", "/v1/operations",
                             "/v1/operations/backup.ai.x", "/v1/whoami?namespace=ai"})
        BOOST_TEST(said("GET", path) == "503 authorization_unavailable", path);
    BOOST_TEST(said("POST", "/v1/backup", backup) == "503 authorization_unavailable");
    BOOST_TEST(counters.counted["backup longhorn unavailable"] == 1);
    BOOST_TEST(counters.counted["denied namespace_not_allowed"] == 0);
    BOOST_TEST(header(get("/v1/inventory", brad), "Retry-After") != "");
}

BOOST_AUTO_TEST_CASE(a_token_may_do_everything_and_an_unknown_caller_nothing) {
    text_pairs robot{{"Authorization", "Bearer robot"}, {"Content-Type", "application/json"}};
    BOOST_TEST(send("POST", "/v1/restores", foreign, robot).status == 202);
    BOOST_TEST(reviews.asked.empty());
    BOOST_TEST(get("/v1/inventory").status == 401);
}

BOOST_AUTO_TEST_CASE(whoami_tells_what_the_caller_may_do_in_a_namespace) {
    reviews.grants = {{"list", "backups", "ai"}, {"create", "restores", "ai"}, {"get", "backups", "ai"}};
    const auto answer = get("/v1/whoami?namespace=ai", brad);
    BOOST_TEST(member(answer, "authorization") == "rbac");
    BOOST_TEST(member(answer, "namespace") == "ai");
    BOOST_TEST(member(answer, "permissions") ==
               R"({"see":true,"back_up":false,"restore":true,"restore_foreign":false,"cancel_backups":false,)"
               R"("cancel_restores":false})");
    reviews.grants.clear();
    BOOST_TEST(member(get("/v1/whoami?namespace=ai", brad), "permissions").find("true") == std::string::npos);
    BOOST_TEST(member(get("/v1/whoami", brad), "permissions") == "(absent)");
    BOOST_TEST(said("GET", "/v1/whoami?namespace=Not_One") == "400 invalid_name");
}

BOOST_AUTO_TEST_CASE(is_the_only_case_in_which_anything_is_missing) {
    needs.reviews = nullptr;
    needs.auth.by_groups = true;
    brad.back().second = "admin";
    BOOST_TEST(member(get("/v1/whoami", brad), "authorization") == "(absent)");
    BOOST_TEST(member(get("/v1/whoami?namespace=ai", brad), "permissions") ==
               R"({"see":true,"back_up":true,"restore":true,"restore_foreign":true,"cancel_backups":true,)"
               R"("cancel_restores":true})");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
