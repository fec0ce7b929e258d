#include <soteria/events/position.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria::events;

BOOST_AUTO_TEST_SUITE(a_position)

BOOST_AUTO_TEST_CASE(is_written_with_the_version_of_its_shape_and_both_kinds) {
    BOOST_TEST(to_string(position{"41", "107"}) == "1.41.107");
    BOOST_TEST((parse_position("1.41.107") == position{"41", "107"}));
    BOOST_TEST((parse_position("1.0.18446744073709551615") == position{"0", "18446744073709551615"}));
}

BOOST_AUTO_TEST_CASE(is_nothing_else) {
    for (const auto* text : {"", "1", "1.", "1.2", "1.2.", "1..2", "2.3.4", "1.2.3.4", "1.2.x", "1.-2.3", "1. 2.3",
                             "1.2.3 ", "1.02.3", "1.2.03", "1.123456789012345678901.3", "1.2.0x3", "01.2.3"})
        BOOST_TEST(!parse_position(text).has_value(), "\"" << text << "\" should be no position");
}

BOOST_AUTO_TEST_CASE(orders_versions_as_numbers_of_any_length) {
    BOOST_TEST(newer_version("10", "9"));
    BOOST_TEST(newer_version("11", "10"));
    BOOST_TEST(!newer_version("10", "10"));
    BOOST_TEST(!newer_version("9", "10"));
    BOOST_TEST(newer_version("1", ""));
}

BOOST_AUTO_TEST_CASE(covers_another_only_where_it_is_behind_in_neither_kind) {
    const position at{"10", "20"};
    BOOST_TEST(at.covers(at));
    BOOST_TEST(at.covers({"9", "20"}));
    BOOST_TEST(!at.covers({"11", "1"}));
    BOOST_TEST(!at.covers({"1", "100"}));
    BOOST_TEST((later(at, {"11", "3"}) == position{"11", "20"}));
}

BOOST_AUTO_TEST_SUITE_END()
