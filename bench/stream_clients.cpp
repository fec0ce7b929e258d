// stream-clients PORT READING STOPPED: that many clients of GET /v1/events in one process, of which STOPPED never read
// what follows the head. Prints "ready", then for each line on its standard input waits until every reading client has
// got one more operation, and prints when they did, in nanoseconds of CLOCK_MONOTONIC: first, median, 99 of 100, last.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::string_view mark = "\nevent: operation\n";
constexpr int patience_ms = 60'000;

struct client {
    int socket = -1;
    std::size_t matched = 0; // of `mark`
    std::uint64_t operations = 0;
};

std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// `small`: the kernel takes as little as it can for one that does not read.
int connected(std::uint16_t port, bool small) {
    const int made = socket(AF_INET, SOCK_STREAM, 0);
    const int bytes = 4096;
    if (small)
        setsockopt(made, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (made < 0 || connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        throw std::runtime_error("no connection");
    return made;
}

// Up to the end of the first blocks: the stream has its place.
void begin(int socket) {
    constexpr std::string_view request = "GET /v1/events HTTP/1.1\r\nHost: soteria\r\n\r\n";
    if (send(socket, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
        throw std::runtime_error("a request could not be sent");
    std::string head;
    while (head.find("\nid: ") == std::string::npos) {
        std::array<char, 2048> part{};
        const auto count = recv(socket, part.data(), part.size(), 0);
        if (count <= 0)
            throw std::runtime_error("no stream: " + head);
        head.append(part.data(), static_cast<std::size_t>(count));
    }
}

// How many operations these bytes end.
std::uint64_t count(client& of, std::string_view bytes) {
    std::uint64_t found = 0;
    for (const char c : bytes) {
        of.matched = c == mark[of.matched] ? of.matched + 1 : c == mark[0] ? 1 : 0;
        if (of.matched == mark.size()) {
            of.matched = 1; // its last character is the first
            ++found;
        }
    }
    return found;
}

// Until all have `wanted`; when each had.
std::vector<std::int64_t> await(int poll, std::vector<client>& clients, std::uint64_t wanted) {
    std::vector<std::int64_t> times;
    std::vector<char> bytes(1 << 16);
    std::array<epoll_event, 512> ready{};
    for (const auto& each : clients)
        if (each.operations >= wanted)
            times.push_back(now());
    while (times.size() < clients.size()) {
        const int some = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), patience_ms);
        if (some <= 0)
            throw std::runtime_error(std::to_string(clients.size() - times.size()) + " clients got nothing");
        for (int at = 0; at < some; ++at) {
            auto& one = clients[ready[static_cast<std::size_t>(at)].data.u64];
            const auto length = recv(one.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (length == 0)
                throw std::runtime_error("a stream has ended");
            const bool had = one.operations >= wanted;
            if (length > 0)
                one.operations += count(one, {bytes.data(), static_cast<std::size_t>(length)});
            if (!had && one.operations >= wanted)
                times.push_back(now());
        }
    }
    return times;
}

void run(std::uint16_t port, std::size_t reading, std::size_t stopped) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const int poll = epoll_create1(0);
    std::vector<client> clients(reading);
    for (std::size_t number = 0; number < reading + stopped; ++number) {
        const int socket = connected(port, number >= reading);
        begin(socket);
        if (number >= reading)
            continue;
        clients[number].socket = socket;
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = number;
        epoll_ctl(poll, EPOLL_CTL_ADD, socket, &wanted);
    }
    std::cout << "ready" << std::endl;
    std::string line;
    for (std::uint64_t round = 1; std::getline(std::cin, line); ++round) {
        auto times = await(poll, clients, round);
        std::ranges::sort(times);
        std::cout << times.front() << ' ' << times[times.size() / 2] << ' ' << times[times.size() * 99 / 100] << ' '
                  << times.back() << std::endl;
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::cerr << "usage: stream-clients PORT READING STOPPED\n";
        return 2;
    }
    try {
        run(static_cast<std::uint16_t>(std::atoi(arguments[1])), std::strtoul(arguments[2], nullptr, 10),
            std::strtoul(arguments[3], nullptr, 10));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "stream-clients: " << error.what() << '\n';
        return 1;
    }
}
