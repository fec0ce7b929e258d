#include <soteria/kube/store.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria::kube;

namespace {

struct thing {
    object_meta meta;
};

thing make(std::string name, std::string uid, std::string version) {
    thing made;
    made.meta.ns = "ai";
    made.meta.name = std::move(name);
    made.meta.uid = std::move(uid);
    made.meta.resource_version = std::move(version);
    return made;
}

struct observed {
    boost::asio::io_context context;
    store<thing> things{context.get_executor()};
    std::vector<std::string> heard;

    observed() {
        things.subscribe([this](store<thing>::change what, const store<thing>::pointer& each) {
            const char* const words[] = {"added ", "modified ", "deleted "};
            heard.push_back(words[static_cast<int>(what)] + each->meta.name + " " + each->meta.uid + " " +
                            each->meta.resource_version);
        });
    }

    void expect(const std::vector<std::string>& wanted) {
        BOOST_TEST(heard == wanted, boost::test_tools::per_element());
        heard.clear();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_store)

BOOST_FIXTURE_TEST_CASE(tells_of_additions_changes_and_deletions, observed) {
    things.apply(make("a", "u1", "5"));
    things.apply(make("a", "u1", "6"));
    things.erase({"ai", "a"}, "u1");
    expect({"added a u1 5", "modified a u1 6", "deleted a u1 6"});
    BOOST_TEST(things.generation() == 3U);
}

BOOST_FIXTURE_TEST_CASE(ignores_what_is_older_than_what_it_has, observed) {
    things.apply(make("a", "u1", "10"));
    things.apply(make("a", "u1", "9"));
    things.apply(make("a", "u1", "10"));
    things.apply(make("a", "u0", "8")); // an earlier object of that name
    expect({"added a u1 10"});
}

BOOST_FIXTURE_TEST_CASE(tells_of_the_old_ones_end_when_an_object_was_made_anew_under_its_name, observed) {
    things.apply(make("a", "u1", "5"));
    things.apply(make("a", "u2", "9"));
    expect({"added a u1 5", "deleted a u1 5", "added a u2 9"});
}

BOOST_FIXTURE_TEST_CASE(leaves_another_object_of_that_name_alone_when_one_is_deleted, observed) {
    things.apply(make("a", "u2", "9"));
    things.erase({"ai", "a"}, "u1");
    expect({"added a u2 9"});
}

BOOST_FIXTURE_TEST_CASE(finds_out_from_a_list_what_has_gone, observed) {
    things.apply(make("a", "u1", "5"));
    things.apply(make("b", "u2", "6"));
    things.apply(make("own", "u3", "12")); // our own write, newer than the list
    BOOST_TEST(!things.synced());
    things.begin_list();
    things.finish_list({{{"ai", "a"}, "u1"}}, "10");
    BOOST_TEST(things.synced());
    expect({"added a u1 5", "added b u2 6", "added own u3 12", "deleted b u2 6"});
}

BOOST_FIXTURE_TEST_CASE(does_not_bring_back_by_a_late_answer_what_the_watch_has_seen_deleted, observed) {
    things.begin_list();
    things.finish_list({}, "10");
    things.apply(make("a", "u1", "11"));
    things.passed("11");
    things.erase({"ai", "a"}, "u1");
    things.passed("13");
    things.apply(make("a", "u1", "12"));
    expect({"added a u1 11", "deleted a u1 11"});
    things.apply(make("b", "u2", "14"));
    expect({"added b u2 14"});
}

BOOST_FIXTURE_TEST_CASE(takes_a_restored_servers_older_versions, observed) {
    things.apply(make("a", "u1", "500"));
    things.apply(make("b", "u2", "600"));
    things.begin_list(true);
    things.apply(make("a", "u1", "50"));
    things.finish_list({{{"ai", "a"}, "u1"}}, "60");
    expect({"added a u1 500", "added b u2 600", "modified a u1 50", "deleted b u2 600"});
}

BOOST_AUTO_TEST_SUITE_END()
