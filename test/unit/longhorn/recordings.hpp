// The recorded answers of test/data/longhorn.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace soteria::test {

struct recorded_state {
    int t_ms = 0;
    int status = 0;
    std::string body;
};

struct recording {
    std::string name;
    std::string method;
    std::string path;
    std::string request_body;
    // One entry unless it was polled.
    std::vector<recorded_state> states;

    [[nodiscard]] int status() const { return states.front().status; }

    [[nodiscard]] const std::string& body() const { return states.front().body; }
};

inline recording read_recording(const std::filesystem::path& file) {
    const std::ifstream input(file);
    if (!input)
        throw std::runtime_error("there is no recording " + file.string());
    std::ostringstream text;
    text << input.rdbuf();
    const auto root = boost::json::parse(text.str()).as_object();
    const auto text_of = [](const boost::json::object& from, const char* member) {
        const auto* value = from.if_contains(member);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    recording one;
    one.name = file.stem().string();
    one.method = text_of(root, "method");
    one.path = text_of(root, "path");
    one.request_body = text_of(root, "request_body");
    if (const auto* sequence = root.if_contains("sequence")) {
        for (const auto& entry : sequence->as_array()) {
            const auto& state = entry.as_object();
            one.states.push_back({static_cast<int>(state.at("t_ms").to_number<double>()),
                                  state.at("status").to_number<int>(), text_of(state, "body")});
        }
    } else {
        one.states.push_back({0, root.at("status").to_number<int>(), text_of(root, "body")});
    }
    return one;
}

inline recording load_recording(const std::string& name) {
    return read_recording(std::filesystem::path(SOTERIA_TEST_DATA) / "longhorn" / (name + ".json"));
}

inline std::vector<recording> all_recordings() {
    std::vector<recording> all;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(SOTERIA_TEST_DATA) / "longhorn"))
        if (entry.path().extension() == ".json")
            all.push_back(read_recording(entry.path()));
    return all;
}

} // namespace soteria::test
