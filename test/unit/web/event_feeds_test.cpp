#include "test/support/running.hpp"

#include <soteria/events/cursor.hpp>
#include <soteria/web/inventory_feed.hpp>
#include <soteria/web/operation_feed.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::events;
using soteria::web::operation_change;

namespace {

namespace json = boost::json;

struct block {
    std::string id; // empty: none
    std::string event;
    json::object data;
};

block parse(const std::string& text) {
    const auto line = [&text](const std::string& name) {
        const auto from = text.find(name + ": ");
        return from == std::string::npos
                   ? std::string()
                   : text.substr(from + name.size() + 2, text.find('\n', from) - from - name.size() - 2);
    };
    BOOST_TEST_REQUIRE(text.ends_with("\n\n"));
    return {line("id"), line("event"), json::parse(line("data")).as_object()};
}

operation_change change(record_kind kind, const std::string& name, const std::string& version) {
    domain::operation of;
    of.kind = kind == record_kind::backup ? domain::operation_kind::backup : domain::operation_kind::restore;
    of.ns = "ai";
    of.name = name;
    of.request.source = {"ai", "llm-cache"};
    operation_change made;
    made.kind = kind;
    made.operation = std::make_shared<const domain::operation>(std::move(of));
    made.version = version;
    return made;
}

struct fed {
    boost::asio::io_context context;
    hub all;
    web::operation_feed feed{context.get_executor(), all, "longhorn"};
    test::background running{context, feed.run()};

    void begin() {
        feed.began(record_kind::backup, "10");
        feed.began(record_kind::restore, "20");
    }

    // Until nothing is left to do; the most that was published in one turn of the loop.
    std::uint64_t settle() {
        std::uint64_t most = 0;
        context.restart();
        for (auto before = all.end(); context.poll_one() > 0; before = all.end())
            most = std::max(most, all.end() - before);
        return most;
    }

    std::vector<block> news(cursor& reader) {
        settle();
        std::vector<block> found;
        while (const auto frame = reader.next())
            found.push_back(parse(*reader.text(frame)));
        return found;
    }

    // "id name|..."
    std::string told(cursor& reader) {
        std::string found;
        for (const auto& each : news(reader)) {
            const auto* id = each.data.if_contains("id");
            found += (found.empty() ? "" : "|") + each.id + " " +
                     (id != nullptr ? std::string(id->as_string()) : each.event);
        }
        return found;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_feed_of_operations, fed)

BOOST_AUTO_TEST_CASE(begins_when_both_kinds_are_known_with_what_came_meanwhile_behind_it) {
    feed.began(record_kind::backup, "10");
    feed.changed(change(record_kind::backup, "early", "11"));
    settle();
    BOOST_TEST(!all.begun());
    feed.began(record_kind::restore, "20");
    feed.changed(change(record_kind::backup, "late", "12"));
    settle();
    BOOST_TEST(to_string(all.beginning()) == "1.11.20");
    all.no_past();
    BOOST_TEST((all.can_resume({"10", "20"}) == resumption::impossible));
    cursor reader(all, {"11", "20"});
    BOOST_TEST(told(reader) == "1.12.20 backup.ai.late");
}

BOOST_AUTO_TEST_CASE(keeps_nothing_while_one_of_the_kinds_is_not_known) {
    feed.began(record_kind::backup, "10");
    auto early = change(record_kind::backup, "early", "11");
    const std::weak_ptr<const domain::operation> kept = early.operation;
    feed.changed(std::move(early));
    BOOST_TEST(kept.expired());
}

BOOST_AUTO_TEST_CASE(begins_behind_a_list_that_has_skipped_something_and_where_versions_went_back_to) {
    feed.began(record_kind::backup, "10");
    feed.skipped(record_kind::backup, "30");
    auto first = change(record_kind::backup, "a", "15");
    first.completes = false;
    feed.changed(std::move(first));
    feed.changed(change(record_kind::backup, "b", "30"));
    feed.passed(record_kind::backup, "30");
    feed.passed(record_kind::backup, "31");
    fed other;
    other.feed.began(record_kind::restore, "20");
    other.feed.restarted(record_kind::restore, "5");
    feed.began(record_kind::restore, "20");
    other.feed.began(record_kind::backup, "10");
    settle();
    other.settle();
    BOOST_TEST(to_string(all.beginning()) == "1.31.20");
    BOOST_TEST(to_string(all.present()) == "1.31.20");
    BOOST_TEST(to_string(other.all.beginning()) == "1.10.5");
}

BOOST_AUTO_TEST_CASE(tells_an_operation_as_the_api_shows_it) {
    begin();
    cursor reader(all);
    feed.changed(change(record_kind::restore, "x", "21"));
    const auto told_blocks = news(reader);
    BOOST_TEST_REQUIRE(told_blocks.size() == 1U);
    BOOST_TEST(told_blocks[0].event == "operation");
    BOOST_TEST(told_blocks[0].data.at("id").as_string() == "restore.ai.x");
    BOOST_TEST(told_blocks[0].data.at("driver").as_string() == "longhorn");
    BOOST_TEST(told_blocks[0].data.at("phase").as_string() == "Queued");
    BOOST_TEST(!told_blocks[0].data.contains("deleted"));
}

BOOST_AUTO_TEST_CASE(tells_what_it_is_about_for_filters_and_permissions) {
    begin();
    domain::operation of;
    of.kind = domain::operation_kind::restore;
    of.ns = "lab";
    of.name = "x";
    of.request.source = {"ai", "llm-cache"};
    of.request.target = {"lab", "copy"};
    operation_change made;
    made.kind = record_kind::restore;
    made.operation = std::make_shared<const domain::operation>(of);
    made.version = "21";
    cursor reader(all);
    feed.changed(std::move(made));
    settle();
    const auto frame = reader.next();
    BOOST_TEST_REQUIRE((frame != nullptr));
    BOOST_TEST((frame->about.kind == record_kind::restore));
    BOOST_TEST(frame->about.record_namespace == "lab");
    BOOST_TEST(frame->about.operation == "restore.lab.x");
    BOOST_TEST((frame->about.source == claim{"ai", "llm-cache"}));
    BOOST_TEST((frame->about.target == claim{"lab", "copy"}));
}

BOOST_AUTO_TEST_CASE(tells_a_deletion_with_the_last_state) {
    begin();
    cursor reader(all);
    auto gone = change(record_kind::backup, "x", "11");
    gone.deleted = true;
    feed.changed(std::move(gone));
    const auto told_blocks = news(reader);
    BOOST_TEST_REQUIRE(told_blocks.size() == 1U);
    BOOST_TEST(told_blocks[0].data.at("deleted").as_bool());
    BOOST_TEST(told_blocks[0].data.at("phase").as_string() == "Queued");
}

BOOST_AUTO_TEST_CASE(passes_a_version_only_after_what_came_before_it) {
    begin();
    cursor reader(all);
    feed.changed(change(record_kind::backup, "a", "11"));
    feed.passed(record_kind::backup, "30");
    feed.passed(record_kind::restore, "30");
    BOOST_TEST(all.present().backups == "10");
    BOOST_TEST(told(reader) == "1.11.20 backup.ai.a");
    BOOST_TEST(to_string(all.present()) == "1.30.30");
}

BOOST_AUTO_TEST_CASE(lets_nobody_go_on_from_the_middle_of_what_a_list_has_skipped) {
    begin();
    feed.skipped(record_kind::backup, "30");
    auto first = change(record_kind::backup, "a", "15");
    first.completes = false;
    feed.changed(std::move(first));
    feed.changed(change(record_kind::backup, "b", "30"));
    feed.passed(record_kind::backup, "30");
    cursor reader(all, {"10", "20"});
    BOOST_TEST(told(reader) == "1.10.20 backup.ai.a|1.30.20 backup.ai.b");
    BOOST_TEST((all.can_resume({"15", "20"}) == resumption::impossible));
}

BOOST_AUTO_TEST_CASE(tells_everybody_to_look_again_when_versions_went_back) {
    begin();
    cursor reader(all);
    feed.changed(change(record_kind::backup, "a", "11"));
    feed.restarted(record_kind::backup, "5");
    feed.changed(change(record_kind::backup, "b", "6"));
    BOOST_TEST(told(reader) == "", "its frames are gone: it comes back");
    BOOST_TEST(reader.lost());
    cursor next(all, {"5", "20"});
    BOOST_TEST(told(next) == "1.6.20 backup.ai.b");
}

BOOST_AUTO_TEST_CASE(publishes_ten_thousand_changes_a_few_a_turn_in_their_order) {
    begin();
    settle();
    for (int each = 0; each < 10'000; ++each)
        feed.changed(change(record_kind::backup, "a" + std::to_string(each), std::to_string(100 + each)));
    const auto most = settle();
    BOOST_TEST(most <= 32U);
    BOOST_TEST(all.published(topic::operation) == 10'000U);
    BOOST_TEST(to_string(all.present()) == "1.10099.20");
}

BOOST_AUTO_TEST_CASE(fills_in_the_past) {
    begin();
    auto filling =
        feed.fill({"3", "5"}, {change(record_kind::backup, "a", "6"), change(record_kind::restore, "b", "8")});
    const test::background work(context, std::move(filling));
    test::run_until(context, [&] { return work.ended(); });
    cursor reader(all, {"4", "5"});
    BOOST_TEST(told(reader) == "1.6.5 backup.ai.a|1.6.8 restore.ai.b");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

inventory::row row(const std::string& ns, const std::string& pvc, int backups = 0) {
    inventory::row made;
    made.pvc = {ns, pvc};
    made.driver = "longhorn";
    made.backup_count = backups;
    return made;
}

struct fed_with_rows {
    boost::asio::io_context context;
    hub all;
    async::signal changed{context.get_executor()};
    std::shared_ptr<const inventory::report> current = std::make_shared<inventory::report>();
    web::inventory_feed feed{all, [this] { return current; }, changed};
    test::background running{context, feed.run()};

    fed_with_rows() {
        all.begin({"10", "20"});
        context.poll();
    }

    std::uint64_t report(std::vector<inventory::row> rows) {
        auto made = std::make_shared<inventory::report>();
        made->generated_at = parse_rfc3339("2026-04-12T15:30:00Z").value();
        made->rows = std::move(rows);
        current = std::move(made);
        changed.notify_all();
        std::uint64_t most = 0;
        context.restart();
        for (auto before = all.end(); context.poll_one() > 0; before = all.end())
            most = std::max(most, all.end() - before);
        return most;
    }

    // "ai/a|ai/b gone" of all that is new.
    static std::string told(cursor& reader) {
        std::string found;
        while (const auto frame = reader.next()) {
            const auto each = parse(*reader.text(frame));
            BOOST_TEST((each.id.empty() == (each.event == "inventory")));
            found += found.empty() ? "" : "|";
            if (each.event != "inventory") {
                found += each.event;
                continue;
            }
            found +=
                std::string(each.data.at("namespace").as_string()) + "/" + std::string(each.data.at("pvc").as_string());
            if (each.data.contains("deleted"))
                found += each.data.contains("backup_count") ? " deleted" : " gone";
        }
        return found;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_feed_of_rows, fed_with_rows)

BOOST_AUTO_TEST_CASE(tells_the_rows_that_are_new_others_or_gone) {
    cursor reader(all);
    report({row("ai", "a"), row("ai", "b"), row("web", "a")});
    BOOST_TEST(told(reader) == "ai/a|ai/b|web/a");
    report({row("ai", "a"), row("ai", "b", 1), row("ai", "c"), row("web", "a")});
    BOOST_TEST(told(reader) == "ai/b|ai/c");
    report({row("ai", "b", 1), row("ai", "c")});
    BOOST_TEST(told(reader) == "ai/a gone|web/a gone");
}

BOOST_AUTO_TEST_CASE(tells_a_row_as_the_api_shows_it_with_its_age_as_of_the_report) {
    cursor reader(all);
    auto fresh = row("ai", "a", 3);
    fresh.last_backup_at = parse_rfc3339("2026-04-12T14:30:00Z");
    fresh.health = domain::health::fresh;
    report({fresh});
    const auto told_block = parse(*reader.text(reader.next()));
    BOOST_TEST(told_block.data.at("last_backup_age_hours").as_double() == 1.0);
    BOOST_TEST(told_block.data.at("backup_count").as_int64() == 3);
    BOOST_TEST(told_block.data.at("healthy").as_bool());
}

BOOST_AUTO_TEST_CASE(is_silent_where_only_time_has_passed) {
    report({row("ai", "a"), row("ai", "b")});
    cursor reader(all);
    report({row("ai", "a"), row("ai", "b")});
    BOOST_TEST(told(reader) == "");
}

BOOST_AUTO_TEST_CASE(tells_a_pvc_that_is_gone_but_has_backups_as_a_row_that_is_deleted) {
    report({row("ai", "a", 2)});
    cursor reader(all);
    auto gone = row("ai", "a", 2);
    gone.deleted = true;
    report({gone});
    BOOST_TEST(told(reader) == "ai/a deleted");
    report({});
    BOOST_TEST(told(reader) == "ai/a gone");
}

BOOST_AUTO_TEST_CASE(tells_everybody_to_read_the_inventory_where_nearly_all_of_it_has_changed) {
    constexpr int many = 50'000;
    std::vector<inventory::row> rows;
    rows.reserve(many);
    for (int each = 0; each < many; ++each)
        rows.push_back(row("ai", "pvc-" + std::to_string(100'000 + each)));
    report(rows);
    cursor reader(all);
    for (auto& each : rows)
        each.health = domain::health::stale;
    report(rows);
    BOOST_TEST(told(reader) == "reset");
    for (std::size_t each = 0; each < web::most_row_frames; ++each)
        rows[each * 50].backup_count = 1;
    const auto most = report(rows);
    BOOST_TEST(most <= 64U);
    BOOST_TEST(all.published(topic::inventory) == web::most_row_frames);
}

BOOST_AUTO_TEST_SUITE_END()
