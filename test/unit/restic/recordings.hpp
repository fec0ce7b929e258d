// What restic 0.14 and 0.16 have written: test/data/restic/<version>/<name>.log, recorded by test/data/restic/record.
#pragma once

#include <soteria/restic/output.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace soteria::restic::test {

inline const std::vector<std::string> versions{"0.14.0", "0.16.4"};

struct recording {
    std::string version;
    std::string name;
    std::string log;
    int exit_code = 0;

    [[nodiscard]] std::string title() const { return version + "/" + name; }
};

inline std::string text_of(const std::filesystem::path& file) {
    const std::ifstream input(file, std::ios::binary);
    if (!input)
        throw std::runtime_error("there is no recording " + file.string());
    std::ostringstream text;
    text << input.rdbuf();
    return text.str();
}

inline std::vector<recording> all_recordings(const std::string& version) {
    const auto folder = std::filesystem::path(SOTERIA_TEST_DATA) / "restic" / version;
    const auto index = boost::json::parse(text_of(folder / "index.json")).as_object();
    std::vector<recording> all;
    for (const auto& [name, entry] : index)
        all.push_back({version, std::string(name), text_of(folder / (std::string(name) + ".log")),
                       static_cast<int>(entry.as_object().at("exit_code").as_int64())});
    return all;
}

inline recording load(const std::string& version, const std::string& name) {
    for (auto& each : all_recordings(version))
        if (each.name == name)
            return each;
    throw std::runtime_error("restic " + version + " was not recorded as " + name);
}

// Read in pieces of `piece` bytes; 0: as a whole.
inline result<output> read(const std::string& log, std::size_t piece = 0, output_reader::snapshot_taker take = {}) {
    output_reader reader(std::move(take));
    if (piece == 0)
        reader.feed(log);
    for (std::size_t at = 0; piece != 0 && at < log.size(); at += piece)
        reader.feed(std::string_view(log).substr(at, piece));
    return reader.finish();
}

} // namespace soteria::restic::test
