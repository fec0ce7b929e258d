// The line of queued operations: who is next, whatever order the records came in.
#include "test/support/idle_driver.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/operations/queue.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>

using namespace soteria;
using namespace std::chrono_literals;
using domain::operation_kind;
using domain::operation_phase;

namespace {

const instant noon = *parse_rfc3339("2026-04-12T12:00:00Z");

records::record backup_record(const std::string& ns, const std::string& name, std::chrono::seconds made,
                              operation_phase phase = operation_phase::queued) {
    records::record one;
    one.meta.ns = ns;
    one.meta.name = name;
    one.meta.uid = "uid-" + ns + name;
    one.meta.resource_version = "1";
    auto& operation = one.operation;
    operation.ns = ns;
    operation.name = name;
    operation.request.source = {ns, name};
    operation.phase = phase;
    operation.protected_by_finalizer = true;
    operation.created_at = noon + made;
    if (phase != operation_phase::queued) {
        operation.started_at = operation.created_at;
        operation.steps.emplace_back();
    }
    return one;
}

struct line {
    boost::asio::io_context context;
    test::scripted_http_client http;
    kube::cluster_access access{
        .origin = "a test", .server = "http://api", .ns = "soteria", .tls = {}, .token_file = "", .token = {}};
    kube::http_kube_client kubernetes{http, access};
    operations::record_store::cache backups{context.get_executor()};
    operations::record_store::cache restores{context.get_executor()};
    operations::record_store records{kubernetes, backups, restores};
    std::size_t most;
    test::idle_driver longhorn{context.get_executor()};
    operations::queue queue;

    explicit line(std::size_t most_running = 1)
        : most(most_running), queue(context.get_executor(), records, operations::lanes_by(configured(), most, most)) {}

    operations::driver_lookup configured() {
        return [this](std::string_view name) { return name.empty() || name == "longhorn" ? &longhorn : nullptr; };
    }

    void put(records::record one) {
        one.meta.resource_version = std::to_string(++version);
        auto& cache = records.cache_of(one.operation.kind);
        cache.apply(std::move(one));
    }

    domain::operation of(const std::string& ns, const std::string& name, operation_kind kind = operation_kind::backup) {
        const auto found = records.cached({kind, ns, name});
        BOOST_REQUIRE(found);
        return found->operation;
    }

    domain::operation shown(const std::string& ns, const std::string& name) {
        std::vector<domain::operation> all{of(ns, name)};
        queue.tell(all);
        return all.front();
    }

    // The names in the order of their positions.
    std::vector<std::string> positions() {
        std::vector<domain::operation> all;
        for (const auto& [key, record] : backups.all())
            all.push_back(record->operation);
        queue.tell(all);
        std::erase_if(all, [](const auto& one) { return !one.queue_position; });
        std::ranges::sort(all, {}, &domain::operation::queue_position);
        std::vector<std::string> names;
        for (const auto& one : all) {
            BOOST_TEST(*one.queue_position == static_cast<std::int64_t>(names.size() + 1));
            names.push_back(one.ns + "/" + one.name);
        }
        return names;
    }

    // Takes the turn of whoever has it and lets it run; `when` after noon.
    std::string begin_next(std::chrono::seconds when) {
        const auto next = queue.next_up();
        BOOST_REQUIRE(!next.empty());
        auto one = *records.cached(next.front());
        const auto turn = queue.take_turn(one.operation);
        BOOST_REQUIRE(turn.has_value());
        one.operation.phase = operation_phase::running;
        one.operation.started_at = noon + when;
        one.operation.steps.emplace_back();
        put(one);
        return one.meta.ns + "/" + one.meta.name;
    }

    void end(const std::string& ns, const std::string& name) {
        auto one = *records.cached({operation_kind::backup, ns, name});
        one.operation.phase = operation_phase::succeeded;
        put(one);
    }

    int version = 1;
};

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(the_line)

BOOST_AUTO_TEST_CASE(goes_round_the_namespaces_and_within_one_by_age) {
    line l;
    for (int i = 0; i < 3; ++i)
        l.put(backup_record("greedy", "g" + std::to_string(i), 1s * i));
    l.put(backup_record("modest", "m0", 10s));
    l.put(backup_record("modest", "m1", 11s));
    BOOST_TEST(l.positions() == names({"greedy/g0", "modest/m0", "greedy/g1", "modest/m1", "greedy/g2"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_the_same_in_whatever_order_the_records_came) {
    std::vector<records::record> all;
    all.reserve(40);
    for (int i = 0; i < 40; ++i)
        all.push_back(backup_record("ns" + std::to_string(i % 7), "b" + std::to_string(i), 1s * (i * 37 % 100),
                                    i % 5 == 0 ? operation_phase::succeeded : operation_phase::queued));
    const auto order = [](const std::vector<records::record>& given) {
        line l;
        for (const auto& each : given)
            l.put(each);
        return l.positions();
    };
    const auto expected = order(all);
    BOOST_TEST(expected.size() == 32U);
    std::mt19937 random(20260412);
    for (int round = 0; round < 5; ++round) {
        std::ranges::shuffle(all, random);
        BOOST_TEST(order(all) == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(lets_the_first_of_another_namespace_wait_for_one_turn_behind_a_thousand) {
    line l;
    for (int i = 0; i < 1000; ++i)
        l.put(backup_record("greedy", "g" + std::to_string(1000 + i), 1s * i));
    BOOST_TEST(l.begin_next(2000s) == "greedy/g1000");
    BOOST_TEST(l.queue.next_up().empty(), "one runs, and one may");
    l.put(backup_record("modest", "m0", 5000s));
    BOOST_TEST(l.positions().front() == "modest/m0");
    l.end("greedy", "g1000");
    BOOST_TEST(l.begin_next(5001s) == "modest/m0");
    l.end("modest", "m0");
    BOOST_TEST(l.begin_next(5002s) == "greedy/g1001");
}

BOOST_AUTO_TEST_CASE(takes_turns_in_the_long_run_also_where_all_begin_in_the_same_second) {
    line l(4);
    for (int i = 0; i < 20; ++i)
        for (const std::string ns : {"a", "b", "c"})
            l.put(backup_record(ns, ns + std::to_string(100 + i), 1s * i));
    std::map<std::string, int> begun;
    for (int i = 0; i < 12; ++i) {
        const auto who = l.begin_next(100s);
        ++begun[who.substr(0, 1)];
        l.end(who.substr(0, 1), who.substr(2));
    }
    BOOST_TEST(begun["a"] == 4);
    BOOST_TEST(begun["b"] == 4);
    BOOST_TEST(begun["c"] == 4);
}

BOOST_AUTO_TEST_CASE(holds_only_what_is_protected_and_wanted) {
    line l;
    auto bare = backup_record("a", "bare", 0s);
    bare.operation.protected_by_finalizer = false;
    l.put(bare);
    auto cancelled = backup_record("a", "cancelled", 1s);
    cancelled.operation.cancelled_by = "brad";
    l.put(cancelled);
    auto deleted = backup_record("a", "deleted", 2s);
    deleted.operation.delete_requested = true;
    l.put(deleted);
    l.put(backup_record("a", "good", 3s));
    BOOST_TEST(l.positions() == names({"a/good"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(passes_what_waits_for_another_operation_at_the_same_pvc_which_is_told) {
    line l(2);
    l.put(backup_record("a", "data", 0s, operation_phase::running));
    auto second = backup_record("a", "again", 1s);
    second.operation.request.source = {"a", "data"};
    l.put(second);
    l.put(backup_record("a", "other", 2s));
    BOOST_TEST(l.positions() == names({"a/other"}), boost::test_tools::per_element());
    const auto shown = l.shown("a", "again");
    BOOST_TEST(shown.message == "waits until backup.a.data, which is at work on a/data, has ended");
    BOOST_TEST(!shown.queue_position.has_value());
    l.end("a", "data");
    BOOST_TEST(l.positions() == names({"a/again", "a/other"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_each_its_place_and_why_it_waits) {
    line l(2);
    l.put(backup_record("a", "r0", 0s, operation_phase::running));
    l.put(backup_record("a", "r1", 1s, operation_phase::rolling_back));
    l.put(backup_record("a", "q0", 2s));
    l.put(backup_record("a", "q1", 3s));
    const auto next = l.shown("a", "q0");
    BOOST_TEST(next.queue_position.value() == 1);
    BOOST_TEST(next.reason == "Queued");
    BOOST_TEST(next.message == "next in the queue: 2 backups run, at most 2 may");
    BOOST_TEST(l.shown("a", "q1").message == "2nd in the queue: 2 backups run, at most 2 may");
    BOOST_TEST(!l.shown("a", "r0").queue_position.has_value());
    BOOST_TEST(l.queue.waiting_words(l.of("a", "q0")) == "waits for its turn: at most 2 backups at once");
}

BOOST_AUTO_TEST_CASE(is_not_kept_waiting_by_what_no_driver_can_carry_out) {
    line l;
    auto running = backup_record("a", "running", 0s, operation_phase::running);
    running.operation.request.driver = "restic";
    l.put(running);
    auto queued = backup_record("a", "queued", 1s);
    queued.operation.request.driver = "restic";
    l.put(queued);
    l.put(backup_record("b", "good", 2s));
    BOOST_TEST(l.positions() == names({"b/good"}), boost::test_tools::per_element());
    BOOST_TEST(l.begin_next(5s) == "b/good");
}

BOOST_AUTO_TEST_CASE(is_not_there_where_nothing_limits) {
    line l(0);
    l.put(backup_record("a", "one", 0s));
    BOOST_TEST(l.positions().empty());
    BOOST_TEST(l.queue.take_turn(l.of("a", "one")).has_value());
    BOOST_TEST(l.queue.next_up().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_turn)

BOOST_AUTO_TEST_CASE(is_only_of_whoever_is_next_and_only_while_a_place_is_free) {
    line l;
    l.put(backup_record("a", "first", 0s));
    l.put(backup_record("a", "second", 1s));
    BOOST_TEST(!l.queue.take_turn(l.of("a", "second")).has_value());
    {
        const auto turn = l.queue.take_turn(l.of("a", "first"));
        BOOST_TEST(turn.has_value());
        BOOST_TEST(!l.queue.take_turn(l.of("a", "second")).has_value(), "the place is taken while the first begins");
        BOOST_TEST(l.queue.next_up().empty());
    }
    BOOST_TEST(l.queue.next_up().size() == 1U, "it came to nothing: the place is free again");
    BOOST_TEST(l.begin_next(5s) == "a/first");
    BOOST_TEST(!l.queue.take_turn(l.of("a", "second")).has_value());
    l.end("a", "first");
    BOOST_TEST(l.begin_next(6s) == "a/second");
}

BOOST_AUTO_TEST_CASE(passes_on_where_its_slot_is_taken) {
    line l;
    l.put(backup_record("a", "first", 0s));
    l.put(backup_record("a", "second", 1s));
    l.queue.put_aside({operation_kind::backup, "a", "first"}, operations::queue::time_point::max());
    BOOST_TEST(!l.queue.take_turn(l.of("a", "first")).has_value());
    BOOST_TEST(l.begin_next(5s) == "a/second");
}

BOOST_AUTO_TEST_CASE(counts_restore_tests_among_the_restores_and_backups_apart) {
    line l;
    l.put(backup_record("a", "backup", 0s, operation_phase::running));
    auto test = backup_record("a", "test", 1s, operation_phase::running);
    test.operation.kind = operation_kind::restore_test;
    l.put(test);
    auto restore = backup_record("a", "restore", 2s);
    restore.operation.kind = operation_kind::restore;
    restore.operation.request.target = {"a", "copy"};
    l.put(restore);
    BOOST_TEST(!l.queue.take_turn(l.of("a", "restore", operation_kind::restore)).has_value());
    test.operation.phase = operation_phase::failed;
    l.put(test);
    BOOST_TEST(l.queue.take_turn(l.of("a", "restore", operation_kind::restore)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
