#include "source/web/head.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace soteria::web {
namespace {

using outcome = head_scanner::outcome;

// "complete 42", "incomplete", "400 why": of the whole text, which must be that of the text byte by byte as well.
std::string scanned(const std::string& text) {
    const auto said = [](const head_scanner& scanner, outcome found) {
        if (found == outcome::bad)
            return std::to_string(scanner.why().status) + " " + scanner.why().detail;
        return found == outcome::complete ? "complete " + std::to_string(scanner.size()) : std::string("incomplete");
    };
    head_scanner whole;
    auto at_once = said(whole, whole.look(text));
    head_scanner slow;
    auto found = outcome::incomplete;
    for (std::size_t length = 1; length <= text.size() && found == outcome::incomplete; ++length)
        found = slow.look(std::string_view(text).substr(0, length));
    BOOST_TEST(said(slow, found) == at_once, text);
    return at_once;
}

const std::string line = "GET / HTTP/1.1\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(the_head_of_a_request)

BOOST_AUTO_TEST_CASE(ends_with_an_empty_line) {
    BOOST_TEST(scanned(line + "Host: a\r\n\r\nbody") == "complete 27");
    BOOST_TEST(scanned(line + "Host: a\r\n") == "incomplete");
    BOOST_TEST(scanned(line + "Host: a\r") == "incomplete");
    BOOST_TEST(scanned("") == "incomplete");
}

BOOST_AUTO_TEST_CASE(may_come_after_an_empty_line) {
    head_scanner scanner;
    BOOST_TEST((scanner.look("\r\n\r\n" + line + "\r\n") == outcome::complete));
    BOOST_TEST(scanner.skipped() == 4u);
    BOOST_TEST(scanned("\r\n\r\n\r\n" + line) == "400 the request begins with empty lines");
}

BOOST_AUTO_TEST_CASE(has_no_lines_that_two_readers_may_split_differently) {
    BOOST_TEST(scanned(line + "Host: a\n\r\n") == "400 a line ends without a carriage return");
    BOOST_TEST(scanned("GET / HTTP/1.1\n") == "400 a line ends without a carriage return");
    BOOST_TEST(scanned(line + "X: a\rContent-Length: 5\r\n\r\n").starts_with("400 "));
    BOOST_TEST(scanned(line + "X: a\r\n Content-Length: 5\r\n\r\n") == "400 a header is folded over two lines");
    BOOST_TEST(scanned(line + "X: a\r\n\tb\r\n\r\n") == "400 a header is folded over two lines");
    BOOST_TEST(scanned(line + "X: a" + std::string(1, '\0') + "\r\n\r\n") == "400 the head holds a control character");
}

BOOST_AUTO_TEST_CASE(has_headers_with_names) {
    for (const auto* bad : {"Host", "Content-Length : 5", ": a", "Ho st: a", "Höst: a", "\"a\": b"})
        BOOST_TEST(scanned(line + bad + "\r\n\r\n") == "400 a header has no name that is one", bad);
    BOOST_TEST(scanned(line + "x-ok_1!: \xc3\xa4\t\r\n\r\n").starts_with("complete"));
}

BOOST_AUTO_TEST_CASE(has_at_most_a_hundred_of_them) {
    std::string hundred = line;
    for (int i = 0; i < 100; ++i)
        hundred += "X: a\r\n";
    BOOST_TEST(scanned(hundred + "\r\n").starts_with("complete"));
    BOOST_TEST(scanned(hundred + "X: a\r\n\r\n") == "431 the request has more than 100 headers");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
