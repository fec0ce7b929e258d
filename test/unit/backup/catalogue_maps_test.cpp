// The catalogue as ConfigMaps: what is written is what is read, and little is written anew.
#include <soteria/backup/catalogue_maps.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/restic/manifests.hpp>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace soteria;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00.123456Z");
const std::string repository = "s3:https://s3.example/atlas";

restic::snapshot snapshot(int number) {
    restic::snapshot made;
    made.id = sha256_hex("snapshot " + std::to_string(number));
    made.time = noon - std::chrono::minutes(number);
    made.host = "ai/llm-cache";
    made.tags = {"soteria:namespace=ai", "soteria:pvc=llm-cache"};
    made.paths = {"/data"};
    return made;
}

std::vector<restic::snapshot> snapshots(int count) {
    std::vector<restic::snapshot> made;
    made.reserve(static_cast<std::size_t>(count));
    for (int each = 0; each < count; ++each)
        made.push_back(snapshot(each));
    return made;
}

// As Kubernetes gives back what was created or patched.
backup::catalogue_map stored(const boost::json::object& manifest) {
    auto map = backup::decode_catalogue_map(manifest);
    BOOST_REQUIRE(map);
    return *map;
}

std::set<std::string> texts_of(const std::vector<restic::snapshot>& all) {
    const auto texts = backup::part_texts(all);
    return {texts.begin(), texts.end()};
}

std::size_t in_both(const std::set<std::string>& left, const std::set<std::string>& right) {
    return static_cast<std::size_t>(
        std::ranges::count_if(left, [&right](const auto& each) { return right.contains(each); }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_catalogue_is_kept_in_config_maps)

BOOST_AUTO_TEST_CASE(a_head_comes_back_as_it_was_written) {
    backup::catalogue_head head;
    head.listed_at = noon;
    head.repository_exists = true;
    head.failing = restic::trouble{"wrong_password", "the password is wrong", noon + 1s};
    head.parts = {"soteria-catalogue-a-1", "soteria-catalogue-a-2"};
    const auto map = stored(backup::head_manifest("soteria", repository, head));
    BOOST_TEST(map.meta.ns == "soteria");
    BOOST_TEST(map.meta.name == backup::head_name(repository));
    BOOST_TEST((backup::read_head(map) == head));
}

BOOST_AUTO_TEST_CASE(a_catalogue_that_was_never_listed_says_so) {
    const backup::catalogue_head head;
    BOOST_TEST((backup::read_head(stored(backup::head_manifest("soteria", repository, head))) == head));
}

BOOST_AUTO_TEST_CASE(the_patch_of_a_head_is_conditional_and_takes_away_what_is_over) {
    backup::catalogue_head head;
    head.listed_at = noon;
    const auto patch = backup::head_patch(head, "41");
    BOOST_TEST(patch.at("metadata").at("resourceVersion") == "41");
    BOOST_TEST(patch.at("data").at("failingCode").is_null());
    BOOST_TEST(patch.at("data").at("listedAt") == "2026-04-12T12:00:00.123456Z");
}

BOOST_AUTO_TEST_CASE(what_the_reflector_selects_by_is_on_every_map_and_no_url_is) {
    const auto selector = backup::catalogue_selector(repository);
    for (const auto& manifest :
         {backup::head_manifest("soteria", repository, {}), backup::part_manifest("soteria", repository, "text")}) {
        const auto& labels = manifest.at("metadata").at("labels").as_object();
        BOOST_TEST("soteria.dev/catalogue=" + std::string(labels.at("soteria.dev/catalogue").as_string()) == selector);
        BOOST_TEST(boost::json::serialize(manifest).find("s3.example") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_part_is_named_by_what_it_holds_and_never_changed) {
    const auto part = backup::part_manifest("soteria", repository, "one text");
    BOOST_TEST(part.at("immutable").as_bool());
    const auto map = stored(part);
    BOOST_TEST(!backup::read_head(map).has_value());
    BOOST_TEST(backup::part_text(map) == "one text");
    BOOST_TEST(map.meta.name == backup::part_name(repository, "one text"));
    BOOST_TEST(map.meta.name != backup::part_name(repository, "another text"));
    BOOST_TEST(map.meta.name.size() <= 253U);
}

BOOST_AUTO_TEST_CASE(each_part_can_be_read_by_itself_and_together_they_hold_every_snapshot) {
    const auto all = snapshots(3000);
    std::vector<restic::snapshot> read;
    for (const auto& text : backup::part_texts(all)) {
        BOOST_TEST(text.size() < 1'000'000U);
        const auto part = restic::decode({text});
        BOOST_REQUIRE(part);
        read.insert(read.end(), part->begin(), part->end());
    }
    std::ranges::sort(read, restic::newer);
    BOOST_TEST((read == all));
}

BOOST_AUTO_TEST_CASE(the_order_of_the_snapshots_does_not_matter) {
    auto all = snapshots(1500);
    const auto texts = backup::part_texts(all);
    std::ranges::reverse(all);
    BOOST_TEST(backup::part_texts(all) == texts);
}

BOOST_AUTO_TEST_CASE(one_more_and_one_less_change_two_parts_of_many) {
    auto all = snapshots(5000);
    const auto before = texts_of(all);
    all.push_back(snapshot(5000));
    all.erase(all.begin() + 17);
    const auto after = texts_of(all);
    BOOST_TEST(after.size() == before.size());
    BOOST_TEST(in_both(before, after) >= before.size() - 2);
}

BOOST_AUTO_TEST_CASE(no_snapshots_are_no_parts) {
    BOOST_TEST(backup::part_texts({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
