#include <soteria/app/run.hpp>
#include <soteria/app/service.hpp>
#include <soteria/base/log.hpp>
#include <soteria/config/load.hpp>
#include <soteria/kube/access.hpp>
#include <soteria/web/certificate.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <sys/resource.h>

namespace soteria::app {
namespace {

constexpr int bad_settings = 2;

// What is asked for by arguments; nothing: serve.
struct command {
    std::string prints;
    std::string problem;
};

command read_arguments(std::span<const char* const> arguments) {
    command found;
    for (const std::string_view argument : arguments.subspan(arguments.empty() ? 0 : 1)) {
        if (argument == "--help")
            found.prints = config::help_text();
        else if (argument == "--help=markdown")
            found.prints = config::help_markdown();
        else if (argument == "--version")
            found.prints = "soteria " SOTERIA_VERSION "\n";
        else
            found.problem = "\"" + std::string(argument) + "\" is not an argument; there are --help and --version";
    }
    return found;
}

int refuse(const std::string& message) {
    std::fprintf(stderr, "soteria: %s\n", message.c_str());
    return bad_settings;
}

extern "C" void end_at_once(int signal) {
    std::_Exit(128 + signal);
}

// Never destroyed: its destructor would wait for a name lookup that hangs.
boost::asio::io_context& main_loop() {
    static auto* const loop = new boost::asio::io_context(1);
    return *loop;
}

boost::asio::awaitable<void> serve_until_signal(boost::asio::signal_set& signals, service& running,
                                                std::chrono::seconds patience, int& code) {
    auto first = signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    const auto received = co_await std::move(first);
    log::info("stopping", {{"signal", std::get<1>(received)}, {"seconds", patience.count()}});
    signals.clear();
    // The next one ends the process, whatever it does at that moment. Process 1 of a container has no default action.
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
    const bool in_time = co_await running.stop(async::deadline::after(patience));
    if (!in_time)
        log::warning("stopped with work under way; the next start takes it up");
    code = in_time ? 0 : 1;
}

// Event streams and connections need more than the 1,024 that a shell or an older container runtime begins with; what
// uses select(), which the lower limit is for, is not in this process.
void allow_all_open_files() {
    rlimit allowed{};
    if (getrlimit(RLIMIT_NOFILE, &allowed) != 0 || allowed.rlim_cur == allowed.rlim_max)
        return;
    allowed.rlim_cur = allowed.rlim_max;
    setrlimit(RLIMIT_NOFILE, &allowed);
}

// Null: left out.
boost::json::value told(const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

int serve(const config::settings& settings, kube::cluster_access access, const pace& paces,
          boost::asio::signal_set& signals) {
    std::signal(SIGPIPE, SIG_IGN);
    allow_all_open_files();
    auto& loop = main_loop();
    log::info("starting", {{"version", SOTERIA_VERSION},
                           {"kubernetes", boost::json::value(access.origin)},
                           {"namespace", boost::json::value(access.ns)},
                           {"longhorn", told(settings.longhorn ? settings.longhorn_url : std::string())},
                           {"repository", told(settings.restic.repository)}});
    service running(loop.get_executor(), settings, std::move(access), paces);
    running.start();
    int code = 1;
    std::exception_ptr thrown;
    auto body = serve_until_signal(signals, running, settings.shutdown, code);
    boost::asio::co_spawn(loop, std::move(body), [&](const std::exception_ptr& error) {
        thrown = error;
        loop.stop();
    });
    loop.run();
    if (thrown)
        std::rethrow_exception(thrown);
    log::info("stopped");
    return code;
}

} // namespace

int run(std::span<const char* const> arguments, const pace& paces) {
    const auto asked = read_arguments(arguments);
    if (!asked.problem.empty())
        return refuse(asked.problem);
    if (!asked.prints.empty()) {
        std::fputs(asked.prints.c_str(), stdout);
        return 0;
    }
    // Before anything else, so that a stop at any moment is an orderly one.
    boost::asio::signal_set signals(main_loop(), SIGTERM, SIGINT);
    const auto loaded = config::load(config::process_environment());
    if (!loaded)
        return refuse(loaded.error().message);
    if (const auto& files = loaded->values; !files.tls_cert_file.empty())
        if (const auto usable = web::load_certificate(files.tls_cert_file, files.tls_key_file); !usable)
            return refuse(usable.error().message);
    log::configure(loaded->values.log_level, loaded->values.log_format);
    for (const auto& warning : loaded->warnings)
        log::warning("settings", {{"warning", boost::json::value(warning)}});
    auto access = kube::find_cluster_access(kube::surroundings::of_this_process());
    if (!access)
        return refuse(access.error().message);
    try {
        return serve(loaded->values, std::move(*access), paces, signals);
    } catch (const std::exception& error) {
        log::error("the service cannot go on", {{"why", error.what()}});
        return 1;
    }
}

} // namespace soteria::app
