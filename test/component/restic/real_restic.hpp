// A real restic with a repository of its own in a folder: run with the arguments that Jobs get.
#pragma once

#include <soteria/restic/arguments.hpp>
#include <soteria/restic/output.hpp>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/io.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace soteria::test {

namespace process = boost::process;

// Debian's, and the version of the default image as the tests' own tool.
inline std::string restic_program(const std::string& version) {
    if (version == "0.14")
        return "/usr/bin/restic";
    process::ipstream printed;
    process::child build(SOTERIA_TEST_DATA "/../cluster/build-tool", "restic", process::std_out > printed);
    std::string path;
    std::getline(printed, path);
    build.wait();
    return path;
}

struct ended {
    int exit_code = 0;
    std::string log;
    restic::output said;
    std::vector<restic::snapshot> snapshots;
};

class temporary_folder {
public:
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "soteria-restic-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder: " + name);
        path_ = name;
    }

    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class real_restic {
public:
    // Its repository is a copy of one that is made once: making one takes seconds, as restic measures how much work a
    // password may cost.
    explicit real_restic(const std::string& version) : program_(restic_program(version)) {
        static std::map<std::string, temporary_folder> made;
        std::filesystem::create_directories(data());
        environment_["RESTIC_PASSWORD"] = "correct horse";
        environment_["RESTIC_CACHE_DIR"] = (folder() / "cache").string();
        environment_["HOME"] = folder().string();
        const bool first = !made.contains(version);
        const auto original = made[version].path() / "repository";
        environment_["RESTIC_REPOSITORY"] = original.string();
        const auto init = first ? run(restic::init_arguments()) : ended{};
        BOOST_REQUIRE_MESSAGE(init.exit_code == 0, init.log);
        std::filesystem::copy(original, folder() / "repository", std::filesystem::copy_options::recursive);
        environment_["RESTIC_REPOSITORY"] = (folder() / "repository").string();
    }

    // What stands for the PVC: restic sees this path in place of /data.
    [[nodiscard]] std::filesystem::path data() const { return folder() / "data"; }

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

    void write(const std::string& name, const std::string& content) const { std::ofstream(data() / name) << content; }

    ended run(const restic::arguments& arguments) {
        const auto log = (folder() / "log").string();
        std::filesystem::remove(log); // Boost.Process writes over what is there, without cutting off the rest
        process::child child(program_, process::args(arguments), environment_,
                             (process::std_out & process::std_err) > log, process::std_in < process::null);
        child.wait();
        ended one;
        one.exit_code = child.exit_code();
        std::ostringstream text;
        text << std::ifstream(log).rdbuf();
        one.log = text.str();
        restic::output_reader reader([&](restic::snapshot each) { one.snapshots.push_back(std::move(each)); });
        reader.feed(one.log);
        one.said = reader.finish().value();
        return one;
    }

    // The arguments of a Job, at this folder.
    restic::arguments of(const restic::backup_order& order) const {
        auto arguments = restic::backup_arguments(order);
        arguments.back() = data().string();
        return arguments;
    }

    // The id of the snapshot that it made.
    std::string back_up(const restic::backup_order& order) {
        const auto made = run(of(order));
        BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.log);
        return made.said.backup.value().snapshot_id;
    }

    std::vector<restic::snapshot> snapshots() { return run(restic::list_snapshots_arguments({})).snapshots; }

    // Starts a backup, and sends it a signal once it has said a word (by then it holds its lock). The locks that are
    // left.
    std::ptrdiff_t locks_after(int signal, const restic::backup_order& order) {
        process::ipstream said;
        process::child child(program_, process::args(of(order)), environment_, process::std_out > said,
                             process::std_err > process::null, process::std_in < process::null);
        std::string line;
        std::getline(said, line);
        ::kill(child.id(), signal);
        while (std::getline(said, line)) {
        }
        child.wait();
        const std::filesystem::directory_iterator locks(folder() / "repository" / "locks");
        return std::distance(begin(locks), end(locks));
    }

private:
    std::string program_;
    temporary_folder folder_;
    process::environment environment_ = boost::this_process::environment();
};

} // namespace soteria::test
