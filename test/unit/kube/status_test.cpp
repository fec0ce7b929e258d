#include <soteria/kube/status.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

const call_description creating{"create", "PersistentVolumeClaim", "ai", "c", true};
const call_description reading{"get", "PersistentVolumeClaim", "ai", "c", false};

net::http_response answer(int status, std::string body, net::header_list headers = {}) {
    net::http_response response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    return response;
}

std::string status_body(std::string_view reason, std::string_view message, std::string_view details = "{}") {
    return R"({"kind":"Status","status":"Failure","reason":")" + std::string(reason) + R"(","message":")" +
           std::string(message) + R"(","details":)" + std::string(details) + "}";
}

std::string code_and_reason(const call_description& call, const net::http_response& response) {
    const auto found = failure_from_response(call, response);
    return std::string(to_string(found.code)) + " " + found.reason;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refusals_of_the_api_server)

BOOST_AUTO_TEST_CASE(are_told_apart_by_reason) {
    const std::string named = R"({"name":"c","kind":"persistentvolumeclaims"})";
    BOOST_TEST(code_and_reason(reading, answer(404, status_body("NotFound", "gone", named))) == "not_found not_found");
    BOOST_TEST(code_and_reason(creating, answer(409, status_body("AlreadyExists", "x", named))) ==
               "conflict already_exists");
    BOOST_TEST(code_and_reason(creating, answer(409, status_body("Conflict", "x", named))) == "conflict conflict");
    BOOST_TEST(code_and_reason(creating, answer(422, status_body("Invalid", "x", named))) ==
               "unprocessable invalid_object");
    BOOST_TEST(code_and_reason(reading, answer(401, status_body("Unauthorized", "x"))) == "forbidden unauthorized");
    BOOST_TEST(code_and_reason(creating, answer(400, status_body("BadRequest", "strict decoding error"))) ==
               "invalid ");
    BOOST_TEST(code_and_reason(reading, answer(410, status_body("Expired", "too old"))) == "retry expired");
    BOOST_TEST(code_and_reason(creating, answer(429, status_body("TooManyRequests", "x"))) == "retry ");
    BOOST_TEST(code_and_reason(creating, answer(503, status_body("ServiceUnavailable", "x"))) == "retry ");
}

BOOST_AUTO_TEST_CASE(a_forbidden_by_rbac_is_not_one_by_admission) {
    BOOST_TEST(
        code_and_reason(creating,
                        answer(403, status_body("Forbidden",
                                                R"(pvcs is forbidden: User \"u\" cannot create resource \"pvcs\")"))) ==
        "forbidden forbidden");
    BOOST_TEST(
        code_and_reason(creating, answer(403, status_body("Forbidden", "pvc is forbidden: exceeded quota: q"))) ==
        "unprocessable quota_exceeded");
    BOOST_TEST(code_and_reason(creating, answer(403, status_body("Forbidden", "denied by policy"))) ==
               "unprocessable admission_refused");
    BOOST_TEST(
        code_and_reason(creating, answer(403, status_body("Forbidden", "unable to create new content",
                                                          R"({"causes":[{"reason":"NamespaceTerminating"}]})"))) ==
        "unprocessable namespace_terminating");
}

BOOST_AUTO_TEST_CASE(a_read_is_refused_by_no_admission_and_conflicts_with_nothing) {
    BOOST_TEST(code_and_reason(reading, answer(403, status_body("Forbidden", "no"))) == "forbidden forbidden");
    BOOST_TEST(code_and_reason(reading, answer(409, status_body("Conflict", "x"))) == "bad_answer ");
    BOOST_TEST(code_and_reason(reading, answer(409, "<html>")) == "bad_answer ");
}

BOOST_AUTO_TEST_CASE(a_missing_namespace_or_kind_is_not_a_missing_object) {
    BOOST_TEST(
        code_and_reason(creating, answer(404, status_body("NotFound", "x", R"({"name":"ai","kind":"namespaces"})"))) ==
        "not_found namespace_not_found");
    BOOST_TEST(code_and_reason(reading, answer(404, "404 page not found\n")) == "not_found unknown_kind");
}

BOOST_AUTO_TEST_CASE(a_server_error_leaves_a_change_open_but_not_a_read) {
    for (const int code : {500, 502, 504}) {
        BOOST_TEST(code_and_reason(creating, answer(code, "<html>")) == "outcome_unknown ");
        BOOST_TEST(code_and_reason(reading, answer(code, "<html>")) == "retry ");
    }
}

BOOST_AUTO_TEST_CASE(the_message_names_call_object_and_explanation) {
    const auto found = failure_from_response(
        creating, answer(409, status_body("AlreadyExists", R"(persistentvolumeclaims \"c\" already exists)")));
    BOOST_TEST(found.message == "create PersistentVolumeClaim ai/c failed: the API server answered 409: "
                                "persistentvolumeclaims \"c\" already exists.");
    BOOST_TEST(found.upstream_status == 409);
}

BOOST_AUTO_TEST_CASE(retry_after_is_taken_from_header_or_details) {
    const auto header = failure_from_response(reading, answer(429, "", {{"retry-after", "7"}}));
    BOOST_TEST(header.retry_after.value().count() == 7);
    const auto details =
        failure_from_response(reading, answer(429, status_body("TooManyRequests", "x", R"({"retryAfterSeconds":3})")));
    BOOST_TEST(details.retry_after.value().count() == 3);
    BOOST_TEST(!failure_from_response(reading, answer(503, "", {{"Retry-After", "tomorrow"}})).retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(the_object_of_an_error_event_brings_its_own_code) {
    const auto status = boost::json::parse(R"({"code":410,"reason":"Expired","message":"too old resource version"})");
    BOOST_TEST(is_expired(failure_from_status(reading, 0, status.as_object())));
    const auto gone = boost::json::parse(R"({"code":410,"reason":"Gone"})");
    BOOST_TEST(is_expired(failure_from_status(reading, 0, gone.as_object())));
}

BOOST_AUTO_TEST_CASE(strange_bodies_never_turn_into_another_error) {
    for (const auto* body : {"", "null", "[]", "{", R"({"reason":5,"message":[],"details":7,"code":"x"})",
                             R"({"details":{"causes":{}}})", R"({"details":{"causes":[5]}})"})
        BOOST_TEST(code_and_reason(creating, answer(409, body)) == "conflict conflict");
}

BOOST_AUTO_TEST_SUITE_END()
