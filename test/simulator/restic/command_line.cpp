#include "command_line.hpp"

#include <set>

namespace simulator::rs {

namespace {

const std::set<std::string, std::less<>> with_value{"--host",
                                                    "--tag",
                                                    "--target",
                                                    "--add",
                                                    "--remove",
                                                    "--set",
                                                    "--group-by",
                                                    "--keep-last",
                                                    "--latest",
                                                    "--keep-hourly",
                                                    "--keep-daily",
                                                    "--keep-weekly",
                                                    "--keep-monthly",
                                                    "--keep-yearly",
                                                    "--keep-within",
                                                    "--keep-tag",
                                                    "--repo",
                                                    "--cache-dir",
                                                    "--path",
                                                    "--exclude",
                                                    "--exclude-file",
                                                    "--iexclude",
                                                    "--compression",
                                                    "--pack-size",
                                                    "--limit-upload",
                                                    "--limit-download",
                                                    "--parent",
                                                    "--option",
                                                    "--retry-lock",
                                                    "--max-unused",
                                                    "--max-repack-size",
                                                    "--exclude-larger-than",
                                                    "--exclude-if-present",
                                                    "--read-concurrency",
                                                    "--include",
                                                    "--keep-within-daily"};

const std::set<std::string, std::less<>> alone{
    "--json",           "--no-lock",    "--verify",        "--prune",      "--quiet",
    "--verbose",        "--no-cache",   "--force",         "--dry-run",    "--one-file-system",
    "--exclude-caches", "--compact",    "--cleanup-cache", "--with-atime", "--ignore-inode",
    "--ignore-ctime",   "--remove-all", "--sparse",        "--no-scan"};

const std::map<std::string, std::string, std::less<>> short_names{{"-r", "--repo"},         {"-H", "--host"},
                                                                  {"-t", "--target"},       {"-l", "--keep-last"},
                                                                  {"-d", "--keep-daily"},   {"-e", "--exclude"},
                                                                  {"-o", "--option"},       {"-q", "--quiet"},
                                                                  {"-v", "--verbose"},      {"-x", "--one-file-system"},
                                                                  {"-f", "--force"},        {"-g", "--group-by"},
                                                                  {"-n", "--dry-run"},      {"-w", "--keep-weekly"},
                                                                  {"-m", "--keep-monthly"}, {"-y", "--keep-yearly"}};

} // namespace

std::string command_line::value(const std::string& flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::string() : found->second.back();
}

std::vector<std::string> command_line::values(const std::string& flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::vector<std::string>() : found->second;
}

command_line parse(const std::vector<std::string>& arguments) {
    command_line made;
    bool only_words = false;
    for (std::size_t place = 0; place < arguments.size(); ++place) {
        std::string word = arguments[place];
        if (only_words || word.size() < 2 || word.front() != '-') {
            if (made.command.empty()) {
                made.command = word;
            } else {
                made.words.push_back(word);
            }
            continue;
        }
        if (word == "--") {
            only_words = true;
            continue;
        }
        std::string value;
        const auto equals = word.find('=');
        const bool joined = word.starts_with("--") && equals != std::string::npos;
        if (joined) {
            value = word.substr(equals + 1);
            word.resize(equals);
        }
        if (const auto full = short_names.find(word); full != short_names.end()) {
            word = full->second;
        }
        if (with_value.contains(word) && !joined) {
            if (++place == arguments.size()) {
                made.wrong = "flag needs an argument: " + word;
                return made;
            }
            value = arguments[place];
        } else if (!with_value.contains(word) && !alone.contains(word)) {
            made.wrong = "unknown flag: " + word;
            return made;
        }
        made.flags[word].push_back(value);
    }
    return made;
}

} // namespace simulator::rs
