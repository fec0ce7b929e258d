#include "running_streams.hpp"
#include "test/unit/auth/fake_reviews.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web::test {
namespace {

using namespace std::chrono_literals;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// With beats that come at once.
struct quick_streams : running_streams {
    quick_streams() { limits.heartbeat = 60ms; }

    // States of ai/data, in all more than the kernel takes: "0xx...", "1xx...".
    void publish_a_backlog() {
        for (int number = 0; number < backlog; ++number)
            publish(std::to_string(1000 + number), in_backlog(number));
    }

    static std::string in_backlog(int number) { return std::to_string(number) + std::string(60'000, 'x'); }

    static constexpr int backlog = 200;
};

struct guarded_streams : quick_streams {
    guarded_streams() {
        needs.auth.required = true;
        needs.auth.by_groups = false;
        reviews = &rbac;
        limits.rights = 100ms;
    }

    std::uint16_t start_for(const std::string& ns) {
        rbac.grants.insert(auth::to_list(domain::operation_kind::backup, ns));
        const auto port = start();
        begin({"10", "20"});
        return port;
    }

    auth::test::fake_reviews rbac;
    const std::string brad = "X-Auth-Request-User: brad\r\n";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(an_event_stream, running_streams)

BOOST_AUTO_TEST_CASE(begins_with_when_to_come_back_and_the_present_id_and_goes_on_with_news) {
    const auto port = start();
    begin({"10", "20"});
    publish("11", "before");
    stream_client client(port);
    BOOST_TEST(client.head.starts_with("HTTP/1.1 200 OK\r\n"));
    for (const auto* header : {"Content-Type: text/event-stream\r\n", "Cache-Control: no-store\r\n",
                               "X-Accel-Buffering: no\r\n", "Connection: close\r\n", "X-Request-Id: "})
        BOOST_TEST(holds(client.head, header), header);
    BOOST_TEST(!holds(client.head, "Content-Encoding"));
    const auto opening = client.read_until("id: 1.11.20\n\n");
    BOOST_TEST(holds(opening, "retry: 3500\n\n"));
    publish("12", "running");
    publish("15", "done");
    const auto news = client.read_to_data("done");
    BOOST_TEST(holds(news, "id: 1.12.20\nevent: operation\ndata: running\n\n"));
    BOOST_TEST(holds(news, "id: 1.15.20\nevent: operation\ndata: done\n\n"));
    BOOST_TEST(!holds(news, "before"));
}

BOOST_AUTO_TEST_CASE(is_in_chunks_that_end_with_it_except_for_http_1_0) {
    const auto port = start();
    begin({"10", "20"});
    stream_client present(port);
    stream_client old(port, "", "", "1.0");
    BOOST_TEST(holds(present.head, "Transfer-Encoding: chunked\r\n"));
    BOOST_TEST(!holds(old.head, "Transfer-Encoding"));
    auto ended = end_streams(10s);
    const auto chunks = present.read_to_end();
    BOOST_TEST(chunks == "1a\r\nretry: 3500\n\nid: 1.10.20\n\n\r\nd\r\nretry: 3500\n\n\r\n0\r\n\r\n");
    BOOST_TEST(old.read_to_end() == "retry: 3500\n\nid: 1.10.20\n\nretry: 3500\n\n");
    present.close();
    old.close();
    BOOST_TEST(ended.get());
}

BOOST_AUTO_TEST_CASE(lets_through_what_was_asked_for) {
    const auto port = start();
    begin({"10", "20"});
    stream_client of_namespace(port, "?namespace=web");
    stream_client of_claim(port, "?pvc=cache");
    stream_client of_operation(port, "?operation=backup.ai.cache");
    publish(change("ai", "data", "11", "ai-data"));
    publish(change("ai", "cache", "12", "ai-cache"));
    publish(change("web", "cache", "13", "web-cache"));
    publish(change("web", "data", "14", "web-data"));
    publish(change("ai", "cache", "15", "end"));
    publish(change("web", "cache", "16", "end"));
    BOOST_TEST(!holds(of_namespace.read_to_data("web-cache"), "data: ai"));
    BOOST_TEST(!holds(of_namespace.read_to_data("end"), "data: ai"));
    const auto claim = of_claim.read_to_data("end");
    BOOST_TEST(holds(claim, "data: ai-cache\n"));
    BOOST_TEST(holds(claim, "data: web-cache\n"));
    BOOST_TEST(!holds(claim, "-data"));
    const auto operation = of_operation.read_to_data("end");
    BOOST_TEST(holds(operation, "data: ai-cache\n"));
    BOOST_TEST(!holds(operation, "data: web"));
}

BOOST_AUTO_TEST_CASE(goes_on_from_the_last_id) {
    const auto port = start();
    begin({"10", "20"});
    publish("11", "first");
    publish("12", "second");
    stream_client by_header(port, "?last_event_id=1.10.20", "Last-Event-ID: 1.11.20\r\n");
    BOOST_TEST(!holds(by_header.read_to_data("second"), "first"));
    stream_client by_query(port, "?last_event_id=1.10.20");
    BOOST_TEST(holds(by_query.read_to_data("second"), "data: first\n"));
    publish("13", "third");
    by_header.read_to_data("third");
    by_query.read_to_data("third");
}

BOOST_AUTO_TEST_CASE(says_so_where_it_cannot_go_on_from_the_last_id) {
    const auto port = start();
    begin({"10", "20"});
    publish("11", "first");
    for (const auto* id : {"1.9.20", "2.11.20", "nonsense", ""}) {
        stream_client client(port, "", "Last-Event-ID: " + std::string(id) + "\r\n");
        const auto told = client.read_until("\"}\n\n");
        BOOST_TEST(holds(told, "id: 1.11.20\nevent: reset\ndata: {\"reason\":\""), id);
    }
    BOOST_TEST(inside([this] { return streams->reset_count(); }) == 4u);
}

BOOST_AUTO_TEST_CASE(that_begins_before_anything_is_known_begins_with_a_reset) {
    stream_client client(start());
    begin({"10", "20"});
    BOOST_TEST(holds(client.read_until("\"}\n\n"), "id: 1.10.20\nevent: reset\n"));
    publish("11", "news");
    client.read_to_data("news");
}

BOOST_AUTO_TEST_CASE(that_goes_on_from_an_id_waits_until_the_past_is_known) {
    const auto port = start();
    inside([this] {
        hub.begin({"10", "20"});
        return 0;
    });
    stream_client client(port, "?last_event_id=1.8.20");
    client.read_until("retry: 3500\n\n");
    inside([this] {
        std::vector<events::record_change> past;
        past.push_back(change("ai", "data", "9", "while we were away"));
        hub.fill({"7", "20"}, std::move(past));
        return 0;
    });
    BOOST_TEST(holds(client.read_to_data("while we were away"), "id: 1.9.20\n"));
}

BOOST_AUTO_TEST_CASE(ends_when_its_client_leaves_and_gives_its_place_to_another) {
    limits.count = 1;
    const auto port = start();
    begin({"10", "20"});
    {
        stream_client first(port);
        const auto refused = raw_client(port).get("/v1/events");
        BOOST_TEST(refused.status() == 503);
        BOOST_TEST(holds(refused.body, "\"too_many_streams\""));
        BOOST_TEST(refused.header("Retry-After") != "");
        BOOST_TEST(raw_client(port).get("/healthz").status() == 200);
    }
    BOOST_TEST(all_are_gone());
    BOOST_TEST(holds(stream_client(port).head, " 200 OK"));
}

BOOST_AUTO_TEST_CASE(is_no_connection_that_counts_as_one) {
    settings.limits.connections = 2;
    const auto port = start();
    begin({"10", "20"});
    stream_client first(port);
    stream_client second(port);
    stream_client third(port);
    first.read_until("id: ");
    second.read_until("id: ");
    third.read_until("id: ");
    BOOST_TEST(inside([this] { return serving->connection_count(); }) == 0u);
    BOOST_TEST(inside([this] { return streams->count(); }) == 3u);
    BOOST_TEST(raw_client(port).get("/healthz").status() == 200);
}

BOOST_AUTO_TEST_CASE(is_cut_off_when_its_client_goes_on_talking) {
    const auto port = start();
    begin({"10", "20"});
    stream_client client(port);
    client.send(std::string(10'000, 'x'));
    BOOST_TEST(all_are_gone());
    BOOST_TEST(inside([this] { return streams->cut_off_count(); }) == 1u);
}

BOOST_AUTO_TEST_CASE(is_told_to_come_back_when_the_service_stops_and_none_begins_after_that) {
    const auto port = start();
    begin({"10", "20"});
    stream_client client(port);
    client.read_until("id: 1.10.20\n\n");
    auto ended = end_streams(10s);
    BOOST_TEST(holds(client.read_to_end(), "retry: 3500\n\n"));
    client.close();
    BOOST_TEST(ended.get());
    const auto refused = raw_client(port).get("/v1/events");
    BOOST_TEST(refused.status() == 503);
    BOOST_TEST(holds(refused.body, "\"shutting_down\""));
}

BOOST_AUTO_TEST_CASE(is_told_to_come_back_behind_what_is_being_written) {
    const auto port = start();
    begin({"10", "20"});
    const std::string much(3000, 'x'); // so that many go in one write
    inside([&] {
        for (int number = 0; number < 4000; ++number) // more than the kernel takes
            hub.publish(change("ai", "data", std::to_string(1000 + number), much));
        return 0;
    });
    stream_client client(port, "?last_event_id=1.10.20");
    client.read_to_data(much);
    auto ended = end_streams(10s);
    BOOST_TEST(client.read_to_end().ends_with("\r\nd\r\nretry: 3500\n\n\r\n0\r\n\r\n"));
    client.close();
    BOOST_TEST(ended.get());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_long_event_stream, quick_streams)

BOOST_AUTO_TEST_CASE(has_comments_that_move_the_id_on) {
    const auto port = start();
    begin({"10", "20"});
    stream_client client(port, "?namespace=web");
    client.read_until(": \nid: 1.10.20\n\n");
    publish("11", "not for it");
    BOOST_TEST(!holds(client.read_until(": \nid: 1.11.20\n\n"), "not for it"));
    client.read_until(": \nid: 1.11.20\n\n");
}

BOOST_AUTO_TEST_CASE(ends_with_when_to_come_back_once_it_has_lived_long_enough) {
    limits.life = 100ms;
    const auto port = start();
    begin({"10", "20"});
    stream_client client(port);
    BOOST_TEST(client.read_to_end().ends_with("retry: 3500\n\n\r\n0\r\n\r\n"));
    client.close();
    BOOST_TEST(all_are_gone());
    BOOST_TEST(inside([this] { return streams->cut_off_count(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(ends_once_it_has_lived_long_enough_however_much_is_left_to_send) {
    limits.life = 100ms;
    const auto port = start();
    begin({"10", "20"});
    publish_a_backlog();
    stream_client slow(port, "?last_event_id=1.10.20");
    slow.read_to_data(in_backlog(0));
    for (int lives = 0; lives < 2; ++lives)
        stream_client(port).read_to_end();
    const auto told = slow.read_to_end();
    BOOST_TEST(told.ends_with("retry: 3500\n\n\r\n0\r\n\r\n"));
    BOOST_TEST(!holds(told, in_backlog(backlog - 1)));
}

BOOST_AUTO_TEST_CASE(whose_client_stops_reading_is_cut_off_and_changes_nothing_for_the_others) {
    limits.stalled = 300ms;
    const auto port = start();
    begin({"10", "20"});
    stream_client reading(port);
    stream_client stopped(port);
    const std::string much(60'000, 'x');
    constexpr int frames = 400; // more than the kernel and the ring hold together
    for (int number = 0; number < frames; ++number) {
        const auto said = std::to_string(number) + much;
        publish(std::to_string(1000 + number), said);
        BOOST_REQUIRE(reading.read_to_data(said).ends_with(said + "\n\n"));
        BOOST_REQUIRE(inside([this] { return hub.held_bytes(); }) <= events::hub_limits().bytes);
    }
    BOOST_TEST(eventually([this] { return streams->count() == 1; }));
    BOOST_TEST(inside([this] { return streams->cut_off_count(); }) == 1u);
    publish("2000", "still here");
    reading.read_to_data("still here");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_event_stream_under_rbac, guarded_streams)

BOOST_AUTO_TEST_CASE(shows_what_its_caller_may_list_and_a_token_everything) {
    needs.auth.tokens.emplace_back("robot");
    const auto port = start_for("ai");
    stream_client client(port, "", brad);
    stream_client robot(port, "", "Authorization: Bearer robot\r\n");
    publish(change("web", "data", "11", "hidden"));
    publish(change("ai", "data", "12", "shown"));
    BOOST_TEST(!holds(client.read_to_data("shown"), "hidden"));
    BOOST_TEST(holds(robot.read_to_data("shown"), "hidden"));
    BOOST_TEST(inside([this] { return rbac.times("brad: list backups.soteria.dev in the namespace web"); }) == 1u);
}

BOOST_AUTO_TEST_CASE(ends_to_show_what_its_caller_may_not_see_any_more) {
    const auto port = start_for("ai");
    stream_client client(port, "", brad);
    publish("11", "shown");
    client.read_to_data("shown");
    const auto before = inside([this] {
        rbac.grants.clear();
        return rbac.times("brad: list backups.soteria.dev in the namespace ai");
    });
    BOOST_TEST(eventually([&] { return rbac.times("brad: list backups.soteria.dev in the namespace ai") > before; }));
    publish("12", "hidden");
    auto told = client.read_until(": \nid: 1.12.20\n\n");
    inside([this] {
        rbac.grants.insert(auth::to_list(domain::operation_kind::backup, "ai"));
        return 0;
    });
    for (int version = 13; version < 100 && !holds(told, "shown again"); ++version) {
        publish(std::to_string(version), "shown again");
        told += client.read_until(": \nid: 1." + std::to_string(version) + ".20\n\n");
    }
    BOOST_TEST(holds(told, "shown again"));
    BOOST_TEST(!holds(told, "hidden"));
}

BOOST_AUTO_TEST_CASE(asks_again_ahead_of_time_only_for_what_its_caller_may_see) {
    const auto port = start_for("ai");
    stream_client client(port, "", brad);
    publish(change("web", "data", "11", "hidden"));
    publish("12", "shown");
    client.read_to_data("shown");
    const auto asked = [this] { return rbac.times("brad: list backups.soteria.dev in the namespace ai"); };
    const auto before = inside(asked);
    BOOST_TEST(eventually([&] { return asked() > before + 2; }));
    BOOST_TEST(inside([this] { return rbac.times("brad: list backups.soteria.dev in the namespace web"); }) == 1u);
}

BOOST_AUTO_TEST_CASE(asks_with_what_it_does_not_know_not_for_what_it_knows) {
    limits.rights = 10s;
    const auto port = start_for("ai");
    stream_client client(port, "", brad);
    publish("11", "first");
    client.read_to_data("first");
    inside([this] {
        hub.publish(change("web", "data", "12", "hidden"));
        hub.publish(change("ai", "data", "13", "second"));
        return 0;
    });
    client.read_to_data("second");
    BOOST_TEST(inside([this] { return rbac.asked.size(); }) == 2u);
}

BOOST_AUTO_TEST_CASE(ends_to_show_it_also_to_a_caller_who_reads_slowly) {
    rbac.grants.insert(auth::to_list(domain::operation_kind::backup, "web"));
    const auto port = start_for("ai");
    publish_a_backlog();
    publish(change("web", "data", "2000", "end"));
    stream_client slow(port, "?last_event_id=1.10.20", brad);
    stream_client beats(port, "?namespace=none", brad);
    slow.read_to_data(in_backlog(0));
    const auto asked = [this] { return rbac.times("brad: list backups.soteria.dev in the namespace ai"); };
    const auto before = inside([&] {
        rbac.grants.erase(auth::to_list(domain::operation_kind::backup, "ai"));
        return asked();
    });
    for (int number = 1; number < 20 && inside(asked) == before; ++number) {
        slow.read_to_data(in_backlog(number));
        beats.read_until(": \nid: 1.2000.20\n\n");
    }
    BOOST_TEST(!holds(slow.read_to_data("end"), in_backlog(backlog - 1)));
}

BOOST_AUTO_TEST_CASE(keeps_back_in_order_what_nobody_can_tell_about) {
    const auto port = start_for("ai");
    stream_client client(port, "", brad);
    inside([this] {
        rbac.broken = failure(errc::unavailable, "no answer", "authorization_unavailable");
        return 0;
    });
    publish("11", "first");
    publish("12", "second");
    BOOST_TEST(!holds(client.read_until("\n:\n\n"), "first"));
    inside([this] {
        rbac.broken.reset();
        return 0;
    });
    const auto told = client.read_to_data("second");
    BOOST_TEST(told.find("data: first\n") < told.find("data: second\n"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web::test
