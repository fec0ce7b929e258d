#include "test/support/running.hpp"
#include "test/support/scripted_http_client.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/reflector.hpp>

#include <boost/json/parse.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

struct thing {
    object_meta meta;
};

std::shared_ptr<const thing> make(const std::string& name, const std::string& uid, const std::string& version) {
    thing made;
    made.meta.ns = "ai";
    made.meta.name = name;
    made.meta.uid = uid;
    made.meta.resource_version = version;
    return std::make_shared<const thing>(std::move(made));
}

// Writes down what it is told: "a:u1@5 at 5", "a:u1@5 gone at 8...": the dots say that more belongs to it.
template <class T>
class notebook : public history_listener<T> {
public:
    void began(const std::string& version) override { add("began " + version); }

    void restarted(const std::string& version) override { add("restarted " + version); }

    void skipped(const std::string& version) override { add("skipped to " + version); }

    void changed(history_change<T> change) override {
        add(change.object->meta.name + ":" + change.object->meta.uid + "@" + change.object->meta.resource_version +
            (change.deleted ? " gone" : "") + " at " + change.version + (change.completes ? "" : "..."));
    }

    void passed(const std::string& version) override { add("passed " + version); }

    // What was told since the last time.
    std::string told() { return std::exchange(text_, {}); }

private:
    void add(const std::string& line) { text_ += (text_.empty() ? "" : ", ") + line; }

    std::string text_;
};

struct followed {
    notebook<thing> notes;
    history<thing> past{notes};

    void list(const std::vector<std::shared_ptr<const thing>>& things, const std::string& version,
              bool restarted = false) {
        past.begin_list(restarted);
        std::map<object_key, std::string> present;
        for (const auto& each : things) {
            present.emplace(each->meta.key(), each->meta.uid);
            past.listed(each, each->meta.resource_version);
        }
        past.end_list(present, version);
    }

    void watch(const std::shared_ptr<const thing>& one) {
        past.changed(one, one->meta.resource_version);
        past.passed(one->meta.resource_version);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_history_of_a_kind, followed)

BOOST_AUTO_TEST_CASE(begins_with_the_first_list_of_which_nothing_is_news) {
    list({make("a", "u1", "5")}, "10");
    BOOST_TEST(notes.told() == "began 10");
}

BOOST_AUTO_TEST_CASE(goes_on_with_what_the_watch_shows) {
    list({make("a", "u1", "5")}, "10");
    watch(make("a", "u1", "11"));
    watch(make("b", "u2", "12"));
    past.deleted({"ai", "a"}, make("a", "u1", "13"), "13");
    past.passed("13");
    past.passed("20"); // a bookmark
    BOOST_TEST(notes.told() == "began 10, a:u1@11 at 11, passed 11, b:u2@12 at 12, passed 12, a:u1@13 gone at 13, "
                               "passed 13, passed 20");
}

BOOST_AUTO_TEST_CASE(tells_a_deletion_that_cannot_be_read_by_what_was_known) {
    list({make("a", "u1", "5")}, "10");
    past.deleted({"ai", "a"}, nullptr, "13");
    past.deleted({"ai", "never-seen"}, nullptr, "14");
    BOOST_TEST(notes.told() == "began 10, a:u1@5 gone at 13");
}

BOOST_AUTO_TEST_CASE(tells_what_another_list_shows_in_the_order_of_versions_and_what_has_vanished_last) {
    list({make("a", "u1", "5"), make("b", "u2", "6"), make("c", "u3", "7")}, "10");
    notes.told();
    list({make("a", "u1", "19"), make("b", "u2", "6"), make("d", "u4", "15")}, "20");
    BOOST_TEST(notes.told() == "skipped to 20, d:u4@15 at 15..., a:u1@19 at 19..., c:u3@7 gone at 20, passed 20");
    watch(make("b", "u2", "21"));
    BOOST_TEST(notes.told() == "b:u2@21 at 21, passed 21");
}

BOOST_AUTO_TEST_CASE(completes_the_list_s_version_with_the_last_change) {
    list({make("a", "u1", "5")}, "10");
    notes.told();
    list({make("a", "u1", "12"), make("b", "u2", "15")}, "20");
    BOOST_TEST(notes.told() == "skipped to 20, a:u1@12 at 12..., b:u2@15 at 20, passed 20");
    list({make("a", "u1", "12"), make("b", "u2", "15")}, "30");
    BOOST_TEST(notes.told() == "skipped to 30, passed 30");
}

BOOST_AUTO_TEST_CASE(tells_the_end_of_an_object_before_its_successor_of_the_same_name) {
    list({make("a", "u1", "5")}, "10");
    notes.told();
    list({make("a", "u2", "15"), make("b", "u3", "17")}, "20");
    BOOST_TEST(notes.told() == "skipped to 20, a:u1@5 gone at 15..., a:u2@15 at 15..., b:u3@17 at 20, passed 20");
}

BOOST_AUTO_TEST_CASE(does_not_take_for_gone_what_a_list_has_but_cannot_be_read) {
    list({make("a", "u1", "5")}, "10");
    notes.told();
    past.begin_list(false);
    past.end_list({{{"ai", "a"}, "u1"}}, "20");
    BOOST_TEST(notes.told() == "skipped to 20, passed 20");
}

BOOST_AUTO_TEST_CASE(forgets_a_list_that_was_broken_off) {
    list({make("a", "u1", "5")}, "10");
    notes.told();
    past.begin_list(false);
    past.listed(make("ghost", "u9", "12"), "12");
    list({make("a", "u1", "5")}, "20");
    BOOST_TEST(notes.told() == "skipped to 20, passed 20");
}

BOOST_AUTO_TEST_CASE(never_tells_a_version_twice_or_goes_back) {
    list({make("a", "u1", "5")}, "10");
    watch(make("a", "u1", "12"));
    notes.told();
    watch(make("a", "u1", "12"));
    past.passed("11");
    // Newer than the list: the watch that follows shows it.
    list({make("a", "u1", "12"), make("b", "u2", "21")}, "20");
    watch(make("b", "u2", "21"));
    BOOST_TEST(notes.told() == "skipped to 20, passed 20, b:u2@21 at 21, passed 21");
}

BOOST_AUTO_TEST_CASE(says_when_versions_went_back_and_begins_anew) {
    list({make("a", "u1", "50")}, "100");
    notes.told();
    list({make("a", "u1", "5"), make("b", "u2", "6")}, "10", true);
    watch(make("a", "u1", "11"));
    BOOST_TEST(notes.told() == "restarted 10, a:u1@11 at 11, passed 11");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

std::string object(const std::string& name, const std::string& uid, int version) {
    return R"({"metadata":{"namespace":"ai","name":")" + name + R"(","uid":")" + uid + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

std::string event(const std::string& type, const std::string& content) {
    return R"({"type":")" + type + R"(","object":)" + content + "}\n";
}

cluster_access at_test() {
    cluster_access access;
    access.server = "http://test";
    return access;
}

// A reflector that tells a history.
struct reflected {
    boost::asio::io_context context;
    test::scripted_http_client http;
    http_kube_client kubernetes{http, at_test()};
    store<persistent_volume_claim> claims{context.get_executor()};
    notebook<persistent_volume_claim> notes;
    history<persistent_volume_claim> past{notes};
    reflector<persistent_volume_claim> mirror{kubernetes,
                                              reflector_settings(persistent_volume_claims),
                                              claims,
                                              decode_persistent_volume_claim,
                                              [] { return 0.0; },
                                              &past};
    std::string told;

    void until_it_tells(const std::string& wanted) {
        test::run_until(context, [&] {
            told += notes.told() + ";";
            return told.find(wanted) != std::string::npos;
        });
    }

    void until_it_watches() {
        test::run_until(context, [&] { return http.open_streams() == 1; });
    }

    static persistent_volume_claim claim(const std::string& text) {
        return decode_persistent_volume_claim(boost::json::parse(text).as_object()).value();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_history_that_a_reflector_tells, reflected)

BOOST_AUTO_TEST_CASE(follows_the_watch_and_not_our_own_writes_but_shows_no_older_state_than_the_store) {
    http.on("GET", "*limit*").answer(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})");
    auto& watch = http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_watches();
    claims.apply(claim(object("a", "u1", 11)));
    claims.apply(claim(object("a", "u1", 13)));
    told.clear();
    watch.push(event("ADDED", object("a", "u1", 11)));
    until_it_tells("a:u1@13 at 11, passed 11");
    watch.push(event("MODIFIED", object("a", "u1", 13)));
    until_it_tells("a:u1@13 at 13, passed 13");
}

BOOST_AUTO_TEST_CASE(tells_a_deletion_with_its_own_version_also_where_the_store_knew_before) {
    http.on("GET", "*limit*")
        .answer(200, R"({"metadata":{"resourceVersion":"10"},"items":[)" + object("a", "u1", 5) + "]}");
    auto& watch = http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_watches();
    claims.erase({"ai", "a"}); // by a 404
    watch.push(event("ADDED", object("b", "u2", 14)) + event("DELETED", object("a", "u1", 15)));
    until_it_tells("b:u2@14 at 14, passed 14, a:u1@15 gone at 15, passed 15");
}

BOOST_AUTO_TEST_CASE(passes_what_bookmarks_pass) {
    http.on("GET", "*limit*").answer(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})");
    auto& watch = http.on("GET", "*watch=true*").answer(200).then_silent();
    const test::background running(context, mirror.run());
    until_it_watches();
    watch.push(event("BOOKMARK", R"({"metadata":{"resourceVersion":"44"}})"));
    until_it_tells("passed 44");
}

BOOST_AUTO_TEST_SUITE_END()
