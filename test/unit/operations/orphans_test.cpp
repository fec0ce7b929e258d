#include "test/support/idle_driver.hpp"
#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/domain/names.hpp>
#include <soteria/kube/http_kube_client.hpp>
#include <soteria/operations/orphans.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using backup::unused_object;
using operations::without_record;

namespace {

const unused_object volume{"LonghornVolume", "", "soteria-a", "soteria-a", "detached"};
const unused_object job{"Job", "ai", "soteria-backup-x", "uid-1", "suspended"};

// Always finds the same volume.
class finding_driver final : public test::idle_driver {
public:
    using idle_driver::idle_driver;

    std::size_t asked = 0;

    boost::asio::awaitable<result<std::vector<unused_object>>> unused(async::deadline) override {
        ++asked;
        co_return std::vector{volume};
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(an_orphan)

BOOST_AUTO_TEST_CASE(is_what_no_record_accounts_for) {
    BOOST_TEST((without_record({volume, job}, {volume, job}, {"uid-1"}) == std::vector{volume}));
    BOOST_TEST(without_record({volume, job}, {volume, job}, {"uid-1", "soteria-a"}).empty());
}

BOOST_AUTO_TEST_CASE(was_there_before_and_after_the_records_were_read_in_whatever_state) {
    auto later = volume;
    later.state = "attached";
    BOOST_TEST((without_record({volume}, {later}, {}) == std::vector{later}));
    BOOST_TEST(without_record({volume}, {}, {}).empty(), "it was on its way out");
    BOOST_TEST(without_record({}, {volume}, {}).empty(), "its record may be younger than the list");
}

BOOST_AUTO_TEST_CASE(is_told_from_what_is_on_record_by_all_pages_of_both_kinds) {
    boost::asio::io_context context;
    test::scripted_http_client http;
    const kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes(http, access);
    const auto record = [](const std::string& uid, const std::string& status) {
        return R"({"metadata":{"namespace":"ai","name":"r","resourceVersion":"1","uid":")" + uid +
               R"("},"spec":{"pvc":"data","targetPvc":"copy"},"status":)" + status + "}";
    };
    http.on("GET", "*/backups?*")
        .answer(200, R"({"metadata":{"resourceVersion":"9"},"items":[)" + record("b-1", "{}") + "]}");
    http.on("GET", "*/restores?*continue=next*")
        .answer(200, R"({"metadata":{"resourceVersion":"9"},"items":[)" +
                         record("r-2", R"({"facts":{"volume":"soteria-older"}})") + "]}");
    http.on("GET", "*/restores?*")
        .answer(200, R"({"metadata":{"resourceVersion":"9","continue":"next"},"items":[)" + record("r-1", "{}") + "]}");
    auto reading = operations::owners_on_record(kubernetes, async::deadline::after(std::chrono::seconds(5)));
    auto done = boost::asio::co_spawn(context, std::move(reading), boost::asio::use_future);
    context.run();
    const auto owners = done.get();
    BOOST_REQUIRE_MESSAGE(owners, (owners ? "" : owners.error().message));
    for (const std::string expected : {"b-1", "r-1", "r-2", "soteria-older"})
        BOOST_TEST(owners->contains(expected), expected);
    BOOST_TEST(owners->contains(domain::volume_name("r-1")));
}

BOOST_AUTO_TEST_CASE(is_looked_for_again_by_whoever_leads_again_within_the_hour) {
    boost::asio::io_context context;
    test::scripted_http_client http;
    const kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes(http, access);
    http.on("GET", "*").answer(200, R"({"metadata":{"resourceVersion":"9"},"items":[]})").always();
    finding_driver driver(context.get_executor());
    bool leads = true;
    int times_asked = 0;
    operations::orphan_watch watch(
        kubernetes, [&driver](auto name) { return name == "longhorn" ? &driver : nullptr; },
        [&] {
            ++times_asked;
            return leads;
        },
        std::chrono::milliseconds(1));
    const auto shown = [&watch] { return watch.counts()["LonghornVolume"]; };
    const test::background running(context, watch.run());
    test::run_until(context, [&] { return shown() == 1; });
    leads = false;
    times_asked = 0;
    test::run_until(context, [&] { return times_asked > 1; });
    const auto asked_before = driver.asked;
    leads = true;
    BOOST_TEST(shown() == 0U, "that was in an earlier term");
    test::run_until(context, [&] { return shown() == 1; });
    BOOST_TEST(driver.asked == asked_before + 2, "one look: before and after the records");
}

BOOST_AUTO_TEST_SUITE_END()
