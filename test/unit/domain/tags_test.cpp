#include <soteria/domain/tags.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::domain {

BOOST_AUTO_TEST_SUITE(tags)

BOOST_AUTO_TEST_CASE(tags_become_labels) {
    const auto labels = tags_to_labels({"service=llm", "nightly", "note=a=b"});
    BOOST_REQUIRE_MESSAGE(labels, labels.error().message);
    BOOST_TEST(labels->at("service") == "llm");
    BOOST_TEST(labels->at("nightly") == "true");
    BOOST_TEST(labels->at("note") == "a=b");
}

BOOST_AUTO_TEST_CASE(a_tag_that_cannot_be_a_label_is_refused_by_name) {
    for (const auto* bad : {"a=", "=x", "-a=x", "a b=x", ""}) {
        const auto labels = tags_to_labels({bad});
        BOOST_REQUIRE_MESSAGE(!labels, bad);
        BOOST_TEST((labels.error().code == errc::invalid), bad);
    }
    BOOST_TEST(!tags_to_labels({"a=1", "a=2"}));
    BOOST_TEST(!tags_to_labels(std::vector<std::string>(33, "a")));
    BOOST_TEST(!tags_to_labels({std::string(257, 'a')}));
}

BOOST_AUTO_TEST_CASE(reserved_keys_need_the_cluster_to_refuse) {
    for (const auto* bad : {"KubernetesStatus=x", "RecurringJob=x", "ranchervm-base-image=x", "longhorn.io/x=1",
                            "soteria.dev/operation=x"}) {
        const auto labels = tags_to_labels({bad});
        BOOST_REQUIRE_MESSAGE(!labels, bad);
        BOOST_TEST((labels.error().code == errc::unprocessable), bad);
        BOOST_TEST(labels.error().reason == "reserved_tag");
    }
}

BOOST_AUTO_TEST_CASE(the_labels_of_others_and_our_own_are_no_tags) {
    const auto shown = labels_to_tags({{"service", "llm"},
                                       {"KubernetesStatus", "{}"},
                                       {"longhorn.io/volume-access-mode", "rwo"},
                                       {"soteria.dev/operation", "u"}});
    BOOST_REQUIRE(shown.size() == 1U);
    BOOST_TEST(shown[0] == "service=llm");
}

BOOST_AUTO_TEST_CASE(tags_of_a_restic_snapshot_stay_what_they_are) {
    BOOST_TEST(check_restic_tags({"service=llm", "nightly", "a=b=c", "=x", "größe"}).has_value());
    BOOST_TEST(check_restic_tags({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_tag_that_restic_would_split_or_that_looks_like_ours_is_refused_by_name) {
    for (const auto* bad : {"a,b", "soteria:pvc=x", "soteria:", "", "a\nb"}) {
        const auto refused = check_restic_tags({"good", bad});
        BOOST_REQUIRE_MESSAGE(!refused, bad);
        BOOST_TEST((refused.error().code == errc::invalid), bad);
        BOOST_TEST(refused.error().reason == "invalid_tags", bad);
    }
    BOOST_TEST(check_restic_tags({"a,b"}).error().message.find("\"a,b\"") != std::string::npos);
    BOOST_TEST(!check_restic_tags(std::vector<std::string>(33, "a")));
    BOOST_TEST(!check_restic_tags({std::string(257, 'a')}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::domain
