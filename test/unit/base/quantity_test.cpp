#include <soteria/base/quantity.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria {

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(every_suffix_is_bytes) {
    BOOST_TEST(parse_quantity("50Gi").value() == 53687091200);
    BOOST_TEST(parse_quantity("1e9").value() == 1000000000);
    BOOST_TEST(parse_quantity("1E9").value() == 1000000000);
    BOOST_TEST(parse_quantity("500m").value() == 1);
    BOOST_TEST(parse_quantity("1.5Gi").value() == 1610612736);
    BOOST_TEST(parse_quantity("2147483648").value() == 2147483648);
    BOOST_TEST(parse_quantity("7E").value() == 7000000000000000000);
    BOOST_TEST(parse_quantity("0").value() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_no_quantity_is_refused) {
    for (const auto* text : {"", "Gi", "-1", "1 Gi", "1gi", "1e", "1.2.3", "9223372036854775808", "0x10"})
        BOOST_TEST(!parse_quantity(text), text);
}

BOOST_AUTO_TEST_CASE(the_shortest_exact_form_is_written) {
    BOOST_TEST(format_quantity(53687091200) == "50Gi");
    BOOST_TEST(format_quantity(69206016) == "66Mi");
    BOOST_TEST(format_quantity(1000) == "1000");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria
