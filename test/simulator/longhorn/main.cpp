// longhorn-simulator: the simulated Longhorn manager as a process of its own. --help tells the flags.
#include "kubernetes.hpp"
#include "longhorn.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr const char* usage =
    "longhorn-simulator [--address 127.0.0.1] [--port 0] [--version 1.6|1.7|1.8|1.9|1.10|1.11|1.12]\n"
    "    [--time-scale 1] [--restore-seconds 3] [--backup-seconds 4] [--restore-slots 0] [--node NAME]...\n"
    "    [--target URL] [--seed FILE]\n"
    "    [--kubernetes URL [--kubernetes-token TOKEN] [--kubernetes-ca FILE]]\n"
    "Prints \"listening on http://ADDRESS:PORT\". --time-scale 0.1 makes everything ten times faster, the seconds\n"
    "included. With --kubernetes it follows the cluster's PVs and, as Longhorn does, deletes a deleted volume's PV and "
    "claim.\n";

struct settings {
    simulator::longhorn_options longhorn;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string seed_file;
    simulator::cluster_access kubernetes;
};

int minor_version(const std::string& text) {
    const std::string minor = text.starts_with("1.") ? text.substr(2) : "";
    const int number = minor.empty() ? 0 : std::stoi(minor);
    if (number < 6 || number > 12) {
        throw std::invalid_argument("--version is " + text + ", but only 1.6 to 1.12 are simulated.");
    }
    return number;
}

void set(settings& into, const std::string& flag, const std::string& value) {
    if (flag == "--address") {
        into.address = value;
    } else if (flag == "--port") {
        into.port = static_cast<std::uint16_t>(std::stoi(value));
    } else if (flag == "--version") {
        into.longhorn.version = minor_version(value);
    } else if (flag == "--time-scale") {
        into.longhorn.time_scale = std::stod(value);
    } else if (flag == "--restore-seconds") {
        into.longhorn.restore_seconds = std::stod(value);
    } else if (flag == "--backup-seconds") {
        into.longhorn.backup_seconds = std::stod(value);
    } else if (flag == "--restore-slots") {
        into.longhorn.restore_slots = std::stoi(value);
    } else if (flag == "--target") {
        into.longhorn.target_url = value;
    } else if (flag == "--seed") {
        into.seed_file = value;
    } else if (flag == "--kubernetes") {
        into.kubernetes.url = value;
    } else if (flag == "--kubernetes-token") {
        into.kubernetes.token = value;
    } else if (flag == "--kubernetes-ca") {
        into.kubernetes.ca_file = value;
    } else if (flag == "--node") {
        into.longhorn.nodes.push_back(value);
    } else {
        throw std::invalid_argument("The flag " + flag + " is unknown.\n" + usage);
    }
}

settings parse(const std::vector<std::string>& words) {
    settings read;
    read.longhorn.nodes.clear();
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (words[index] == "--help") {
            std::cout << usage;
            std::exit(0);
        }
        std::string flag = words[index];
        std::string value;
        if (const auto equals = flag.find('='); equals != std::string::npos) {
            value = flag.substr(equals + 1);
            flag.resize(equals);
        } else if (++index < words.size()) {
            value = words[index];
        } else {
            throw std::invalid_argument("The flag " + flag + " needs a value.\n" + usage);
        }
        set(read, flag, value);
    }
    if (read.longhorn.nodes.empty()) {
        read.longhorn.nodes.emplace_back("node1");
    }
    return read;
}

void seed_from(const simulator::longhorn& manager, const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument("The seed " + path + " cannot be read.");
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    manager.seed(boost::json::parse(text));
}

// Owns the listening socket, so that the manager can be gone for a while and come back on the same port.
class front {
public:
    front(asio::io_context& context, std::string address, std::uint16_t port)
        : context_(context), address_(std::move(address)), port_(port), timer_(context) {}

    void open(simulator::handler handle) {
        handle_ = std::move(handle);
        open();
    }

    // After the answer to the one who asked for it has gone out.
    void close_for(std::chrono::milliseconds duration) {
        timer_.expires_after(20ms);
        timer_.async_wait([this, duration](boost::system::error_code error) {
            if (error) {
                return;
            }
            server_.reset();
            timer_.expires_after(duration);
            timer_.async_wait([this](boost::system::error_code again) {
                if (!again) {
                    open();
                }
            });
        });
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

    void close() {
        timer_.cancel();
        server_.reset();
    }

private:
    void open() {
        server_.emplace(context_, address_, port_, handle_);
        port_ = server_->port();
        server_->start();
    }

    asio::io_context& context_;
    std::string address_;
    std::uint16_t port_;
    asio::steady_timer timer_;
    simulator::handler handle_;
    std::optional<simulator::http_server> server_;
};

int run(const std::vector<std::string>& words) {
    settings chosen = parse(words);
    asio::io_context context(1);
    front entrance(context, chosen.address, chosen.port);
    chosen.longhorn.clock = [] { return std::chrono::system_clock::now(); };
    chosen.longhorn.restart = [&entrance](std::chrono::milliseconds duration) { entrance.close_for(duration); };
    const simulator::longhorn manager(chosen.longhorn);
    if (!chosen.seed_file.empty()) {
        seed_from(manager, chosen.seed_file);
    }
    std::optional<simulator::kubernetes_link> cluster;
    if (!chosen.kubernetes.url.empty()) {
        cluster.emplace(context, manager, chosen.kubernetes);
    }
    entrance.open(manager.handle());
    std::cout << "listening on http://" << chosen.address << ':' << entrance.port() << std::endl;
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        entrance.close();
        cluster.reset();
        context.stop();
    });
    context.run();
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& wrong) {
        std::cerr << wrong.what() << '\n';
        return 1;
    }
}
