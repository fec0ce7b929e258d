#include "replay.hpp"

#include "compare.hpp"
#include "test/simulator/http/target.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace replay {

namespace bj = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* recorded_host = "10.89.0.10:9500";
constexpr auto polling = 20ms;

std::set<std::string>& replayed_exchanges() {
    static std::set<std::string> files;
    return files;
}

std::set<std::string>& replayed_sequences() {
    static std::set<std::string> files;
    return files;
}

std::string text_of(const bj::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

bj::value parsed(const std::string& body) {
    boost::system::error_code error;
    bj::value value = bj::parse(body, error);
    return error ? bj::value() : value;
}

struct moment {
    std::int64_t at;
    std::string state;
};

std::string listed(const std::vector<moment>& all) {
    std::string text;
    for (const moment& each : all) {
        text += "\n    " + std::to_string(each.at) + " ms: " + each.state;
    }
    return text;
}

std::string told_of(int status, const std::string& body, const summary& told) {
    return status == 200 ? told(parsed(body)) : "status " + std::to_string(status);
}

} // namespace

std::pair<std::size_t, std::size_t> replayed() {
    return {replayed_exchanges().size(), replayed_sequences().size()};
}

rig::rig(simulator::longhorn_options options) : manager(std::move(options)) {}

simulator::longhorn_options rig::defaults() {
    simulator::longhorn_options options;
    options.target_url.clear();
    options.start = std::chrono::system_clock::from_time_t(1'800'000'000);
    return options;
}

void rig::seed(std::string_view json) const {
    manager.seed(bj::parse(json));
}

simulator::response rig::send(const std::string& method, const std::string& target, const std::string& body,
                              const std::string& agent) const {
    const auto where = simulator::parse_target(target);
    simulator::request asked;
    asked.method = method;
    asked.path = where.path;
    asked.query = where.query;
    asked.headers = {{"host", recorded_host}, {"user-agent", agent}, {"accept", "*/*"}};
    asked.body = body;
    return manager.answer(asked);
}

bj::value rig::get(const std::string& target) const {
    return parsed(send("GET", target).body);
}

bj::value rig::post(const std::string& target, const std::string& body) const {
    const auto answered = send("POST", target, body);
    BOOST_TEST(answered.status == 200, "POST " << target << " was refused: " << answered.body);
    return parsed(answered.body);
}

void rig::call(const std::string& recorded, const std::string& simulated) {
    names_.emplace_back(recorded, simulated);
}

std::string rig::newest_backup(const std::string& volume) const {
    const auto& backups = manager.state().backups;
    std::string newest;
    for (const auto* one : manager.state().backups_of(volume)) {
        const bool named =
            std::any_of(names_.begin(), names_.end(), [&](const auto& pair) { return pair.second == one->name; });
        newest = named ? newest : one->name;
    }
    BOOST_TEST(backups.contains(newest), "No new backup of " << volume << " was made.");
    return newest;
}

std::string rig::translated(std::string text) const {
    for (const auto& [recorded, simulated] : names_) {
        for (auto at = text.find(recorded); at != std::string::npos; at = text.find(recorded, at + simulated.size())) {
            text.replace(at, recorded.size(), simulated);
        }
    }
    return text;
}

void rig::learn_names(const std::string& recorded, const std::string& simulated) {
    const auto fresh = [this](const std::string& text) {
        static const std::regex pattern("backup-[0-9a-f]{16}");
        std::vector<std::string> found;
        for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
            const std::string name = match->str();
            const bool known = std::any_of(names_.begin(), names_.end(),
                                           [&](const auto& pair) { return pair.first == name || pair.second == name; });
            if (!known && std::find(found.begin(), found.end(), name) == found.end()) {
                found.push_back(name);
            }
        }
        return found;
    };
    const auto here = fresh(simulated);
    const auto there = fresh(recorded);
    for (std::size_t index = 0; index < std::min(here.size(), there.size()); ++index) {
        call(there[index], here[index]);
    }
}

bj::object rig::load(const std::string& file) const {
    for (const char* folder : {"/longhorn/", "/longhorn-simulator/"}) {
        std::ifstream in(SOTERIA_TEST_DATA + (folder + file) + ".json");
        if (in) {
            const std::string text(std::istreambuf_iterator<char>(in), {});
            return bj::parse(translated(text)).as_object();
        }
    }
    throw std::runtime_error("There is no recording " + file + ".");
}

void rig::exchange(const std::string& file) {
    bj::object recorded = load(file);
    const std::string agent = file == "html-answer" ? "Mozilla/5.0" : "test";
    const auto answered =
        send(text_of(recorded, "method"), text_of(recorded, "path"), text_of(recorded, "request_body"), agent);
    replayed_exchanges().insert(file);
    learn_names(text_of(recorded, "body"), answered.body);
    recorded = load(file);
    BOOST_TEST_CONTEXT("recording " << file << ", answered: " << answered.body.substr(0, 300)) {
        BOOST_TEST(answered.status == recorded.at("status").as_int64());
        BOOST_TEST(answered.content_type == text_of(recorded, "content_type"));
        const std::string body = text_of(recorded, "body");
        const bj::value expected = parsed(body);
        if (expected.is_object()) {
            for (const std::string& difference : differences(expected, parsed(answered.body))) {
                BOOST_TEST(false, difference);
            }
        } else if (answered.content_type.starts_with("text/html") && answered.status == 200) {
            BOOST_TEST(answered.body.starts_with("<!DOCTYPE html>"));
        } else {
            BOOST_TEST(answered.body == body);
        }
    }
}

void rig::sequence(const std::string& file, const summary& told, std::chrono::milliseconds tolerance) {
    const bj::object recorded = load(file);
    std::vector<moment> expected;
    for (const bj::value& entry : recorded.at("sequence").as_array()) {
        const std::string state =
            told_of(static_cast<int>(entry.at("status").as_int64()), text_of(entry.as_object(), "body"), told);
        if (expected.empty() || expected.back().state != state) {
            expected.push_back({entry.at("t_ms").as_int64(), state});
        }
    }
    std::vector<moment> seen;
    const std::int64_t until = expected.back().at + tolerance.count() + 1000;
    for (std::int64_t at = 0; at <= until; at += polling.count(), pass(polling)) {
        const auto answered =
            send(text_of(recorded, "method"), text_of(recorded, "path"), text_of(recorded, "request_body"));
        const std::string state = told_of(answered.status, answered.body, told);
        if (seen.empty() || seen.back().state != state) {
            seen.push_back({at, state});
        }
    }
    replayed_sequences().insert(file);
    BOOST_TEST_CONTEXT("recording " << file << "\n  recorded:" << listed(expected)
                                    << "\n  simulated:" << listed(seen)) {
        std::size_t next = 0;
        for (const moment& each : expected) {
            while (next < seen.size() && seen[next].state != each.state) {
                ++next;
            }
            BOOST_TEST_REQUIRE(next < seen.size(),
                               "The state \"" << each.state << "\" was not seen, or not in its place.");
            BOOST_TEST(std::abs(seen[next].at - each.at) <= tolerance.count(),
                       "\"" << each.state << "\" was seen after " << seen[next].at << " ms, recorded after " << each.at
                            << " ms.");
        }
        BOOST_TEST(seen.back().state == expected.back().state);
    }
}

std::string volume_summary(const bj::value& volume) {
    const bj::object& one = volume.as_object();
    std::string text = text_of(one, "state") + " " + text_of(one, "robustness");
    for (const char* flag : {"restoreInitiated", "restoreRequired", "ready", "disableFrontend"}) {
        text += one.at(flag).as_bool() ? std::string(" ") + flag : "";
    }
    const auto* condition = one.at("conditions").as_object().if_contains("Restore");
    text += " [" + (condition == nullptr ? "" : text_of(condition->as_object(), "reason")) + "]";
    for (const bj::value& each : one.at("restoreStatus").as_array()) {
        text += " {" + text_of(each.as_object(), "state") + (each.at("isRestoring").as_bool() ? " isRestoring}" : "}");
    }
    return text;
}

std::string snapshot_summary(const bj::value& snapshot) {
    const bj::object& one = snapshot.as_object();
    return (one.at("readyToUse").as_bool() ? "ready " : "") + text_of(one, "error") +
           (text_of(one, "creationTime").empty() ? "" : " creationTime") +
           (one.at("userCreated").as_bool() ? " userCreated" : "");
}

std::string target_summary(const bj::value& target) {
    return (target.at("available").as_bool() ? "available " : "unavailable ") +
           std::string(text_of(target.as_object(), "message").empty() ? "" : "with a message");
}

summary backup_summary(std::string name) {
    return [name = std::move(name)](const bj::value& list) {
        for (const bj::value& each : list.at("data").as_array()) {
            const bj::object& one = each.as_object();
            if (text_of(one, "name") != name) {
                continue;
            }
            std::string text = "state " + text_of(one, "state");
            for (const char* field :
                 {"url", "created", "size", "snapshotCreated", "volumeSize", "compressionMethod", "error"}) {
                text += text_of(one, field).empty() ? "" : std::string(" ") + field;
            }
            text += one.at("messages").is_null() ? "" : " messages";
            return text + (one.at("labels").is_null() ? "" : " labels");
        }
        return std::string("not there");
    };
}

} // namespace replay
