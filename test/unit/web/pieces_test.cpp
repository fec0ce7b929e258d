#include "source/web/closest.hpp"
#include "source/web/compress.hpp"
#include "source/web/request_id.hpp"
#include "source/web/resolved_keys.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/web/listen_address.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

namespace soteria::web {

BOOST_AUTO_TEST_SUITE(addresses_to_listen_on)

BOOST_AUTO_TEST_CASE(a_bare_port_means_every_address_of_both_families) {
    const auto parsed = parse_listen_address(":8080").value();
    BOOST_TEST(parsed.endpoint.port() == 8080);
    BOOST_TEST(parsed.endpoint.address().is_v6());
    BOOST_TEST(parsed.endpoint.address().is_unspecified());
    BOOST_TEST(parsed.dual_stack);
}

BOOST_AUTO_TEST_CASE(an_address_means_that_one) {
    BOOST_TEST(parse_listen_address("127.0.0.1:0").value().endpoint.address().to_string() == "127.0.0.1");
    BOOST_TEST(!parse_listen_address("0.0.0.0:1").value().dual_stack);
    BOOST_TEST(parse_listen_address("[::1]:8080").value().endpoint.address().to_string() == "::1");
    BOOST_TEST(!parse_listen_address("[::1]:8080").value().dual_stack);
    BOOST_TEST(parse_listen_address("[::]:8080").value().dual_stack);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_and_named) {
    for (const auto* text :
         {"", "8080", ":", ":65536", ":-1", ":80x", "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1]"}) {
        const auto parsed = parse_listen_address(text);
        BOOST_REQUIRE_MESSAGE(!parsed, text);
        BOOST_TEST(parsed.error().message.find(text) != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(did_you_mean)

BOOST_AUTO_TEST_CASE(finds_the_near_word_and_nothing_far) {
    constexpr std::array<std::string_view, 3> known{"dry_run", "namespace", "target_pvc"};
    BOOST_TEST(closest("dryrun", known) == "dry_run");
    BOOST_TEST(closest("dryRun", known) == "dry_run");
    BOOST_TEST(closest("dry-run", known) == "dry_run");
    BOOST_TEST(closest("namespce", known) == "namespace");
    BOOST_TEST(closest("colour", known) == "");
    BOOST_TEST(closest(std::string(10'000, 'a'), known) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(accept_encoding)

BOOST_AUTO_TEST_CASE(is_read_with_its_qualities) {
    for (const auto* good : {"gzip", "br, gzip", "deflate;q=1, gzip;q=0.5", "*", "x-gzip"})
        BOOST_TEST(accepts_gzip(good), good);
    for (const auto* bad : {"", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *"})
        BOOST_TEST(!accepts_gzip(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(request_ids)

BOOST_AUTO_TEST_CASE(are_the_callers_where_they_are_sane_and_new_ones_otherwise) {
    BOOST_TEST(request_id_for("ci-42:a.b_C") == "ci-42:a.b_C");
    for (const auto& odd : {std::string(), std::string("a b"), std::string("a\"b"), std::string(129, 'a')}) {
        const auto made = request_id_for(odd);
        BOOST_TEST(made.size() == 16);
        BOOST_TEST(made != request_id_for(odd));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(keys_of_what_a_plan_resolved)

BOOST_AUTO_TEST_CASE(are_those_of_the_drivers) {
    BOOST_TEST(resolved::volume == backup::facts::volume);
    BOOST_TEST(resolved::snapshot == backup::facts::snapshot);
    BOOST_TEST(resolved::backup == backup::facts::backup);
    BOOST_TEST(resolved::backup_url == backup::facts::backup_url);
    BOOST_TEST(resolved::backup_created_at == backup::facts::backup_created_at);
    BOOST_TEST(resolved::job_name == backup::facts::job_name);
    BOOST_TEST(resolved::secret == backup::facts::secret);
    BOOST_TEST(resolved::source_pvc == backup::facts::source_pvc);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
