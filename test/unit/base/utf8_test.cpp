#include <soteria/base/utf8.hpp>

#include <boost/test/unit_test.hpp>

namespace soteria {

BOOST_AUTO_TEST_SUITE(text_from_outside)

BOOST_AUTO_TEST_CASE(is_utf8_or_made_so) {
    for (const std::string_view good : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x99", "\xed\x9f\xbf"}) {
        BOOST_TEST(is_utf8(good), good);
        BOOST_TEST(as_utf8(good) == good);
    }
    for (const std::string_view bad :
         {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
        BOOST_TEST(!is_utf8(bad));
    BOOST_TEST(as_utf8("a\xc3(b\xe2\x82") == "a\xef\xbf\xbd(b\xef\xbf\xbd\xef\xbf\xbd");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria
