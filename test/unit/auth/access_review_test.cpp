#include "fake_reviews.hpp"
#include "test/support/running.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::auth {
namespace {

identity brad() {
    identity who;
    who.user = "brad";
    who.from = source::proxy;
    return who;
}

identity bearer() {
    identity who;
    who.user = "token:12345678";
    who.from = source::token;
    return who;
}

struct reviewed {
    boost::asio::io_context context;
    test::fake_reviews reviews;

    std::string missing(const identity& who, std::vector<permission> needed) {
        auto work = first_missing(reviews, who, std::move(needed), async::deadline::never());
        const auto found = soteria::test::run(context, std::move(work));
        return !found ? found.error().reason : *found ? to_text(**found) : "nothing";
    }

    std::string granted_to(const identity& who, std::vector<permission> asked) {
        auto work = granted(reviews, who, std::move(asked), async::deadline::never());
        const auto found = soteria::test::run(context, std::move(work));
        if (!found)
            return found.error().reason;
        std::string names;
        for (const auto& each : *found)
            names += each.ns + " ";
        return names;
    }

    static std::vector<permission> seeing(std::size_t namespaces) {
        std::vector<permission> all;
        for (std::size_t i = 0; i < namespaces; ++i)
            all.push_back(to_see_backups("ns-" + std::to_string(i)));
        return all;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(permissions, reviewed)

BOOST_AUTO_TEST_CASE(are_asked_about_one_by_one_until_one_is_missing) {
    reviews.grants = {{"create", "restores", "web"}};
    BOOST_TEST(missing(brad(), {{"create", "restores", "web"}, {"get", "backups", "ai"}, {"get", "backups", "x"}}) ==
               "get backups.soteria.dev in the namespace ai");
    BOOST_TEST(reviews.asked.size() == 2U);
    reviews.grants.emplace("get", "backups", "ai");
    BOOST_TEST(missing(brad(), {{"create", "restores", "web"}, {"get", "backups", "ai"}}) == "nothing");
}

BOOST_AUTO_TEST_CASE(are_not_asked_about_for_a_token) {
    BOOST_TEST(missing(bearer(), {{"create", "restores", "web"}}) == "nothing");
    BOOST_TEST(granted_to(bearer(), seeing(2)) == "ns-0 ns-1 ");
    BOOST_TEST(reviews.asked.empty());
}

BOOST_AUTO_TEST_CASE(are_all_missing_for_a_name_of_kubernetes_own) {
    auto who = brad();
    who.user = "system:admin";
    reviews.grants = {{"list", "backups", ""}};
    BOOST_TEST(missing(who, seeing(1)) == "list backups.soteria.dev in the namespace ns-0");
    BOOST_TEST(granted_to(who, seeing(1)).empty());
    BOOST_TEST(reviews.asked.empty());
}

BOOST_AUTO_TEST_CASE(that_nobody_can_tell_of_are_not_granted) {
    reviews.broken = failure(errc::unavailable, "down", "authorization_unavailable");
    BOOST_TEST(missing(brad(), seeing(1)) == "authorization_unavailable");
    BOOST_TEST(granted_to(brad(), seeing(1)) == "authorization_unavailable");
    BOOST_TEST(granted_to(brad(), seeing(40)) == "authorization_unavailable");
}

BOOST_AUTO_TEST_CASE(in_many_namespaces_are_one_question_for_who_has_them_everywhere) {
    reviews.grants = {{"list", "backups", ""}};
    BOOST_TEST(granted_to(brad(), seeing(3)) == "ns-0 ns-1 ns-2 ");
    BOOST_TEST(reviews.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(in_many_namespaces_are_one_question_each_for_others) {
    reviews.grants = {{"list", "backups", "ns-7"}, {"list", "backups", "ns-39"}, {"get", "backups", "ns-1"}};
    BOOST_TEST(granted_to(brad(), seeing(40)) == "ns-7 ns-39 ");
    BOOST_TEST(reviews.asked.size() == 41U);
    BOOST_TEST(reviews.times("brad: list backups.soteria.dev in the namespace ns-3") == 1U);
}

BOOST_AUTO_TEST_CASE(of_nothing_are_none) {
    BOOST_TEST(granted_to(brad(), {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::auth
