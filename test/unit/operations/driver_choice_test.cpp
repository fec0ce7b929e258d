#include "test/support/idle_driver.hpp"

#include <soteria/operations/driver_choice.hpp>
#include <soteria/operations/slots.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using domain::operation_kind;

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

domain::backup_entry entry(const std::string& driver, const std::string& name, int hours, bool latest) {
    domain::backup_entry made;
    made.name = name;
    made.snapshot = "our-" + name;
    made.driver = driver;
    made.state = "completed";
    made.created_at = noon - std::chrono::hours(hours);
    made.latest = latest;
    return made;
}

// A driver that only lists.
class listing_driver final : public test::idle_driver {
public:
    using idle_driver::idle_driver;

    result<domain::backup_list> answer = domain::backup_list{};

    awaitable<result<domain::backup_list>> list(domain::pvc_ref, async::deadline) override { co_return answer; }
};

// Longhorn is the configured one.
struct two_drivers {
    boost::asio::io_context context{1};
    listing_driver longhorn{context.get_executor()};
    listing_driver restic{context.get_executor(), "restic"};
    bool restic_is_there = true;

    driver_lookup find = [this](std::string_view name) -> backup::driver* {
        if (name == "restic")
            return restic_is_there ? &restic : nullptr;
        return name.empty() || name == "longhorn" ? &longhorn : nullptr;
    };

    two_drivers() {
        longhorn.answer->backups = {entry("longhorn", "backup-new", 2, true),
                                    entry("longhorn", "backup-old", 9, false)};
        restic.answer->backups = {entry("restic", "0123456789abcdef", 1, true)};
    }

    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> value;
        boost::asio::co_spawn(context, std::move(work),
                              [&](const std::exception_ptr&, T outcome) { value.emplace(std::move(outcome)); });
        context.restart();
        context.run();
        return *std::move(value);
    }

    std::string chosen(operation_kind kind, const std::string& driver, const std::string& snapshot = {},
                       const std::string& url = {}) {
        domain::operation_request request;
        request.source = {"ai", "llm-cache"};
        request.driver = driver;
        request.snapshot = snapshot;
        request.backup_url = url;
        const auto found = run(choose_driver(find, kind, request, async::deadline::never()));
        return found ? std::string((*found)->name()) : found.error().reason;
    }

    result<domain::backup_list> joined() {
        return run(joined_backups(find, {"ai", "llm-cache"}, async::deadline::never()));
    }
};

const failure nothing_there(errc::not_found, "there is neither a PVC nor a backup", "pvc_not_found");
const failure no_answer(errc::unavailable, "the repository has not been listed yet", "repository_unavailable");

} // namespace

BOOST_FIXTURE_TEST_SUITE(of_two_drivers, two_drivers)

BOOST_AUTO_TEST_CASE(the_named_one_works_and_the_configured_one_backs_up) {
    BOOST_TEST(chosen(operation_kind::restore, "longhorn") == "longhorn");
    BOOST_TEST(chosen(operation_kind::backup, "restic") == "restic");
    BOOST_TEST(chosen(operation_kind::backup, "") == "longhorn");
    BOOST_TEST(chosen(operation_kind::backup, "tape") == "driver_not_configured");
}

BOOST_AUTO_TEST_CASE(the_one_that_made_the_backup_restores_it) {
    BOOST_TEST(chosen(operation_kind::restore, "") == "restic"); // it has the newest
    BOOST_TEST(chosen(operation_kind::restore, "", "latest") == "restic");
    BOOST_TEST(chosen(operation_kind::restore, "", "backup-old") == "longhorn");
    BOOST_TEST(chosen(operation_kind::restore, "", "our-backup-old") == "longhorn");
    BOOST_TEST(chosen(operation_kind::restore, "", "01234567") == "restic");
    BOOST_TEST(chosen(operation_kind::restore, "", "", "s3://b@r/?backup=x&volume=y") == "longhorn");
    BOOST_TEST(chosen(operation_kind::restore, "", "unknown") == "longhorn");
}

BOOST_AUTO_TEST_CASE(one_alone_is_not_asked_what_it_has) {
    restic_is_there = false;
    longhorn.answer = no_answer;
    BOOST_TEST(chosen(operation_kind::restore, "") == "longhorn");
}

BOOST_AUTO_TEST_CASE(both_lists_are_one_newest_first_with_one_latest) {
    const auto all = joined();
    BOOST_TEST_REQUIRE(all.has_value());
    BOOST_TEST_REQUIRE(all->backups.size() == 3U);
    BOOST_TEST(all->backups[0].driver == "restic");
    BOOST_TEST(all->backups[0].latest);
    BOOST_TEST(!all->backups[1].latest);
    BOOST_TEST(all->driver == "restic");
    BOOST_TEST(all->warnings.empty());
}

BOOST_AUTO_TEST_CASE(one_that_knows_nothing_of_the_pvc_does_not_hide_the_other) {
    restic.answer = nothing_there;
    BOOST_TEST(joined()->backups.size() == 2U);
    longhorn.answer = nothing_there;
    BOOST_TEST(joined().error().reason == "pvc_not_found");
}

BOOST_AUTO_TEST_CASE(one_that_cannot_tell_is_named_or_is_the_answer_where_nothing_else_is_known) {
    restic.answer = no_answer;
    const auto part = joined();
    BOOST_TEST_REQUIRE(part.has_value());
    BOOST_TEST(part->backups.size() == 2U);
    BOOST_TEST_REQUIRE(part->warnings.size() == 1U);
    BOOST_TEST(part->warnings[0] == "the backups by restic are not known: the repository has not been listed yet");
    longhorn.answer->backups.clear();
    BOOST_TEST(joined().error().reason == "repository_unavailable");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(slots_of_operations)

BOOST_AUTO_TEST_CASE(a_restore_test_with_a_target_takes_the_targets_and_without_one_its_own) {
    domain::operation test;
    test.kind = operation_kind::restore_test;
    test.request.source = {"ai", "llm-cache"};
    BOOST_TEST((slot_kind(test) == operation_kind::restore_test));
    BOOST_TEST(slot_subject(test).text() == "ai/llm-cache");
    test.request.target = {"ai", "copy"};
    BOOST_TEST((slot_kind(test) == operation_kind::restore));
    BOOST_TEST(slot_subject(test).text() == "ai/copy");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::operations
