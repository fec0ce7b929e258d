#include <soteria/base/time.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria {

BOOST_AUTO_TEST_SUITE(time_text)

BOOST_AUTO_TEST_CASE(an_instant_survives_its_text_form) {
    const auto when = parse_rfc3339("2026-04-12T15:30:00Z");
    BOOST_REQUIRE(when);
    BOOST_TEST(format_rfc3339(*when) == "2026-04-12T15:30:00Z");
    BOOST_TEST(format_stamp(*when) == "20260412-153000");
}

BOOST_AUTO_TEST_CASE(offsets_and_fractions_are_understood) {
    const auto when = parse_rfc3339("2026-04-12T17:30:00.123456789+02:00");
    BOOST_REQUIRE(when);
    BOOST_TEST(format_rfc3339_micro(*when) == "2026-04-12T15:30:00.123456Z");
}

BOOST_AUTO_TEST_CASE(what_is_no_instant_is_refused) {
    for (const auto* text : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-12T15:30:00",
                             "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2026-04-12T25:00:00Z",
                             "2026-04-12T15:30:00.Z", "2026-04-12T15:30:00Zx"})
        BOOST_TEST(!parse_rfc3339(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria
