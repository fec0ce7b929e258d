// The program as it is started: arguments, exit codes, signals, logs.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace soteria::test;

namespace {

// build/<preset>/test/component/component_app -> build/<preset>/soteria
std::string program() {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    return (self.parent_path().parent_path().parent_path() / "soteria").string();
}

class process {
public:
    process(std::vector<std::string> arguments, std::vector<std::string> environment) {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0)
            throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        arguments.insert(arguments.begin(), program());
        environment.emplace_back("PATH=/usr/bin:/bin");
        const int failed = posix_spawn(&pid_, program().c_str(), &actions, nullptr, pointers(arguments).data(),
                                       pointers(environment).data());
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        output_ = fdopen(ends[0], "r");
        if (failed != 0)
            throw std::runtime_error("cannot start " + program() + "; build the target soteria");
    }

    ~process() {
        if (!waited_)
            wait(SIGKILL);
        std::fclose(output_);
    }

    process(const process&) = delete;
    process& operator=(const process&) = delete;

    // The next line with `part` in it; what came before is kept.
    std::string line_with(const std::string& part) {
        char line[4000];
        while (std::fgets(line, sizeof line, output_) != nullptr) {
            seen_ += line;
            if (std::string(line).find(part) != std::string::npos)
                return line;
        }
        throw std::runtime_error("no line with \"" + part + "\" in: " + seen_);
    }

    void signal(int number) const { kill(pid_, number); }

    // Reads to the end; the exit code, or 128 + the signal.
    int exit_code() {
        char line[4000];
        while (std::fgets(line, sizeof line, output_) != nullptr)
            seen_ += line;
        return wait(0);
    }

    [[nodiscard]] const std::string& output() const { return seen_; }

private:
    static std::vector<char*> pointers(std::vector<std::string>& words) {
        std::vector<char*> made;
        made.reserve(words.size() + 1);
        for (auto& word : words)
            made.push_back(word.data());
        made.push_back(nullptr);
        return made;
    }

    int wait(int with) {
        if (with != 0)
            kill(pid_, with);
        int status = 0;
        waitpid(pid_, &status, 0);
        waited_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    pid_t pid_ = 0;
    FILE* output_ = nullptr;
    std::string seen_;
    bool waited_ = false;
};

// A kubeconfig for the embedded cluster, in a file that goes with this object.
struct kubeconfig {
    explicit kubeconfig(const std::string& server) {
        char name[] = "/tmp/soteria-kubeconfig-XXXXXX";
        close(mkstemp(name));
        path = name;
        std::ofstream(path)
            << R"({"apiVersion":"v1","kind":"Config","current-context":"c",)"
            << R"("clusters":[{"name":"c","cluster":{"server":")" << server << R"("}}],)"
            << R"("users":[{"name":"u","user":{}}],)"
            << R"("contexts":[{"name":"c","context":{"cluster":"c","user":"u","namespace":"soteria"}}]})";
    }

    ~kubeconfig() { std::filesystem::remove(path); }

    kubeconfig(const kubeconfig&) = delete;
    kubeconfig& operator=(const kubeconfig&) = delete;

    std::string path;
};

std::vector<std::string> serving(const demo_cluster& cluster, const kubeconfig& config) {
    return {"KUBECONFIG=" + config.path, "SOTERIA_LONGHORN_URL=" + cluster.longhorn_url(),
            "SOTERIA_LISTEN_ADDR=127.0.0.1:0"};
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_program)

BOOST_AUTO_TEST_CASE(tells_its_version_and_its_settings) {
    process version({"--version"}, {});
    BOOST_TEST(version.exit_code() == 0);
    BOOST_TEST(version.output() == "soteria " SOTERIA_VERSION "\n");
    process help({"--help"}, {});
    BOOST_TEST(help.exit_code() == 0);
    BOOST_TEST(mentions(help.output(), "SOTERIA_LISTEN_ADDR  [:8080]"), help.output());
}

BOOST_AUTO_TEST_CASE(refuses_arguments_that_it_does_not_know) {
    process odd({"--verbose"}, {});
    BOOST_TEST(odd.exit_code() == 2);
    BOOST_TEST(mentions(odd.output(), "\"--verbose\" is not an argument"), odd.output());
}

BOOST_AUTO_TEST_CASE(refuses_bad_settings_all_at_once_with_exit_code_2) {
    process bad({}, {"SOTERIA_BACKUP_DRIVER=tape", "SOTERIA_LOG_LEVEL=loud"});
    BOOST_TEST(bad.exit_code() == 2);
    BOOST_TEST(mentions(bad.output(), "SOTERIA_BACKUP_DRIVER (\"tape\")"), bad.output());
    BOOST_TEST(mentions(bad.output(), "SOTERIA_LOG_LEVEL (\"loud\")"), bad.output());
}

BOOST_AUTO_TEST_CASE(says_how_to_name_a_cluster_where_it_finds_none) {
    process lost({}, {"KUBECONFIG=/nonexistent/config"});
    BOOST_TEST(lost.exit_code() == 2);
    BOOST_TEST(mentions(lost.output(), "KUBECONFIG"), lost.output());
}

BOOST_AUTO_TEST_CASE(logs_json_warns_of_unknown_settings_and_ends_with_0_on_a_signal) {
    const demo_cluster cluster;
    const kubeconfig config(cluster.access().server);
    auto environment = serving(cluster, config);
    environment.emplace_back("SOTERIA_SHUTDOWN_SECONDS=9");
    environment.emplace_back("SOTERIA_BACKUP_DRIVERS=longhorn");
    process served({}, environment);
    const auto listening = json::parse(served.line_with("\"listening\"")).as_object();
    BOOST_TEST(listening.at("level").as_string() == "info");
    BOOST_TEST(listening.at("port").as_int64() > 0);
    BOOST_TEST(mentions(served.output(), "SOTERIA_BACKUP_DRIVERS"), served.output());
    served.signal(SIGTERM);
    const auto stopping = json::parse(served.line_with("\"stopping\"")).as_object();
    BOOST_TEST(stopping.at("seconds").as_int64() == 9);
    BOOST_TEST(served.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(logs_text_and_only_what_is_grave_enough) {
    const demo_cluster cluster;
    const kubeconfig config(cluster.access().server);
    auto environment = serving(cluster, config);
    environment.emplace_back("SOTERIA_LOG_FORMAT=text");
    environment.emplace_back("SOTERIA_LOG_LEVEL=warning");
    environment.emplace_back("SOTERIA_MOONLIGHT=1");
    process served({}, environment);
    const auto warning = served.line_with("SOTERIA_MOONLIGHT");
    BOOST_TEST(mentions(warning, " warning settings "), warning);
    BOOST_TEST(!mentions(served.output(), " info "), served.output());
    served.signal(SIGINT);
    served.exit_code();
}

BOOST_AUTO_TEST_SUITE_END()
