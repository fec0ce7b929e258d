#include <soteria/operations/admission.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

boost::json::object made(instant when, const std::string& spec = R"({"validationActions":["Deny"]})",
                         const std::string& deleted = "") {
    return boost::json::parse(R"({"metadata":{"name":"soteria-restores","uid":"u","creationTimestamp":")" +
                              format_rfc3339(when) + "\"" + deleted + R"(},"spec":)" + spec + "}")
        .as_object();
}

bool vouches(const std::optional<boost::json::object>& policy, const std::optional<boost::json::object>& binding) {
    return operations::in_force(policy, binding, noon);
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission)

BOOST_AUTO_TEST_CASE(a_policy_that_was_there_before_the_record_has_checked_it) {
    BOOST_TEST(vouches(made(noon - 1h), made(noon - 1h)));
    BOOST_TEST(vouches(made(noon - 1h), made(noon - 1h, R"({"validationActions":["Deny","Audit"]})")));
}

BOOST_AUTO_TEST_CASE(without_the_policy_or_without_its_binding_nobody_has_checked_it) {
    BOOST_TEST(!vouches(std::nullopt, made(noon - 1h)));
    BOOST_TEST(!vouches(made(noon - 1h), std::nullopt));
    BOOST_TEST(!vouches(std::nullopt, std::nullopt));
}

BOOST_AUTO_TEST_CASE(what_was_made_after_the_record_or_just_before_it_came_too_late) {
    BOOST_TEST(!vouches(made(noon + 1s), made(noon - 1h)));
    BOOST_TEST(!vouches(made(noon - 1h), made(noon + 1s)));
    BOOST_TEST(!vouches(made(noon - 1h), made(noon - operations::policy_settles)));
    BOOST_TEST(vouches(made(noon - 1h), made(noon - operations::policy_settles - 1s)));
}

BOOST_AUTO_TEST_CASE(a_binding_that_only_warns_or_is_being_deleted_refuses_nothing) {
    BOOST_TEST(!vouches(made(noon - 1h), made(noon - 1h, R"({"validationActions":["Warn","Audit"]})")));
    BOOST_TEST(!vouches(made(noon - 1h), made(noon - 1h, "{}")));
    const std::string deleted = R"(,"deletionTimestamp":"2026-04-12T11:59:00Z")";
    BOOST_TEST(!vouches(made(noon - 1h, "{}", deleted), made(noon - 1h)));
}

BOOST_AUTO_TEST_SUITE_END()
