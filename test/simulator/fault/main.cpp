// fault-proxy: see proxy.hpp.
#include "test/simulator/fault/proxy.hpp"
#include "test/simulator/http/arguments.hpp"

#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

constexpr std::string_view usage =
    "fault-proxy --upstream http://127.0.0.1:PORT [--address 127.0.0.1] [--port 0]\n"
    "            [--tls-cert FILE --tls-key FILE [--client-ca FILE]] [--log-bodies BYTES]\n";

int run(const simulator::arguments& given) {
    if (given.text("--upstream").empty()) {
        throw std::invalid_argument("--upstream is needed");
    }
    boost::asio::io_context context(1);
    const simulator::fault_proxy proxy(context, given.text("--upstream"), given.number("--log-bodies", 0));
    const auto files = given.tls();
    simulator::http_server server(context, given.text("--address", "127.0.0.1"),
                                  static_cast<std::uint16_t>(given.number("--port", 0)), proxy.handle(), files);
    server.start();
    std::printf("listening on %s://%s:%u\n", files ? "https" : "http", given.text("--address", "127.0.0.1").c_str(),
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
        const simulator::arguments given(
            count, values,
            {"--upstream", "--address", "--port", "--tls-cert", "--tls-key", "--client-ca", "--log-bodies"});
        return run(given);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n%.*s", problem.what(), static_cast<int>(usage.size()), usage.data());
        return 2;
    }
}
