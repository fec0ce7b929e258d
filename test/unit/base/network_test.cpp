#include <soteria/base/network.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria {
namespace {

bool contains(std::string_view range, const char* address) {
    return network::parse(range).value().contains(boost::asio::ip::make_address(address));
}

} // namespace

BOOST_AUTO_TEST_SUITE(trusted_networks)

BOOST_AUTO_TEST_CASE(a_range_holds_its_addresses_and_no_others) {
    BOOST_TEST(contains("10.0.0.0/8", "10.200.3.4"));
    BOOST_TEST(!contains("10.0.0.0/8", "11.0.0.1"));
    BOOST_TEST(contains("fd00::/8", "fd12:3456::1"));
    BOOST_TEST(!contains("fd00::/8", "fe80::1"));
    BOOST_TEST(contains("0.0.0.0/0", "203.0.113.9"));
    BOOST_TEST(!contains("0.0.0.0/0", "::1"));
}

BOOST_AUTO_TEST_CASE(host_bits_may_be_set_and_a_bare_address_is_a_range_of_one) {
    BOOST_TEST(contains("10.1.2.3/8", "10.9.9.9"));
    BOOST_TEST(contains("192.0.2.7", "192.0.2.7"));
    BOOST_TEST(!contains("192.0.2.7", "192.0.2.8"));
}

BOOST_AUTO_TEST_CASE(a_v4_peer_of_a_dual_stack_socket_counts_as_v4) {
    BOOST_TEST(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
    BOOST_TEST(!contains("10.0.0.0/8", "::ffff:11.1.1.1"));
}

BOOST_AUTO_TEST_CASE(a_range_of_mapped_addresses_is_the_v4_range_that_it_means) {
    BOOST_TEST(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
    BOOST_TEST(contains("::ffff:10.0.0.0/104", "::ffff:10.1.1.1"));
    BOOST_TEST(!contains("::ffff:10.0.0.0/104", "11.1.1.1"));
    BOOST_TEST(contains("::ffff:192.0.2.7", "192.0.2.7"));
    BOOST_TEST(!contains("::/0", "10.1.1.1"));
}

BOOST_AUTO_TEST_CASE(a_link_local_peer_counts_whatever_its_interface) {
    BOOST_TEST(contains("fe80::/10", "fe80::1%1"));
    BOOST_TEST(contains("fe80::1", "fe80::1%1"));
    BOOST_TEST(!contains("fe80::1", "fe80::2%1"));
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused_and_named) {
    for (const auto* text : {"", "ten", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8",
                             "10.0.0.0/8x", "fe80::1%1", "fe80::%1/10", "::ffff:10.0.0.0/95"}) {
        const auto parsed = network::parse(text);
        BOOST_REQUIRE_MESSAGE(!parsed, text);
        BOOST_TEST(parsed.error().message.find(text) != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria
