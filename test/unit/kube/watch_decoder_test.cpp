#include <soteria/kube/watch_decoder.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

const std::string lines =
    R"({"type":"ADDED","object":{"metadata":{"name":"ä","resourceVersion":"5","managedFields":[{"a":1}]}}})"
    "\n"
    R"({"type":"MODIFIED","object":{"metadata":{"name":"b","resourceVersion":"6"}}})"
    "\r\n\n"
    R"({"type":"DELETED","object":{"metadata":{"name":"c","resourceVersion":"7"}}})"
    "\n"
    R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}})"
    "\n"
    R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"
    "\n";

void expect_the_five_events(const std::vector<watch_event>& events) {
    using kind = watch_event::kind;
    BOOST_REQUIRE(events.size() == 5U);
    BOOST_TEST((events[0].type == kind::added));
    BOOST_TEST(events[0].resource_version == "5");
    BOOST_TEST(events[0].object.at("metadata").at("name").as_string() == "ä");
    BOOST_TEST(!events[0].object.at("metadata").as_object().contains("managedFields"));
    BOOST_TEST((events[1].type == kind::modified));
    BOOST_TEST((events[2].type == kind::deleted));
    BOOST_TEST((events[3].type == kind::bookmark));
    BOOST_TEST(events[3].resource_version == "8");
    BOOST_TEST((events[4].type == kind::error));
    BOOST_TEST(events[4].object.at("code").as_int64() == 410);
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_watch_decoder)

BOOST_AUTO_TEST_CASE(gives_the_same_events_wherever_the_bytes_are_cut) {
    for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
        watch_decoder decoder;
        std::vector<watch_event> events;
        BOOST_REQUIRE(decoder.feed(std::string_view(lines).substr(0, cut), events));
        BOOST_REQUIRE(decoder.feed(std::string_view(lines).substr(cut), events));
        expect_the_five_events(events);
    }
}

BOOST_AUTO_TEST_CASE(takes_single_bytes) {
    watch_decoder decoder;
    std::vector<watch_event> events;
    for (const char each : lines)
        BOOST_REQUIRE(decoder.feed(std::string_view(&each, 1), events));
    expect_the_five_events(events);
}

BOOST_AUTO_TEST_CASE(keeps_an_unfinished_line_back) {
    watch_decoder decoder;
    std::vector<watch_event> events;
    BOOST_REQUIRE(decoder.feed(R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}})", events));
    BOOST_TEST(events.empty());
    BOOST_REQUIRE(decoder.feed("\n", events));
    BOOST_TEST(events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(refuses_lines_that_are_no_events) {
    for (const auto* line : {"nonsense", "{}", "[]", R"({"type":"ADDED"})", R"({"type":5,"object":{}})",
                             R"({"type":"ADDED","object":[]})", R"({"type":"ADDED","object":{"metadata":{}}})",
                             R"({"type":"BOOKMARK","object":{}})", R"({"type":"ADDED","object":{}} trailing)"}) {
        watch_decoder decoder;
        std::vector<watch_event> events;
        const auto fed = decoder.feed(std::string(line) + "\n", events);
        BOOST_TEST_CONTEXT(line) {
            BOOST_REQUIRE(!fed);
            BOOST_TEST((fed.error().code == errc::bad_answer));
            BOOST_TEST(events.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(keeps_the_events_before_a_bad_line) {
    watch_decoder decoder;
    std::vector<watch_event> events;
    BOOST_TEST(!decoder.feed(lines + "nonsense\n", events));
    expect_the_five_events(events);
}

BOOST_AUTO_TEST_CASE(skips_event_types_it_does_not_know) {
    watch_decoder decoder;
    std::vector<watch_event> events;
    BOOST_REQUIRE(decoder.feed("{\"type\":\"NEWS\",\"object\":{}}\n", events));
    BOOST_TEST(events.empty());
}

BOOST_AUTO_TEST_CASE(bounds_the_length_of_a_line_however_it_arrives) {
    for (const std::size_t piece : {1U, 7U, 200U}) {
        watch_decoder decoder(100);
        std::vector<watch_event> events;
        bool refused = false;
        for (std::size_t sent = 0; sent < 200 && !refused; sent += piece)
            refused = !decoder.feed(std::string(piece, 'x'), events);
        BOOST_TEST(refused);
    }
}

BOOST_AUTO_TEST_SUITE_END()
