#include <soteria/restic/snapshot.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::restic;

namespace {

const std::string id(64, 'a');
const std::string other_id(64, 'b');

boost::json::object parse(const std::string& text) {
    return boost::json::parse(text).as_object();
}

snapshot ours() {
    snapshot one;
    one.id = id;
    one.host = "ai/llm-cache";
    one.tags = {"soteria:namespace=ai", "soteria:pvc=llm-cache", "soteria:uid=u1", "soteria:op=o1", "service=llm"};
    return one;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_snapshot)

BOOST_AUTO_TEST_CASE(is_read_with_all_its_fields) {
    const auto one = decode_snapshot(parse(R"({"time":"2026-04-12T17:30:00.123456789+02:00","parent":"x","tree":"y",
        "paths":["/data"],"hostname":"ai/llm-cache","username":"root","tags":["soteria:pvc=llm-cache","nightly"],
        "original":")" + other_id + R"(","summary":{"total_bytes_processed":4096},"id":")" +
                                           id + R"(","short_id":"aaaaaaaa"})"));
    BOOST_REQUIRE(one);
    BOOST_TEST(one->id == id);
    BOOST_TEST(one->original == other_id);
    BOOST_TEST(format_rfc3339_micro(one->time) == "2026-04-12T15:30:00.123456Z");
    BOOST_TEST(one->host == "ai/llm-cache");
    BOOST_TEST(one->paths.at(0) == "/data");
    BOOST_TEST(one->tags.size() == 2U);
    BOOST_TEST(one->size_bytes.value() == 4096);
}

BOOST_AUTO_TEST_CASE(without_an_id_or_a_time_is_none) {
    const std::vector<std::string> wrong{R"({"time":"2026-04-12T17:30:00Z"})",
                                         R"({"time":"2026-04-12T17:30:00Z","id":"abcd"})",
                                         R"({"time":"yesterday","id":")" + id + "\"}", R"({"id":")" + id + "\"}"};
    for (const auto& text : wrong) {
        const auto one = decode_snapshot(parse(text));
        BOOST_REQUIRE_MESSAGE(!one, text);
        BOOST_TEST((one.error().code == errc::bad_answer), text);
    }
}

BOOST_AUTO_TEST_CASE(belongs_to_the_pvc_that_its_tags_name_if_its_host_agrees) {
    BOOST_TEST(ours().pvc().value().text() == "ai/llm-cache");
    auto foreign = ours();
    foreign.host = "laptop";
    BOOST_TEST(!foreign.pvc().has_value());
}

BOOST_AUTO_TEST_CASE(belongs_to_no_pvc_where_a_tag_is_missing_or_holds_no_name) {
    auto nameless = ours();
    nameless.tags.erase(nameless.tags.begin() + 1);
    BOOST_TEST(!nameless.pvc().has_value());
    auto illegal = ours();
    illegal.tags.at(0) = "soteria:namespace=a/b";
    illegal.host = "a/b/llm-cache";
    BOOST_TEST(!illegal.pvc().has_value());
}

BOOST_AUTO_TEST_CASE(shows_the_values_of_our_tags_and_keeps_the_callers_apart) {
    BOOST_TEST(ours().tag_value(uid_tag) == "u1");
    BOOST_TEST(ours().tag_value(operation_tag) == "o1");
    BOOST_TEST(ours().tag_value("soteria:absent=").empty());
    BOOST_TEST(ours().own_tags().size() == 1U);
    BOOST_TEST(ours().own_tags().at(0) == "service=llm");
}

BOOST_AUTO_TEST_CASE(is_incomplete_once_it_is_marked) {
    auto one = ours();
    BOOST_TEST(!one.incomplete());
    one.tags.emplace_back("soteria:incomplete");
    BOOST_TEST(one.incomplete());
}

BOOST_AUTO_TEST_CASE(that_is_newer_comes_first_and_equal_times_are_ordered_by_id) {
    snapshot older;
    snapshot newer_one;
    older.id = newer_one.id = id;
    newer_one.time = older.time + std::chrono::microseconds(1);
    BOOST_TEST(newer(newer_one, older));
    BOOST_TEST(!newer(older, newer_one));
    snapshot same_time = older;
    same_time.id = other_id;
    BOOST_TEST(newer(older, same_time));
    BOOST_TEST(!newer(same_time, older));
    BOOST_TEST(!newer(older, older));
}

BOOST_AUTO_TEST_SUITE_END()
