// restic's arguments, as its parser takes them apart.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace simulator::rs {

struct command_line {
    std::string command;                                   // "backup"
    std::vector<std::string> words;                        // what is no flag, after the command
    std::map<std::string, std::vector<std::string>> flags; // "--tag" -> its values; "" for one that has none
    std::string wrong;                                     // what restic would say of it; empty: nothing

    [[nodiscard]] bool has(const std::string& flag) const { return flags.contains(flag); }

    // The last value; "" if there is none.
    [[nodiscard]] std::string value(const std::string& flag) const;
    [[nodiscard]] std::vector<std::string> values(const std::string& flag) const;
};

// Without the program's name.
command_line parse(const std::vector<std::string>& arguments);

} // namespace simulator::rs
