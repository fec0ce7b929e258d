#include <soteria/base/digest.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria {

BOOST_AUTO_TEST_SUITE(digests)

BOOST_AUTO_TEST_CASE(a_known_hash) {
    BOOST_TEST(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(a_uuid_is_26_characters_and_its_own) {
    const auto one = uuid_base32("123e4567-e89b-12d3-a456-426614174000");
    BOOST_TEST(one.size() == 26U);
    BOOST_TEST(one == "ci7ekz7itmjnhjcwijtbif2aaa");
    BOOST_TEST(uuid_base32("not-a-uuid").size() == 26U);
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_the_same_way_every_time) {
    const std::string name(80, 'x');
    BOOST_TEST(shortened(name, 63).size() <= 63U);
    BOOST_TEST(shortened(name, 63) == shortened(name, 63));
    BOOST_TEST(shortened(name, 63) != shortened(name + "y", 63));
    BOOST_TEST(shortened("short", 63) == "short");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria
