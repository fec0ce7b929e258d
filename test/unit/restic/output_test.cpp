#include "recordings.hpp"

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::restic;
using restic::test::read;

namespace {

// What decides, as one text, so that two readings can be compared.
std::string as_text(const result<output>& read) {
    if (!read)
        return "failed: " + read.error().message;
    std::ostringstream text;
    const auto& said = *read;
    if (said.progress)
        text << "progress " << said.progress->percent << ' ' << said.progress->bytes_done.value_or(-1) << '/'
             << said.progress->bytes_total.value_or(-1) << ' ' << said.progress->eta_seconds.value_or(-1) << '\n';
    text << "files " << said.files_done.value_or(-1) << '/' << said.files_total.value_or(-1) << '\n';
    if (said.backup)
        text << "backup " << said.backup->snapshot_id << ' ' << said.backup->files_new << ' '
             << said.backup->bytes_added << ' ' << said.backup->bytes_processed << '\n';
    if (said.restore)
        text << "restore " << said.restore->files_restored << ' ' << said.restore->bytes_restored << '\n';
    text << "unreadable " << said.unreadable_count << '\n';
    for (std::size_t each = 0; each < said.unreadable.size(); ++each)
        text << said.unreadable[each] << ": " << said.unreadable_why[each] << '\n';
    for (const auto& line : said.words)
        text << "said " << line << '\n';
    for (const auto& id : said.ids)
        text << "id " << id << '\n';
    return text.str();
}

const std::string summary =
    R"({"message_type":"summary","files_new":3,"files_changed":2,"files_unmodified":1,"data_added":2048,)"
    R"("total_files_processed":6,"total_bytes_processed":4096,"total_duration":1.5,"snapshot_id":"0123456789abcdef"})"
    "\n";

} // namespace

BOOST_AUTO_TEST_SUITE(the_output_of_restic)

BOOST_AUTO_TEST_CASE(of_a_backup_ends_with_its_summary) {
    const auto said = read(summary).value();
    BOOST_REQUIRE(said.backup.has_value());
    BOOST_TEST(said.backup->snapshot_id == "0123456789abcdef");
    BOOST_TEST(said.backup->files_new == 3);
    BOOST_TEST(said.backup->files_changed == 2);
    BOOST_TEST(said.backup->files_unmodified == 1);
    BOOST_TEST(said.backup->bytes_added == 2048);
    BOOST_TEST(said.backup->bytes_processed == 4096);
    BOOST_TEST(said.backup->files_processed == 6);
    BOOST_TEST(said.backup->seconds == 1.5);
    BOOST_TEST(!said.restore.has_value());
}

BOOST_AUTO_TEST_CASE(shows_how_far_a_backup_is_while_it_runs) {
    output_reader reader;
    reader.feed(
        R"({"message_type":"status","seconds_elapsed":5,"seconds_remaining":7,"percent_done":0.429,)"
        R"("total_files":900,"files_done":410,"total_bytes":3000,"bytes_done":1287,"current_files":["/data/a"]})"
        "\n");
    const auto& so_far = reader.so_far();
    BOOST_REQUIRE(so_far.progress.has_value());
    BOOST_TEST(so_far.progress->percent == 42);
    BOOST_TEST(so_far.progress->bytes_done.value() == 1287);
    BOOST_TEST(so_far.progress->bytes_total.value() == 3000);
    BOOST_TEST(so_far.progress->eta_seconds.value() == 7);
    BOOST_TEST(so_far.files_done.value() == 410);
    BOOST_TEST(so_far.files_total.value() == 900);
}

BOOST_AUTO_TEST_CASE(computes_how_long_a_restore_will_take_from_its_pace) {
    const auto said = read(R"({"message_type":"status","seconds_elapsed":10,"percent_done":0.25,"total_files":8,)"
                           R"("files_restored":2,"total_bytes":4000,"bytes_restored":1000})"
                           "\n")
                          .value();
    BOOST_TEST(said.progress.value().eta_seconds.value() == 30);
    BOOST_TEST(said.progress.value().bytes_done.value() == 1000);
    BOOST_TEST(said.files_done.value() == 2);
}

BOOST_AUTO_TEST_CASE(leaves_out_zeros_which_are_zeros_where_there_is_a_total) {
    const auto said = read(R"({"message_type":"status","percent_done":0,"total_files":1,"total_bytes":30})"
                           "\n")
                          .value();
    BOOST_TEST(said.progress.value().bytes_done.value() == 0);
    BOOST_TEST(said.files_done.value() == 0);
}

BOOST_AUTO_TEST_CASE(of_a_dry_run_names_no_snapshot) {
    const auto said = read(R"({"message_type":"summary","files_new":1,"snapshot_id":"0123456789abcdef","dry_run":true})"
                           "\n")
                          .value();
    BOOST_TEST(said.backup.value().snapshot_id.empty());
}

BOOST_AUTO_TEST_CASE(names_each_unreadable_file_once_and_why) {
    const auto said =
        read(
            R"({"message_type":"error","error":{},"during":"scan","item":"/data/closed"})"
            "\n"
            R"({"message_type":"error","error":{},"during":"archival","item":"/data/closed"})"
            "\n"
            R"({"message_type":"error","error":{"Op":"open","Path":"/data/x","Err":13},"during":"archival","item":"/data/x"})"
            "\n"
            R"({"message_type":"error","error":{"message":"read /data/y: input/output error"},"item":"/data/y"})"
            "\n")
            .value();
    BOOST_TEST(said.unreadable_count == 3);
    BOOST_TEST(said.unreadable.at(0) == "/data/closed");
    BOOST_TEST(said.unreadable.at(1) == "/data/x");
    BOOST_TEST(said.unreadable_why.at(1) == "open: Permission denied");
    BOOST_TEST(said.unreadable_why.at(2) == "read /data/y: input/output error");
}

BOOST_AUTO_TEST_CASE(names_the_files_that_a_restore_could_not_write) {
    const auto said = read("ignoring error for /data/a: write /restore/data/a: no space left on device\n").value();
    BOOST_TEST(said.unreadable.at(0) == "/data/a");
    BOOST_TEST(said.unreadable_why.at(0) == "write /restore/data/a: no space left on device");
    BOOST_TEST(said.words.empty());
}

BOOST_AUTO_TEST_CASE(counts_all_unreadable_files_and_names_a_hundred) {
    std::string log;
    for (int each = 0; each < 250; ++each)
        log += "ignoring error for /data/" + std::to_string(each) + ": closed\n";
    const auto said = read(log).value();
    BOOST_TEST(said.unreadable_count == 250);
    BOOST_TEST(said.unreadable.size() == output::most_named);
    BOOST_TEST(said.unreadable.back() == "/data/99");
}

BOOST_AUTO_TEST_CASE(keeps_the_last_words_and_no_more_of_them_than_fit_a_message) {
    std::string log;
    for (int each = 0; each < 100; ++each)
        log += "retry " + std::to_string(each) + "\n";
    log += "Fatal: " + std::string(5000, 'x') + "\n";
    const auto said = read(log).value();
    BOOST_TEST(said.words.size() == 20U);
    BOOST_TEST(said.words.front() == "retry 81");
    BOOST_TEST(said.words.back().size() == 500U);
}

BOOST_AUTO_TEST_CASE(may_hold_bytes_that_are_no_text) {
    const auto said = read("Fatal: \xff\xfe\n").value();
    BOOST_TEST(said.words.at(0) == "Fatal: \xEF\xBF\xBD\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(is_kept_without_what_moves_a_cursor) {
    BOOST_TEST(read("\x1b[2Ksignal interrupt received\n").value().words.at(0) == "signal interrupt received");
}

BOOST_AUTO_TEST_CASE(that_is_broken_json_is_kept_as_words) {
    const auto said = read("{\"message_type\":\"summ\n{}\n{\"message_type\":7}\n").value();
    BOOST_TEST(said.words.size() == 1U);
    BOOST_TEST(!said.backup.has_value());
}

BOOST_AUTO_TEST_CASE(with_numbers_that_make_no_sense_does_no_harm) {
    const auto said =
        read(R"({"message_type":"status","percent_done":1e300,"total_bytes":18446744073709551615,"bytes_done":-4})"
             "\n"
             R"({"message_type":"status","percent_done":"half","total_files":1.5})"
             "\n")
            .value();
    BOOST_TEST(said.progress.value().percent == 0);
    BOOST_TEST(!said.progress.value().bytes_total.has_value());
}

BOOST_AUTO_TEST_CASE(leaves_out_a_line_that_is_too_long_and_says_so) {
    const auto said =
        read("{\"message_type\":\"status\",\"x\":\"" + std::string(2u << 20, 'x') + "\"}\n" + summary).value();
    BOOST_TEST(said.words.at(0).starts_with("a line of 20971"), said.words.at(0));
    BOOST_TEST(said.backup.has_value());
}

BOOST_AUTO_TEST_CASE(counts_its_last_line_also_where_its_end_is_missing) {
    BOOST_TEST(read(summary.substr(0, summary.size() - 1)).value().backup.has_value());
}

BOOST_AUTO_TEST_CASE(of_later_versions_says_why_it_exits_in_json) {
    const auto said =
        read(R"({"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"})"
             "\n")
            .value();
    BOOST_TEST(said.words.at(0) == "Fatal: wrong password or no key found");
}

BOOST_AUTO_TEST_CASE(lists_ids) {
    const std::string id(64, 'a');
    const auto said = read(id + "\nnot an id\n" + id + "\n").value();
    BOOST_TEST(said.ids.size() == 2U);
    BOOST_TEST(said.ids.at(0) == id);
    BOOST_TEST(said.words.size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_the_same_whatever_pieces_it_comes_in) {
    for (const auto& version : restic::test::versions) {
        for (const auto& each : restic::test::all_recordings(version)) {
            const auto whole = as_text(read(each.log));
            for (const std::size_t piece : {1U, 2U, 7U, 64U, 1000U})
                BOOST_TEST(as_text(read(each.log, piece)) == whole, each.title() << " in pieces of " << piece);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_list_of_snapshots)

BOOST_AUTO_TEST_CASE(is_given_on_one_by_one_as_it_comes) {
    const std::string id(64, 'a');
    std::vector<std::string> taken;
    output_reader reader([&](const snapshot& one) { taken.push_back(one.id + " " + one.host); });
    reader.feed(R"([{"time":"2026-04-12T15:30:00Z","hostname":"a]},\"{[","tags":["x\\"],"id":")" + id + "\"}");
    BOOST_TEST(taken.size() == 1U);
    BOOST_TEST(!reader.so_far().list);
    BOOST_TEST(taken.at(0) == id + " a]},\"{[");
    reader.feed(R"(,{"time":"2026-04-12T15:30:00Z","hostname":"b","id":")" + id + "\"}]\n");
    BOOST_TEST(reader.finish().value().list);
    BOOST_TEST(taken.size() == 2U);
}

BOOST_AUTO_TEST_CASE(that_was_cut_is_no_answer) {
    const std::string id(64, 'a');
    const std::string log = R"([{"time":"2026-04-12T15:30:00Z","id":")" + id + R"("},{"time":"2026)";
    for (const auto& cut : {log, log.substr(0, log.size() - 12)}) {
        const auto said = read(cut);
        BOOST_REQUIRE(!said);
        BOOST_TEST((said.error().code == errc::bad_answer));
    }
}

BOOST_AUTO_TEST_CASE(whose_element_is_no_snapshot_is_no_answer) {
    for (const std::string log : {"[{\"id\":\"abc\"}]\n", "[{\"id\":}]\n"})
        BOOST_TEST((read(log).error().code == errc::bad_answer), log);
}

BOOST_AUTO_TEST_CASE(is_not_mistaken_for_restic_counting_in_words) {
    const auto said = read("[0:00] 100.00%  2 / 2 files deleted\n[]\nfinished\n").value();
    BOOST_TEST(said.words.size() == 2U);
    BOOST_TEST(said.list);
    BOOST_TEST(!read("[0:00] 100.00%  2 / 2 files deleted\n").value().list);
}

BOOST_AUTO_TEST_CASE(of_both_versions_is_read_whole) {
    for (const auto& version : restic::test::versions) {
        std::vector<snapshot> all;
        const auto ids = read(restic::test::load(version, "list_snapshots").log).value().ids;
        BOOST_REQUIRE(read(restic::test::load(version, "snapshots_all").log, 5,
                           [&](snapshot one) { all.push_back(std::move(one)); }));
        BOOST_TEST(all.size() == ids.size(), version);
        BOOST_TEST(all.size() == 5U, version);
        for (const auto& each : all) {
            BOOST_TEST(each.pvc().value().text() == "ai/llm-cache", version);
            BOOST_TEST(each.own_tags().at(0) == "service=llm", version);
            BOOST_TEST(each.paths.at(0) == "/data", version);
        }
        BOOST_TEST(std::ranges::count_if(all, &snapshot::incomplete) == 1, version);
    }
}

BOOST_AUTO_TEST_CASE(by_ids_leaves_out_what_is_not_there) {
    for (const auto& version : restic::test::versions) {
        int count = 0;
        const auto said = read(restic::test::load(version, "snapshots_some").log, 5, [&](const snapshot&) { ++count; });
        BOOST_REQUIRE_MESSAGE(said, version);
        BOOST_TEST(count == 2, version);
    }
}

BOOST_AUTO_TEST_SUITE_END()
