#include <soteria/records/keys.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace soteria::records {
namespace {

namespace json = boost::json;

request_key open_key() {
    request_key key;
    key.meta.ns = "soteria";
    key.meta.name = "key-1";
    key.digest = "body-1";
    key.operation = "restore.ai.soteria-restore-copy-20260412-153000-abcde";
    key.driver = "longhorn";
    key.attempt = "mark-1";
    key.claimed_at = *parse_rfc3339("2026-04-12T15:30:00Z");
    return key;
}

// What the API server makes of a merge patch.
void apply(json::object& to, const json::object& patch) {
    for (const auto& [name, value] : patch)
        if (value.is_object() && to.contains(name))
            apply(to[name].as_object(), value.get_object());
        else
            to[name] = value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_codec)

BOOST_AUTO_TEST_CASE(an_open_key_says_what_will_be_made_and_no_answer) {
    const auto object = encode_new_key(open_key());
    BOOST_TEST(object.at("kind").as_string() == "ConfigMap");
    const auto key = decode_key(object);
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST(key->meta.name == "key-1");
    BOOST_TEST(key->digest == "body-1");
    BOOST_TEST(key->operation == open_key().operation);
    BOOST_TEST(key->driver == "longhorn");
    BOOST_TEST(key->attempt == "mark-1");
    BOOST_TEST((key->claimed_at == open_key().claimed_at));
    BOOST_TEST(!key->answer.has_value());
}

BOOST_AUTO_TEST_CASE(an_answered_one_is_found_under_another_label_and_holds_the_rest_of_the_answer) {
    auto object = encode_new_key(open_key());
    const auto label = [&object] { return json::serialize(object.at("metadata").at("labels")); };
    BOOST_TEST(label() == R"({"soteria.dev/idempotency-key":"open"})");
    BOOST_TEST(key_selector(key_state::open) == "soteria.dev/idempotency-key=open");
    apply(object, encode_key_answer({"uid-1", {{"backup", "b-1"}, {"backup_url", "s3://b@r/?backup=b-1"}}}));
    BOOST_TEST(label() == R"({"soteria.dev/idempotency-key":"answered"})");
    BOOST_TEST(key_selector(key_state::answered) == "soteria.dev/idempotency-key=answered");
    const auto key = decode_key(object);
    BOOST_TEST_REQUIRE((key && key->answer));
    BOOST_TEST(key->answer->uid == "uid-1");
    BOOST_TEST(key->answer->resolved.at("backup_url") == "s3://b@r/?backup=b-1");
}

BOOST_AUTO_TEST_CASE(another_attempt_changes_nothing_but_whose_it_is_and_only_what_was_read) {
    auto object = encode_new_key(open_key());
    auto taken = open_key();
    taken.meta.resource_version = "42";
    taken.attempt = "mark-2";
    taken.claimed_at = *parse_rfc3339("2026-04-12T15:32:00Z");
    const auto patch = encode_key_attempt(taken);
    BOOST_TEST(patch.at("metadata").at("resourceVersion").as_string() == "42");
    apply(object, patch);
    const auto key = decode_key(object);
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST(key->attempt == "mark-2");
    BOOST_TEST((key->claimed_at == taken.claimed_at));
    BOOST_TEST(key->operation == open_key().operation);
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_told_as_such_with_its_name) {
    for (const char* missing : {"digest", "operation", "claimedAt"}) {
        auto object = encode_new_key(open_key());
        object["data"].as_object().erase(missing);
        const auto key = decode_key(object);
        BOOST_TEST_REQUIRE(!key.has_value(), missing);
        BOOST_TEST((key.error().code == errc::bad_answer));
        BOOST_TEST(key.error().message.find("the ConfigMap soteria/key-1 ") == 0);
    }
    auto object = encode_new_key(open_key());
    object["data"].as_object()["operation"] = "nothing";
    BOOST_TEST(!decode_key(object).has_value());
    object.erase("data");
    BOOST_TEST(!decode_key(object).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_names_the_key_that_it_was_made_for) {
    kube::object_meta record;
    BOOST_TEST(request_key_of(record) == "");
    record.annotations["soteria.dev/idempotency-key"] = "key-1";
    BOOST_TEST(request_key_of(record) == "key-1");
}

BOOST_AUTO_TEST_CASE(a_key_is_of_one_caller_one_route_and_one_word_and_shows_none_of_them) {
    const auto name = key_name("proxy", "brad", "/v1/backup", "k-1");
    BOOST_TEST(name == key_name("proxy", "brad", "/v1/backup", "k-1"));
    BOOST_TEST(name != key_name("anonymous", "brad", "/v1/backup", "k-1"));
    BOOST_TEST(name != key_name("proxy", "anna", "/v1/backup", "k-1"));
    BOOST_TEST(name != key_name("proxy", "brad", "/v1/restores", "k-1"));
    BOOST_TEST(name != key_name("proxy", "brad", "/v1/backup", "k-2"));
    BOOST_TEST(name != key_name("proxy", "bra", "d/v1/backup", "k-1"));
    BOOST_TEST(name.size() == 56U);
    BOOST_TEST(name.find("brad") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::records
