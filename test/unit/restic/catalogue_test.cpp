#include <soteria/base/utf8.hpp>
#include <soteria/restic/catalogue.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria;
using namespace soteria::restic;

namespace {

// An id that begins with `front`.
std::string id_of(const std::string& front) {
    return front + std::string(64 - front.size(), '0');
}

snapshot of(const std::string& front, const std::string& ns, const std::string& name, int minute,
            const std::string& uid = "u1") {
    snapshot one;
    one.id = id_of(front);
    one.time = *parse_rfc3339("2026-04-12T15:00:00Z") + std::chrono::minutes(minute);
    one.host = std::string(ns).append("/").append(name);
    one.tags = {"soteria:namespace=" + ns, "soteria:pvc=" + name, "soteria:uid=" + uid};
    one.paths = {"/data"};
    return one;
}

catalogue holding(std::vector<snapshot> snapshots) {
    catalogue all;
    std::ranges::sort(snapshots, newer);
    all.snapshots = std::move(snapshots);
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_catalogue)

BOOST_AUTO_TEST_CASE(groups_snapshots_by_pvc_newest_first_and_leaves_foreign_ones_out) {
    auto foreign = of("f0", "ai", "other", 9);
    foreign.host = "laptop";
    const auto all =
        holding({of("a0", "ai", "cache", 1), of("b0", "ai", "cache", 3), of("c0", "db", "cache", 2), foreign});
    const auto groups = by_pvc(all);
    BOOST_TEST(groups.size() == 2U);
    const auto& cache = groups.at({"ai", "cache"});
    BOOST_REQUIRE(cache.size() == 2U);
    BOOST_TEST(cache.at(0)->id == id_of("b0"));
    BOOST_TEST(cache.at(1)->id == id_of("a0"));
}

BOOST_AUTO_TEST_CASE(latest_is_the_newest_complete_snapshot_of_that_pvc_object) {
    auto incomplete = of("d0", "ai", "cache", 9);
    incomplete.tags.emplace_back("soteria:incomplete");
    const auto all = holding({of("a0", "ai", "cache", 1, "old"), of("b0", "ai", "cache", 3, "new"),
                              of("c0", "ai", "cache", 5, "old"), incomplete});
    const auto snapshots = by_pvc(all).at({"ai", "cache"});
    BOOST_TEST(latest_of(snapshots, "")->id == id_of("c0"));
    BOOST_TEST(latest_of(snapshots, "new")->id == id_of("b0"));
    BOOST_TEST((latest_of(snapshots, "never backed up") == nullptr));
    BOOST_TEST((latest_of({}, "") == nullptr));
}

BOOST_AUTO_TEST_CASE(finds_by_the_full_id_or_a_unique_prefix_of_eight) {
    const auto all = holding({of("1234567890", "ai", "cache", 1), of("1234567891", "ai", "cache", 2)});
    BOOST_TEST(find(all, id_of("1234567890")).value()->id == id_of("1234567890"));
    BOOST_TEST(find(all, "1234567891").value()->id == id_of("1234567891"));
}

BOOST_AUTO_TEST_CASE(refuses_an_ambiguous_prefix_and_names_the_candidates) {
    const auto all = holding({of("1234567890", "ai", "cache", 1), of("1234567891", "ai", "cache", 2)});
    const auto found = find(all, "12345678");
    BOOST_REQUIRE(!found);
    BOOST_TEST((found.error().code == errc::unprocessable));
    BOOST_TEST(found.error().reason == "ambiguous_snapshot");
    BOOST_TEST(found.error().message.find(id_of("1234567890")) != std::string::npos);
    BOOST_TEST(found.error().message.find(id_of("1234567891")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(does_not_find_what_is_not_there_too_short_or_no_id) {
    const auto all = holding({of("1234567890", "ai", "cache", 1)});
    for (const std::string text : {"1234567", "ffffffff", "latest", "soteria-backup-cache-20260412-153000", ""}) {
        const auto found = find(all, text);
        BOOST_REQUIRE_MESSAGE(!found, text);
        BOOST_TEST((found.error().code == errc::not_found), text);
        BOOST_TEST(found.error().reason == "no_backup", text);
    }
}

BOOST_AUTO_TEST_CASE(finds_a_snapshot_by_the_id_that_it_had_before_it_was_marked) {
    auto marked = of("aaaaaaaa", "ai", "cache", 1);
    marked.original = id_of("bbbbbbbb");
    const auto all = holding({marked});
    BOOST_TEST(find(all, id_of("bbbbbbbb")).value()->id == id_of("aaaaaaaa"));
    BOOST_TEST(find(all, "bbbbbbbb").value()->id == id_of("aaaaaaaa"));
}

BOOST_AUTO_TEST_CASE(prefers_what_a_snapshot_is_called_now) {
    // A change of tags that was interrupted leaves both: the new one, and the one that it was made from.
    auto marked = of("aaaaaaaa", "ai", "cache", 1);
    marked.original = id_of("bbbbbbbb");
    const auto all = holding({marked, of("bbbbbbbb", "ai", "cache", 1)});
    BOOST_TEST(find(all, id_of("bbbbbbbb")).value()->id == id_of("bbbbbbbb"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_catalogue_as_text)

BOOST_AUTO_TEST_CASE(comes_back_as_it_was) {
    auto rich = of("a0", "ai", "cache", 1);
    rich.original = id_of("b0");
    rich.tags.emplace_back("größe=\"ü\"\\ \n");
    rich.paths = {"/data", "/große datei"};
    rich.size_bytes = 123;
    const std::vector<snapshot> all{of("c0", "db", "cache", 2), rich};
    const auto back = decode(encode(all, 1u << 20));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == all));
}

BOOST_AUTO_TEST_CASE(of_nothing_is_nothing) {
    BOOST_TEST(encode({}, 1000).empty());
    BOOST_TEST(decode({}).value().empty());
}

BOOST_AUTO_TEST_CASE(has_a_line_a_snapshot_and_no_text_is_longer_than_allowed) {
    std::vector<snapshot> all;
    all.reserve(100);
    for (int each = 0; each < 100; ++each)
        all.push_back(of(std::to_string(1000 + each), "ai", "cache", 100 - each));
    const auto texts = encode(all, 1000);
    BOOST_TEST(texts.size() > 10U);
    for (const auto& text : texts) {
        BOOST_TEST(text.size() <= 1000U);
        BOOST_TEST(text.back() == '\n');
    }
    BOOST_TEST((decode(texts).value() == all));
}

BOOST_AUTO_TEST_CASE(spreads_a_snapshot_that_is_longer_than_a_text_over_several_never_within_a_character) {
    auto large = of("a0", "ai", "cache", 2);
    for (int each = 0; each < 50; ++each)
        large.paths.push_back("/größe/ファイル-" + std::to_string(each));
    const std::vector<snapshot> all{of("b0", "ai", "cache", 3), large, of("c0", "ai", "cache", 1)};
    for (const std::size_t most : {1U, 4U, 7U, 64U, 100U, 301U}) {
        const auto texts = encode(all, most);
        BOOST_TEST(std::ranges::all_of(texts, [](const auto& text) { return is_utf8(text); }), most);
        BOOST_TEST(
            std::ranges::all_of(texts, [&](const auto& text) { return text.size() <= std::max<std::size_t>(most, 4); }),
            most);
        BOOST_TEST((decode(texts).value() == all), most);
    }
}

BOOST_AUTO_TEST_CASE(is_newest_first_whatever_the_order_was) {
    const auto back = decode(encode({of("a0", "ai", "cache", 1), of("b0", "ai", "cache", 2)}, 1000));
    BOOST_TEST(back.value().front().id == id_of("b0"));
}

BOOST_AUTO_TEST_CASE(that_is_not_ours_or_was_cut_is_refused_in_words) {
    const auto text = encode({of("a0", "ai", "cache", 1)}, 1000).front();
    for (const auto& wrong : {std::string("{}\n"), std::string("hello\n"), text.substr(0, text.size() - 1),
                              text.substr(0, 20), text + "{"}) {
        const auto back = decode({wrong});
        BOOST_REQUIRE_MESSAGE(!back, wrong);
        BOOST_TEST((back.error().code == errc::bad_answer));
    }
}

BOOST_AUTO_TEST_SUITE_END()
