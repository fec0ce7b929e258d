// kubernetes-simulator: the simulated Kubernetes as a process of its own.
#include "test/simulator/http/arguments.hpp"
#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/kubernetes/seed.hpp"
#include "test/simulator/restic/restic.hpp"

#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <exception>

namespace {

constexpr std::string_view usage =
    "kubernetes-simulator [--address 127.0.0.1] [--port 0] [--tls-cert FILE --tls-key FILE [--client-ca FILE]]\n"
    "                     [--seed FILE]... [--crds FILE...] [--history COUNT] [--bookmark-milliseconds N]\n"
    "                     [--controller-delay-milliseconds N] [--node NAME]... [--restic-milliseconds N]\n"
    "Files hold JSON (object, array or List) or YAML documents. Controls are under /_simulator/: POST force-gone,\n"
    "POST cut-watches, POST apply, GET count, GET requests, DELETE requests, POST faults, DELETE faults (of the Pods "
    "of\n"
    "Jobs), and those of the simulated restic under restic/.\n";

int run(const simulator::arguments& given) {
    boost::asio::io_context context(1);
    simulator::kubernetes_options options;
    options.control = true;
    options.history = given.number("--history", options.history);
    options.bookmark_every = std::chrono::milliseconds(given.number("--bookmark-milliseconds", 60'000));
    options.controller_delay = std::chrono::milliseconds(given.number("--controller-delay-milliseconds", 0));
    if (const auto named = given.all("--node"); !named.empty()) {
        options.nodes = named;
    }
    simulator::restic_options pace;
    pace.duration = std::chrono::milliseconds(given.number("--restic-milliseconds", 500));
    options.player = std::make_shared<simulator::restic>(pace);
    simulator::kubernetes cluster(context, options);
    for (const auto* flag : {"--crds", "--seed"}) {
        for (const auto& file : given.all(flag)) {
            for (auto& object : simulator::read_objects(file)) {
                cluster.apply(std::move(object));
            }
        }
    }
    const bool tls = !given.text("--tls-cert").empty();
    const auto files = given.tls();
    simulator::http_server server(context, given.text("--address", "127.0.0.1"),
                                  static_cast<std::uint16_t>(given.number("--port", 0)), cluster.handle(), files);
    server.start();
    std::printf("listening on %s://%s:%u\n", tls ? "https" : "http", given.text("--address", "127.0.0.1").c_str(),
                static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    boost::asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&context](const boost::system::error_code&, int) { context.stop(); });
    context.run();
    return 0;
}

} // namespace

int main(int count, char** values) {
    try {
        const simulator::arguments given(count, values,
                                         {"--address", "--port", "--tls-cert", "--tls-key", "--client-ca", "--seed",
                                          "--crds", "--history", "--bookmark-milliseconds",
                                          "--controller-delay-milliseconds", "--node", "--restic-milliseconds"});
        return run(given);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n%.*s", problem.what(), static_cast<int>(usage.size()), usage.data());
        return 2;
    }
}
