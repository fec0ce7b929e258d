// soteria-demo: the service against a simulated cluster, to be tried out in a browser or with curl.
#include "content.hpp"
#include "embedded_cluster.hpp"
#include "restic_content.hpp"

#include <soteria/app/service.hpp>
#include <soteria/base/log.hpp>
#include <soteria/config/load.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using namespace soteria;

constexpr std::string_view usual_address = "127.0.0.1:8080";
constexpr std::string_view free_address = "127.0.0.1:0";

// What is not set, the demo sets so that things happen while one watches.
config::environment demo_environment() {
    auto given = config::process_environment();
    given.try_emplace("SOTERIA_LISTEN_ADDR", usual_address);
    given.try_emplace("SOTERIA_METRICS_REFRESH_SECONDS", "10");
    given.try_emplace("SOTERIA_RESTIC_REPOSITORY", demo::repository);
    given.try_emplace("SOTERIA_RESTIC_FORGET_ARGS", "--keep-last 30");
    given.try_emplace("SOTERIA_LOG_FORMAT", "text");
    given.try_emplace("SOTERIA_LOG_LEVEL", "warning");
    return given;
}

std::unique_ptr<app::service> make_service(boost::asio::io_context& loop, config::settings& settings,
                                           const kube::cluster_access& access) {
    try {
        return std::make_unique<app::service>(loop.get_executor(), settings, access);
    } catch (const std::exception& error) {
        if (settings.listen_address != usual_address)
            throw;
        std::printf("%s; taking a free port instead.\n", error.what());
        settings.listen_address = free_address;
        return std::make_unique<app::service>(loop.get_executor(), settings, access);
    }
}

void say_hello(const std::string& host, std::uint16_t port, const config::settings& settings) {
    const auto base = "http://" + host + ":" + std::to_string(port);
    std::printf("\n"
                "  Soteria is running against a simulated cluster.\n\n"
                "    console   %s/\n\n"
                "  Try it from another terminal:\n\n"
                "    curl -s %s/v1/inventory\n"
                "    curl -s -X POST %s/v1/backup -H 'Content-Type: application/json' \\\n"
                "         -d '{\"namespace\":\"ai\",\"pvc\":\"llm-cache\"}'\n\n"
                "  Backups and restores take 10 to 20 seconds and show their progress: Longhorn's volumes by Longhorn, "
                "those of\n"
                "  the class local-path by restic.\n",
                base.c_str(), base.c_str(), base.c_str());
    if (settings.auth_required)
        std::printf("  SOTERIA_AUTH_REQUIRED is true: add -H 'Authorization: Bearer ...' or a proxy's headers.\n");
    std::printf("  Ctrl-C ends it; nothing is kept.\n\n");
    std::fflush(stdout);
}

std::string host_of(const std::string& listen_address) {
    const auto host = listen_address.substr(0, listen_address.rfind(':'));
    return host.empty() || host == "0.0.0.0" || host == "[::]" ? "127.0.0.1" : host;
}

boost::asio::awaitable<void> until_signal(app::service& running, std::chrono::seconds patience) {
    boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGINT, SIGTERM);
    auto first = signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    (void)co_await std::move(first);
    signals.clear();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    std::printf("\nStopping ...\n");
    std::fflush(stdout);
    (void)co_await running.stop(async::deadline::after(patience));
}

int run() {
    std::signal(SIGPIPE, SIG_IGN);
    auto loaded = config::load(demo_environment());
    if (!loaded) {
        std::fprintf(stderr, "soteria-demo: %s\n", loaded.error().message.c_str());
        return 2;
    }
    auto& settings = loaded->values;
    log::configure(settings.log_level, settings.log_format);
    for (const auto& warning : loaded->warnings)
        log::warning("settings", {{"warning", boost::json::value(warning)}});
    simulator::longhorn_options longhorn;
    longhorn.restore_seconds = 7;
    longhorn.backup_seconds = 8;
    simulator::restic_options restic;
    restic.duration = std::chrono::seconds(12);
    demo::embedded_cluster cluster(longhorn, restic);
    cluster.with([&cluster](auto& kubernetes, auto& manager) {
        demo::fill(kubernetes, manager);
        demo::fill_restic(kubernetes, cluster.restic());
    });
    settings.longhorn_url = cluster.longhorn_url();
    boost::asio::io_context loop(1);
    const auto running = make_service(loop, settings, cluster.access());
    running->start();
    say_hello(host_of(settings.listen_address), running->port(), settings);
    auto body = until_signal(*running, std::min(settings.shutdown, std::chrono::seconds(5)));
    boost::asio::co_spawn(loop, std::move(body), [&loop](const std::exception_ptr&) { loop.stop(); });
    loop.run();
    return 0;
}

} // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soteria-demo: %s\n", error.what());
        return 1;
    }
}
