// Whatever the simulated restic writes, the real 0.16.4 has written too, and it ended so: its recorded logs are taken
// apart into the shapes of their lines, without what differs from run to run.
#include "fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace simulator {

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string type_of(const json::value& value) {
    return value.is_number() ? "number" : json::serialize(json::value(to_string(value.kind())));
}

void list_members(const json::object& object, const std::string& path, std::set<std::string>& found) {
    for (const auto& [key, value] : object) {
        const auto here = path + "." + std::string(key);
        found.insert(here + ":" + type_of(value));
        if (value.is_object()) {
            list_members(value.get_object(), here, found);
        }
    }
}

// The message's type, or what else begins it.
std::string kind_of(const json::value& message) {
    if (message.is_array()) {
        return "list";
    }
    const auto* type = message.get_object().if_contains("message_type");
    return type == nullptr ? "object" : std::string(type->as_string());
}

// The words of a line of text.
std::string plain(std::string line) {
    static const std::vector<std::pair<std::regex, std::string>> rules{
        {std::regex("s3:http[^ ]*"), "URL"},
        {std::regex("(soteria|service)[:=][^ ]*"), "TAGS"},
        {std::regex("-{10,}"), "---"},
        {std::regex(" on [a-zA-Z0-9-]+ by root"), " on POD by root"},
        {std::regex("\\b[0-9a-f]{8,64}\\b"), "ID"},
        {std::regex("/data/[^: ]*"), "/data/FILE"},
        {std::regex("[0-9]+(\\.[0-9]+)?(ms|s)?\\b"), "N"},
        {std::regex(" +"), " "}};
    for (const auto& [what, by] : rules) {
        line = std::regex_replace(line, what, by);
    }
    return line;
}

// What lines of one command look like: words, and the members that each kind of message has had.
struct shapes {
    std::set<std::string> words;
    std::map<std::string, std::set<std::string>> members;

    void learn(const std::string& log) {
        std::istringstream text(log);
        for (std::string line; std::getline(text, line);) {
            boost::system::error_code error;
            const auto parsed = json::parse(line, error);
            if (error || !(parsed.is_object() || parsed.is_array())) {
                words.insert(plain(line));
                continue;
            }
            const json::array whole = parsed.is_array() ? parsed.get_array() : json::array(1, parsed);
            for (const auto& one : whole) {
                list_members(one.as_object(), "", members[kind_of(parsed)]);
            }
            members.try_emplace(kind_of(parsed));
        }
    }

    // Empty if everything in `said` is known here.
    std::string strange_in(const shapes& said) const {
        std::string text;
        for (const auto& line : said.words) {
            text += words.contains(line) ? "" : "\nnever recorded: " + line;
        }
        for (const auto& [type, had] : said.members) {
            const auto known = members.find(type);
            for (const auto& member : had) {
                const bool seen = known != members.end() && known->second.contains(member);
                text += seen ? "" : "\nnever recorded in a " + type + ": " + member;
            }
        }
        return text;
    }
};

struct recorded_fixture : restic_fixture {
    json::object index;
    std::map<std::string, shapes> by_command;

    recorded_fixture() {
        order.environment["RESTIC_REPOSITORY"] = "s3:http://127.0.0.1:7070/backups/home";
        const fs::path folder = fs::path(SOTERIA_TEST_DATA) / "restic" / "0.16.4";
        index = json::parse(read(folder / "index.json")).as_object();
        for (const auto& [name, entry] : index) {
            const auto command = entry.at("args").at(0).as_string();
            by_command[std::string(command)].learn(read(folder / (std::string(name) + ".log")));
        }
        const fs::path more = fs::path(SOTERIA_TEST_DATA) / "restic-simulator";
        by_command["restore"].learn(read(more / "restore-progress-0.16.4.log"));
        by_command["backup"].learn(read(more / "backup-errors-0.16.4.log"));
        by_command["cat"].words = {"{", " \"version\": N,", " \"id\": \"ID\",", " \"chunker_polynomial\": \"ID\"", "}"};
    }

    // Runs the line, which must end as the recording of that name did and say nothing that was not recorded.
    ended same(const std::string& name, const std::string& line) {
        auto seen = run(line);
        const auto expected = index.at(name).at("exit_code").as_int64();
        BOOST_TEST(seen.exit_code == expected, name << " ended with " << seen.exit_code << ": " << seen.output);
        shapes said;
        said.learn(seen.output);
        const auto strange = by_command.at(line.substr(0, line.find(' '))).strange_in(said);
        BOOST_TEST(strange.empty(), name << ":" << strange);
        return seen;
    }
};

const std::string backup = "backup --json --host ai/llm-cache --tag soteria:counted -- /data";
const std::string forget = "forget --host ai/llm-cache --tag soteria:counted --group-by host --keep-last 2";

} // namespace

BOOST_AUTO_TEST_SUITE(what_the_simulated_restic_says_was_recorded)

BOOST_FIXTURE_TEST_CASE(from_the_first_command_to_the_last, recorded_fixture) {
    mount("/data");
    same("backup_repository_missing", backup);
    same("unlock_repository_missing", "unlock");
    same("list_repository_missing", "list --no-lock snapshots");
    same("init_new", "init");
    same("init_again", "init");
    same("list_empty", "list --no-lock snapshots");
    same("snapshots_empty", "snapshots --no-lock --json");
    same("unlock_none", "unlock");
    const auto first = same("backup_first", backup).message("summary");
    same("backup_incremental", backup);
    same("backup_no_source", "backup --json --host ai/llm-cache -- /data/absent");
    same("list_snapshots", "list --no-lock snapshots");
    same("snapshots_all", "snapshots --no-lock --json");
    const std::string id(first.at("snapshot_id").as_string());
    same("tag_incomplete", "tag --add soteria:incomplete --remove soteria:counted " + id);
    same("snapshots_all", "snapshots --no-lock --json");
    same("forget_nothing", forget);
    same("backup_first", backup);
    same("backup_first", backup);
    same("forget", forget);
    mount("/restore/data", "u2");
    const auto listed = run("list --no-lock snapshots").lines;
    same("restore_verified", "restore " + listed.front() + " --target /restore --verify --json");
    mount("/restore/data", "u3", 100);
    same("restore_no_space", "restore " + listed.front() + " --target /restore --json");
}

BOOST_FIXTURE_TEST_CASE(also_what_fails, recorded_fixture) {
    mount("/data");
    run("init");
    for (const auto& [name, word] :
         {std::pair("backup_wrong_password", "wrong_password"), std::pair("backup_unreachable", "unreachable"),
          std::pair("backup_unknown_access_key", "refused"), std::pair("backup_repository_missing", "missing"),
          std::pair("backup_locked", "locked"), std::pair("backup_unreadable", "unreadable")}) {
        fault(std::string(R"({"command":"backup","do":")") + word + "\"}");
        same(name, backup);
    }
    fault(R"({"command":"list","do":"unreachable"})");
    same("list_unreachable", "list --no-lock snapshots");
    fault(R"({"command":"forget","do":"locked"})");
    same("forget_locked", forget);
    player.seed(
        json::parse(R"({"repository":"s3:http://127.0.0.1:7070/backups/home","locks":[{"host":"x","hours":1}]})")
            .as_object());
    same("unlock_stale", "unlock");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace simulator
