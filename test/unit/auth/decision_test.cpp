#include <soteria/auth/decision.hpp>
#include <soteria/base/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <ostream>

namespace soteria::auth {
namespace {

const auto ingress = boost::asio::ip::make_address("10.42.0.7");

settings required() {
    settings rules;
    rules.required = true;
    rules.tokens.emplace_back(std::string("correct horse"));
    rules.tokens.emplace_back(std::string("battery staple"));
    return rules;
}

decision get(const header_list& headers, const settings& rules) {
    return decide("GET", headers, ingress, rules);
}

decision post(const header_list& headers, const settings& rules) {
    return decide("POST", headers, ingress, rules);
}

std::string refused(const decision& made) {
    return made.refused ? std::string(to_string(*made.refused)) : "no";
}

const header_list brad{
    {"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Email", "b@x"}, {"X-Auth-Request-Groups", "/maintenance, staff"}};

} // namespace

BOOST_AUTO_TEST_SUITE(a_caller_with_a_token)

BOOST_AUTO_TEST_CASE(is_let_in_without_a_group_and_shown_by_the_tokens_digest) {
    for (const auto& token : {std::string("correct horse"), std::string("battery staple")}) {
        const auto made = get({{"authorization", "bearer " + token}}, required());
        BOOST_TEST(refused(made) == "no");
        BOOST_TEST(made.who.user == "token:" + sha256_hex(token).substr(0, 8));
        BOOST_TEST(to_string(made.who.from) == "token");
        BOOST_TEST(made.who.authenticated());
    }
}

BOOST_AUTO_TEST_CASE(wins_over_identity_headers) {
    auto headers = brad;
    headers.emplace_back("Authorization", "Bearer correct horse");
    BOOST_TEST(to_string(get(headers, required()).who.from) == "token");
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_not_one_of_ours) {
    for (const auto* value : {"Bearer wrong", "Bearer ", "Bearer correct horse2", "Bearer correct hors"}) {
        const auto made = get({{"Authorization", value}}, required());
        BOOST_TEST(refused(made) == "bad_token");
        BOOST_TEST(is_unauthenticated(*made.refused));
    }
}

BOOST_AUTO_TEST_CASE(that_is_the_proxys_own_is_ignored) {
    auto headers = brad;
    headers.emplace_back("Authorization", "Bearer the.proxys.jwt");
    const auto made = get(headers, required());
    BOOST_TEST(refused(made) == "no");
    BOOST_TEST(made.who.user == "brad");
    BOOST_TEST(refused(get({{"Authorization", "Basic YTpi"}}, required())) == "no_identity");
}

BOOST_AUTO_TEST_CASE(an_empty_configured_token_lets_nobody_in) {
    auto rules = required();
    rules.tokens.assign(1, secret_string(std::string()));
    BOOST_TEST(refused(get({{"Authorization", "Bearer "}}, rules)) == "bad_token");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_caller_known_by_headers)

BOOST_AUTO_TEST_CASE(is_let_in_by_a_group_with_or_without_slashes) {
    for (const auto* groups : {"maintenance", "/maintenance", " //admin ", "a,/b , admin", ",,admin,"}) {
        const auto made = get({{"X-Auth-Request-User", "brad"}, {"x-auth-request-groups", groups}}, required());
        BOOST_TEST(refused(made) == "no", groups);
    }
    auto rules = required();
    rules.allowed_groups = {" /ops "};
    BOOST_TEST(refused(get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "ops"}}, rules)) == "no");
}

BOOST_AUTO_TEST_CASE(shows_with_user_email_and_groups) {
    const auto who = get(brad, required()).who;
    BOOST_TEST(who.user == "brad");
    BOOST_TEST(who.email == "b@x");
    BOOST_TEST(who.groups == (std::vector<std::string>{"maintenance", "staff"}), boost::test_tools::per_element());
    BOOST_TEST(to_string(who.from) == "proxy");
}

BOOST_AUTO_TEST_CASE(is_called_by_the_email_where_there_is_no_user) {
    BOOST_TEST(get({{"X-Auth-Request-Email", "b@x"}, {"X-Auth-Request-Groups", "admin"}}, required()).who.user ==
               "b@x");
}

BOOST_AUTO_TEST_CASE(in_no_allowed_group_is_refused_and_told_their_groups) {
    for (const auto* groups : {"staff, /guests", "Maintenance", "maintenance/sub", "xmaintenance"}) {
        const auto made = get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", groups}}, required());
        BOOST_TEST(refused(made) == "group_not_allowed", groups);
        BOOST_TEST(!is_unauthenticated(*made.refused));
    }
    const auto made = get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "staff, /guests"}}, required());
    BOOST_TEST(made.detail ==
               "the user brad is in none of the groups that may use this service; their groups: staff, guests");
}

BOOST_AUTO_TEST_CASE(is_refused_whatever_the_group_when_no_group_is_allowed) {
    auto rules = required();
    rules.allowed_groups.clear();
    BOOST_TEST(refused(get(brad, rules)) == "group_not_allowed");
    rules.allowed_groups = {"/", ""};
    BOOST_TEST(refused(get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "/,"}}, rules)) ==
               "group_not_allowed");
}

BOOST_AUTO_TEST_CASE(groups_alone_are_nobody) {
    BOOST_TEST(refused(get({{"X-Auth-Request-Groups", "admin"}}, required())) == "no_identity");
    BOOST_TEST(refused(get({}, required())) == "no_identity");
}

BOOST_AUTO_TEST_CASE(is_refused_when_the_headers_are_repeated_or_no_plain_text) {
    const header_list repeated{
        {"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "staff"}, {"X-Auth-Request-Groups", "admin"}};
    BOOST_TEST(refused(get(repeated, required())) == "malformed_identity");
    for (const auto& user : {std::string("a\tb"), std::string("\xff\xfe"), std::string(321, 'a')}) {
        const auto made = get({{"X-Auth-Request-User", user}, {"X-Auth-Request-Groups", "admin"}}, required());
        BOOST_TEST(refused(made) == "malformed_identity");
        BOOST_TEST(is_unauthenticated(*made.refused));
    }
}

BOOST_AUTO_TEST_CASE(is_refused_when_any_of_the_three_headers_is_malformed) {
    const auto with = [](const char* name, const std::string& value) {
        header_list headers;
        for (const auto& [key, given] : brad)
            headers.emplace_back(key, key == name ? value : given);
        return headers;
    };
    for (const auto* name : {"X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups"}) {
        BOOST_TEST(refused(get(with(name, "\xc3\x28"), required())) == "malformed_identity", name);
        BOOST_TEST(refused(get(with(name, "a\x7f"), required())) == "malformed_identity", name);
        BOOST_TEST(refused(get(with(name, std::string(8193, 'a')), required())) == "malformed_identity", name);
        auto twice = brad;
        twice.emplace_back(name, "admin");
        BOOST_TEST(refused(get(twice, required())) == "malformed_identity", name);
    }
    BOOST_TEST(refused(get(with("X-Auth-Request-Groups", std::string(8185, 'a') + ",admin"), required())) == "no");
    BOOST_TEST(refused(get(with("X-Auth-Request-User", "Jos\xc3\xa9"), required())) == "no");
}

BOOST_AUTO_TEST_CASE(malformed_headers_beside_a_good_token_do_no_harm) {
    auto headers = brad;
    headers.emplace_back("X-Auth-Request-User", "admin");
    headers.emplace_back("Authorization", "Bearer correct horse");
    const auto made = get(headers, required());
    BOOST_TEST(refused(made) == "no");
    BOOST_TEST(to_string(made.who.from) == "token");
    BOOST_TEST(made.who.groups.empty());
}

BOOST_AUTO_TEST_CASE(keeps_the_case_and_the_inner_blanks_of_a_group) {
    auto rules = required();
    rules.allowed_groups = {"Night Shift"};
    const auto made = get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "x,  //Night Shift "}}, rules);
    BOOST_TEST(refused(made) == "no");
    BOOST_TEST(made.who.groups == (std::vector<std::string>{"x", "Night Shift"}), boost::test_tools::per_element());
    BOOST_TEST(refused(get({{"X-Auth-Request-User", "brad"}, {"X-Auth-Request-Groups", "night shift"}}, rules)) ==
               "group_not_allowed");
}

BOOST_AUTO_TEST_CASE(is_believed_from_trusted_proxies_only) {
    auto rules = required();
    rules.trusted_proxies.push_back(network::parse("10.42.0.0/16").value());
    BOOST_TEST(refused(decide("GET", brad, ingress, rules)) == "no");
    const auto stranger = boost::asio::ip::make_address("10.43.0.7");
    BOOST_TEST(refused(decide("GET", brad, stranger, rules)) == "untrusted_proxy");
    BOOST_TEST(refused(decide("GET", {{"Authorization", "Bearer correct horse"}}, stranger, rules)) == "no");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(where_authentication_is_not_required)

BOOST_AUTO_TEST_CASE(everybody_is_let_in_and_named_where_headers_name_them) {
    BOOST_TEST(get({}, settings()).who.user == "anonymous");
    BOOST_TEST(!get({}, settings()).who.authenticated());
    BOOST_TEST(get(brad, settings()).who.user == "brad");
    BOOST_TEST(refused(get({{"X-Auth-Request-User", "x"}}, settings())) == "no");
    BOOST_TEST(get({{"X-Auth-Request-User", "a\tb"}}, settings()).who.user == "anonymous");
}

BOOST_AUTO_TEST_CASE(headers_of_an_untrusted_peer_are_ignored_here_too) {
    settings rules;
    rules.trusted_proxies.push_back(network::parse("192.0.2.0/24").value());
    const auto made = get(brad, rules);
    BOOST_TEST(refused(made) == "no");
    BOOST_TEST(made.who.user == "anonymous");
    BOOST_TEST(made.who.groups.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_browsers_cross_site_post)

BOOST_AUTO_TEST_CASE(is_refused_by_sec_fetch_site) {
    for (const auto* site : {"cross-site", "same-site"}) {
        const auto made = post({{"Sec-Fetch-Site", site}}, settings());
        BOOST_TEST(refused(made) == "cross_site", site);
        BOOST_TEST(!is_unauthenticated(*made.refused));
        BOOST_TEST(refused(get({{"Sec-Fetch-Site", site}}, settings())) == "no");
    }
    for (const auto* site : {"same-origin", "none"})
        BOOST_TEST(refused(post({{"Sec-Fetch-Site", site}, {"Origin", "https://odd"}}, settings())) == "no");
}

BOOST_AUTO_TEST_CASE(is_refused_by_origin_where_there_is_no_sec_fetch_site) {
    BOOST_TEST(refused(post({{"Host", "soteria:8080"}, {"Origin", "http://soteria:8080"}}, settings())) == "no");
    BOOST_TEST(refused(post({{"Host", "soteria.example"}, {"Origin", "https://soteria.example:443"}}, settings())) ==
               "no");
    BOOST_TEST(refused(post({{"Host", "soteria:8080"}, {"Origin", "http://evil"}}, settings())) == "cross_site");
    BOOST_TEST(refused(post({{"Host", "soteria:8080"}, {"Origin", "null"}}, settings())) == "cross_site");
    BOOST_TEST(refused(post({{"Host", "soteria:8080"}, {"Origin", "http://soteria:9090"}}, settings())) ==
               "cross_site");
}

BOOST_AUTO_TEST_CASE(is_not_mistaken_behind_a_proxy_that_changes_the_host) {
    const header_list headers{
        {"Host", "10.0.0.5:8080"}, {"X-Forwarded-Host", "soteria.example"}, {"Origin", "https://soteria.example"}};
    BOOST_TEST(refused(post(headers, settings())) == "no");
}

BOOST_AUTO_TEST_CASE(is_refused_with_a_good_identity_too) {
    auto headers = brad;
    headers.emplace_back("Sec-Fetch-Site", "cross-site");
    BOOST_TEST(refused(post(headers, required())) == "cross_site");
}

BOOST_AUTO_TEST_CASE(clients_that_are_no_browsers_send_neither_header) {
    BOOST_TEST(refused(post({{"Host", "soteria:8080"}}, settings())) == "no");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::auth
