#include "recordings.hpp"

#include <soteria/longhorn/decode.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

std::string with(const std::string& members) {
    return R"({"type":"volume","name":"v",)" + members + "}";
}

template <class T>
std::string why(const result<T>& failed) {
    return failed ? std::string("it succeeded") : failed.error().message;
}

// What kind of thing a request asks for: from its method and path alone.
enum class wanted { volume, volumes, snapshot, snapshots, backups, backup_volume, backup_volumes, targets, nothing };

wanted what_is_wanted(const test::recording& asked) {
    const auto is = [&](const std::string& part) { return asked.path.find(part) != std::string::npos; };
    if (asked.method == "DELETE" || asked.method == "PATCH" || is("/v1/nope") || is("/v1/backups"))
        return is("/v1/backupvolumes") ? wanted::backup_volumes : wanted::nothing;
    if (is("snapshotCRList"))
        return wanted::snapshots;
    if (is("snapshotCRGet") || is("snapshotCRCreate"))
        return wanted::snapshot;
    if (is("action=backupList"))
        return wanted::backups;
    if (is("action=") && !is("snapshotBackup"))
        return wanted::nothing;
    if (is("/v1/backuptargets"))
        return asked.path == "/v1/backuptargets" ? wanted::targets : wanted::nothing;
    if (is("/v1/backupvolumes"))
        return asked.path == "/v1/backupvolumes" ? wanted::backup_volumes : wanted::backup_volume;
    if (asked.path == "/v1/volumes" && asked.method == "GET")
        return wanted::volumes;
    return is("/v1/volumes") ? wanted::volume : wanted::nothing;
}

template <class T>
void must_decode(const test::recording& from, const std::string& body) {
    const auto one = decode<T>(body);
    BOOST_TEST(one.has_value(), from.name << ": " << why(one));
}

template <class T>
void must_decode_list(const test::recording& from, const std::string& body) {
    const auto all = decode_list<T>(body);
    BOOST_TEST(all.has_value(), from.name << ": " << why(all));
    for (std::size_t width : {1UL, 7UL, 1000UL}) {
        list_decoder<T> decoder;
        for (std::size_t at = 0; at < body.size(); at += width)
            BOOST_REQUIRE(decoder.feed(std::string_view(body).substr(at, width)).has_value());
        const auto again = decoder.finish();
        BOOST_TEST((again.has_value() && *again == *all),
                   from.name << " differs when fed " << width << " bytes a time");
    }
}

// Returns whether there was something to decode.
bool decode_state(const test::recording& from, const test::recorded_state& state) {
    if (state.status != 200 || state.body.empty() || state.body.starts_with('<'))
        return false;
    switch (what_is_wanted(from)) {
    case wanted::volume:
        must_decode<volume>(from, state.body);
        return true;
    case wanted::volumes:
        must_decode_list<volume>(from, state.body);
        return true;
    case wanted::snapshot:
        must_decode<snapshot>(from, state.body);
        return true;
    case wanted::snapshots:
        must_decode_list<snapshot>(from, state.body);
        return true;
    case wanted::backups:
        must_decode_list<backup>(from, state.body);
        return true;
    case wanted::backup_volume:
        must_decode<backup_volume>(from, state.body);
        return true;
    case wanted::backup_volumes:
        must_decode_list<backup_volume>(from, state.body);
        return true;
    case wanted::targets:
        must_decode_list<backup_target>(from, state.body);
        return true;
    case wanted::nothing:
        return false;
    }
    return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(Longhorns_answers_become_values)

BOOST_AUTO_TEST_CASE(every_recorded_answer_is_understood) {
    const auto all = test::all_recordings();
    BOOST_TEST(all.size() > 100U);
    std::size_t decoded = 0;
    for (const auto& one : all)
        for (const auto& state : one.states)
            decoded += decode_state(one, state) ? 1 : 0;
    BOOST_TEST(decoded > 150U, "only " << decoded << " recorded answers had something to decode");
}

BOOST_AUTO_TEST_CASE(a_recorded_volume_keeps_its_fields) {
    const auto one = decode<volume>(test::load_recording("vol-get-restoring-mid").body());
    BOOST_REQUIRE(one.has_value());
    BOOST_TEST(one->name == "rec-r1");
    BOOST_TEST(one->state == "attached");
    BOOST_TEST(one->robustness == "healthy");
    BOOST_TEST(one->size_bytes == 536870912);
    BOOST_TEST(one->from_backup == "s3://lhbucket@us-east-1/?backup=backup-9e73f95eeb824e65&volume=rec-big");
    BOOST_TEST(!one->ready);
    BOOST_TEST((one->restore_initiated && one->restore_required));
    BOOST_TEST(one->number_of_replicas == 1);
    BOOST_TEST(one->access_mode == "rwo");
    BOOST_TEST(one->data_engine == "v1");
    BOOST_TEST(one->data_locality == "disabled");
    BOOST_TEST(one->frontend == "iscsi");
    BOOST_TEST(one->backup_target_name == "default");
    BOOST_TEST(one->created == "2026-11-22 18:13:00 +0000 UTC");
    BOOST_TEST(one->conditions.at("Restore").reason == "RestoreInProgress");
    BOOST_REQUIRE(one->restore_status.size() == 1U);
    BOOST_TEST(one->restore_status[0].is_restoring);
    BOOST_TEST(one->restore_status[0].progress == 47);
    BOOST_TEST(one->restore_status[0].state == "in_progress");
    BOOST_TEST(one->kubernetes.pv_name == "pv-rec-r1");
    BOOST_TEST(one->kubernetes.pv_status == "Available");
}

BOOST_AUTO_TEST_CASE(a_recorded_backup_keeps_its_fields) {
    const auto all = decode_list<backup>(test::load_recording("backupListByVolume").body());
    BOOST_REQUIRE(all.has_value());
    BOOST_REQUIRE(all->size() == 1U);
    const auto& one = all->front();
    BOOST_TEST(one.name == "backup-9e73f95eeb824e65");
    BOOST_TEST(one.volume == "rec-big");
    BOOST_TEST(one.snapshot_name == "big-s1");
    BOOST_TEST(one.state == "Completed");
    BOOST_TEST(one.progress == 100);
    BOOST_TEST(one.size_bytes == 419430400);
    BOOST_TEST(one.volume_size_bytes == 536870912);
    BOOST_TEST(one.mode == "incremental");
    BOOST_TEST(one.target == "default");
    BOOST_TEST(one.url == "s3://lhbucket@us-east-1/?backup=backup-9e73f95eeb824e65&volume=rec-big");
    BOOST_TEST(one.labels.at("client") == "recorder");
    BOOST_TEST((one.created_at == parse_rfc3339("2026-11-22T18:11:46Z")));
    BOOST_TEST((one.snapshot_created_at == parse_rfc3339("2026-11-22T18:11:40Z")));
    BOOST_TEST(one.completed());
}

BOOST_AUTO_TEST_CASE(a_backup_volume_names_its_volume_from_1_8_on_and_is_named_like_it_before) {
    const auto newer = decode_list<backup_volume>(test::load_recording("backupvolumes-list").body());
    BOOST_REQUIRE(newer.has_value());
    BOOST_TEST(newer->at(0).name == "rec-big-bd3ca3ac");
    BOOST_TEST(newer->at(0).volume == "rec-big");
    BOOST_TEST(newer->at(0).names_volume);
    const auto older = decode<backup_volume>(R"({"type":"backupVolume","name":"pvc-1","size":"10","labels":null})");
    BOOST_REQUIRE(older.has_value());
    BOOST_TEST(older->volume == "pvc-1");
    BOOST_TEST(!older->names_volume);
}

BOOST_AUTO_TEST_CASE(missing_null_and_blank_fields_are_empty) {
    const auto one =
        decode<volume>(with(R"("size":"","restoreStatus":null,"conditions":null,"kubernetesStatus":null)"));
    BOOST_REQUIRE(one.has_value());
    BOOST_TEST(one->size_bytes == 0);
    BOOST_TEST(one->restore_status.empty());
    BOOST_TEST(!one->restore_initiated);
    BOOST_TEST(one->backup_target_name.empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_read_as_numbers_and_as_texts) {
    BOOST_TEST(decode<volume>(with(R"("size":12)"))->size_bytes == 12);
    BOOST_TEST(decode<volume>(with(R"("size":"12")"))->size_bytes == 12);
}

BOOST_AUTO_TEST_CASE(an_id_stands_in_for_a_missing_name) {
    BOOST_TEST(decode<volume>(R"({"id":"v"})")->name == "v");
    BOOST_TEST(decode_list<volume>(R"({"data":[{"id":"v"}]})")->at(0).name == "v");
}

const std::vector<std::string> misfits{
    R"({"name":"v","size":[]})",
    R"({"name":"v","size":"many"})",
    R"({"name":"v","size":"12 "})",
    R"({"name":"v","size":1.5})",
    R"({"name":"v","size":"99999999999999999999"})",
    R"({"name":"v","ready":"true"})",
    R"({"name":"v","state":7})",
    R"({"name":"v","numberOfReplicas":99999999999})",
    R"({"name":"v","restoreStatus":{}})",
    R"({"name":"v","restoreStatus":[1]})",
    R"({"name":"v","restoreStatus":[{"progress":"half"}]})",
    R"({"name":"v","conditions":[]})",
    R"({"name":"v","conditions":{"Restore":"True"}})",
    R"({"name":"v","kubernetesStatus":"Bound"})",
    R"({"name":["v"]})",
    R"({"size":"12"})",
    R"({"type":"error","status":500,"message":"boom"})",
    R"({"type":"backup","name":"v"})",
    R"([])",
    R"("v")",
    R"({"name":"v")",
    R"({"name":"v"}x)",
    "",
    "<!DOCTYPE html>",
};

BOOST_DATA_TEST_CASE(a_volume_that_does_not_fit_is_refused, boost::unit_test::data::make(misfits)) {
    const auto one = decode<volume>(sample);
    BOOST_REQUIRE(!one.has_value());
    BOOST_TEST(to_string(one.error().code) == "bad_answer");
    BOOST_TEST(one.error().message.starts_with("Longhorn's answer makes no sense: "));
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_object_and_its_field) {
    const auto one = decode<volume>(with(R"("size":[])"));
    BOOST_TEST(why(one) == "Longhorn's answer makes no sense: field size of volume v is not a whole number.");
}

const std::vector<std::string> bad_lists{
    "",
    "null",
    "[]",
    "{}",
    R"({"type":"collection","resourceType":"volume"})",
    R"({"type":"error","status":500,"message":"boom"})",
    R"({"type":"volume","name":"v","data":[]})",
    R"({"data":{},"type":"collection"})",
    R"({"data":[[]]})",
    R"({"data":["v"]})",
    R"({"data":[null]})",
    R"({"data":[{"name":"v"}],"data":[{"name":"w"}]})",
    R"({"data":[{"name":"v"}],"resourceType":"backup"})",
    R"({"data":[{"name":"v","state":1}]})",
    R"({"data":[{"name":"v"},{"state":"attached"}]})",
    R"({"data":[{"name":"v"}])",
    R"({"data":[{"name":"v"}],"type":"collection"} and more)",
    "404 page not found\n",
    "<!DOCTYPE html>",
};

BOOST_DATA_TEST_CASE(a_list_that_does_not_fit_is_never_taken_for_an_empty_one,
                     boost::unit_test::data::make(bad_lists)) {
    const auto all = decode_list<volume>(sample);
    BOOST_REQUIRE(!all.has_value());
    BOOST_TEST(to_string(all.error().code) == "bad_answer");
}

BOOST_AUTO_TEST_CASE(every_cut_of_a_list_is_refused) {
    const std::string whole = R"({"data":[{"name":"v","size":"7","labels":{"a":"b"}}],"type":"collection"})";
    BOOST_REQUIRE(decode_list<volume>(whole).has_value());
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST(!decode_list<volume>(whole.substr(0, length)).has_value(), "cut after " << length << " bytes");
}

BOOST_AUTO_TEST_CASE(a_decoder_that_failed_stays_failed) {
    list_decoder<volume> decoder;
    BOOST_TEST(!decoder.feed("[").has_value());
    BOOST_TEST(!decoder.feed("{}").has_value());
    BOOST_TEST(!decoder.finish().has_value());
}

BOOST_AUTO_TEST_CASE(unknown_members_of_any_shape_are_skipped_in_lists) {
    const auto all =
        decode_list<volume>(R"({"x":{"data":[1]},"data":[{"deep":{"name":"no","a":[1,{"name":"no"}]},"name":"v",
        "list":[[],[1.5,-2,18446744073709551615,true,null,"\u00e4"]],"size":"3"}],"y":[{}],"links":{"self":"s"}})");
    BOOST_REQUIRE_MESSAGE(all.has_value(), why(all));
    BOOST_TEST(all->at(0).name == "v");
    BOOST_TEST(all->at(0).size_bytes == 3);
}

BOOST_AUTO_TEST_CASE(null_data_is_an_empty_list) {
    const auto all = decode_list<backup>(R"({"data":null,"type":"collection"})");
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->empty());
}

BOOST_AUTO_TEST_CASE(an_unreadable_time_counts_as_none) {
    const auto one = decode<backup>(R"({"name":"b","state":"Completed","url":"s3://x","created":"yesterday"})");
    BOOST_REQUIRE(one.has_value());
    BOOST_TEST(!one->created_at.has_value());
    BOOST_TEST(!one->completed());
    for (const auto* time : {"0001-01-01T00:00:00Z", "4760-01-01T00:00:00Z", "-1", ""})
        BOOST_TEST(!decode<backup>(R"({"name":"b","created":")" + std::string(time) + "\"}")->created_at.has_value());
}

BOOST_AUTO_TEST_CASE(texts_from_elsewhere_are_cut_between_characters) {
    BOOST_TEST(bounded("short") == "short");
    const auto cut = bounded("begin" + std::string(1000, 'x') + "end", 20);
    BOOST_TEST(cut == "beginxx ... xxxxxend");
    const std::string umlauts =
        std::string(10, 'a') + std::string("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4");
    for (std::size_t limit = 5; limit < umlauts.size(); ++limit) {
        BOOST_TEST(bounded(umlauts, limit).size() <= limit);
        boost::system::error_code ec;
        (void)boost::json::parse("\"" + bounded(umlauts, limit) + "\"", ec);
        BOOST_TEST(!ec, "cut inside a character at " << limit);
    }
    const auto one = decode<backup>(R"({"name":"b","error":")" + std::string(5000, 'x') + R"("})");
    BOOST_TEST(one->error.size() == 500U);
    const auto failed = decode_list<backup>(test::load_recording("backupListByVolume-failed-deletes").body());
    BOOST_TEST(failed->at(0).messages.at("error").size() <= 500U);
    BOOST_TEST(failed->at(0).messages.at("error").starts_with("Failed to delete the backup"));
}

BOOST_AUTO_TEST_CASE(a_list_of_two_thousand_volumes_is_whole) {
    const auto one = test::load_recording("vol-get-restoring-mid").body();
    std::string list = R"({"data":[)";
    for (int index = 0; index < 2000; ++index)
        list += (index == 0 ? "" : ",") + one;
    list += R"(],"resourceType":"volume","type":"collection"})";
    const auto all = decode_list<volume>(list);
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->size() == 2000U);
    BOOST_TEST((all->back() == *decode<volume>(one)));
}

BOOST_AUTO_TEST_SUITE_END()
