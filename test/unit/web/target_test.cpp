#include <soteria/web/message.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria::web {
namespace {

request read(std::string_view target) {
    request made;
    read_target(target, made);
    return made;
}

using parts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(a_request_target)

BOOST_AUTO_TEST_CASE(is_split_into_decoded_parts_and_parameters) {
    const auto made = read("/v1/back%75ps?namespace=ai&pvc=llm%2Dcache&note=a+b%2B&verbose");
    BOOST_TEST(made.path == "/v1/back%75ps");
    BOOST_TEST(made.segments == (parts{"v1", "backups"}), boost::test_tools::per_element());
    BOOST_TEST(made.parameter("pvc").value() == "llm-cache");
    BOOST_TEST(made.parameter("note").value() == "a b+");
    BOOST_TEST(made.parameter("verbose").value() == "");
    BOOST_TEST(!made.parameter("other"));
}

BOOST_AUTO_TEST_CASE(keeps_an_encoded_slash_inside_its_part) {
    BOOST_TEST(read("/v1/operations/a%2Fb").segments == (parts{"v1", "operations", "a/b"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_name_the_host_as_proxies_write_it) {
    const auto made = read("http://soteria:8080/healthz?x=1");
    BOOST_TEST(made.path == "/healthz");
    BOOST_TEST(made.segments == (parts{"healthz"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_a_parameter_twice_is_refused_and_named) {
    BOOST_TEST(read("/v1/backups?pvc=a&pvc=b").twice == "pvc");
}

BOOST_AUTO_TEST_CASE(that_cannot_be_read_is_refused) {
    for (const auto* target : {"", "*x", "/%zz", "/a b", "healthz"})
        BOOST_TEST(!read(target).bad_target.empty(), target);
}

BOOST_AUTO_TEST_CASE(that_is_not_utf8_is_refused_and_shown_as_it_can_be) {
    BOOST_TEST(read("/v1/operations/%FF").bad_target == "the request target is not UTF-8");
    BOOST_TEST(read("/v1/backups?namespace=%C3%28&pvc=x").bad_target == "the request target is not UTF-8");
    BOOST_TEST(read("/v1/\xff").path == "/v1/\xef\xbf\xbd");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(request_headers)

BOOST_AUTO_TEST_CASE(are_found_without_case) {
    request made;
    made.headers = {{"Content-TYPE", "a"}, {"content-type", "b"}};
    BOOST_TEST(made.header("Content-Type") == "a");
    BOOST_TEST(made.header("Accept") == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
