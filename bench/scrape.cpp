// One scrape of /metrics at 50,000 claims: how long in all, and how long the loop is held at once.
#include <soteria/metrics/exposition.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace soteria;

constexpr int claims = 50000;
constexpr int rounds = 10;

inventory::report large_report(instant now) {
    inventory::report made;
    for (int number = 0; number < claims; ++number) {
        inventory::row row;
        row.pvc = {"namespace-" + std::to_string(number / 50), "data-application-" + std::to_string(number)};
        row.volume = "pvc-0b1f6f1e-7d0c-4c6e-9a55-0000000" + std::to_string(10000 + number);
        row.driver = "longhorn";
        row.health = domain::health::fresh;
        row.last_backup_at = now - std::chrono::seconds(number);
        row.backup_count = number % 100;
        made.rows.push_back(std::move(row));
    }
    return made;
}

double milliseconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

} // namespace

int main() {
    std::shared_ptr<const inventory::report> report =
        std::make_shared<const inventory::report>(large_report(system_clock().now()));
    const telemetry::service_counters counters({"longhorn"});
    const metrics::sources from{
        .inventory = [&] { return report; },
        .refresh = [] { return metrics::refresh_state{}; },
        .service = [] { return metrics::service_state(); },
        .each_operation = [](const metrics::operation_visitor&) {},
        .counters = counters,
        .time = system_clock(),
        .max_age = std::chrono::hours(24),
    };
    double least = 1e9;
    double longest_piece = 0; // of the best round
    std::size_t bytes = 0;
    std::string piece;
    for (int round = 0; round < rounds; ++round) {
        const auto begun = std::chrono::steady_clock::now();
        metrics::scrape one(from);
        double longest = 0;
        bytes = 0;
        for (bool more = true; more;) {
            const auto piece_begun = std::chrono::steady_clock::now();
            piece.clear();
            more = one.next(piece);
            bytes += piece.size();
            longest = std::max(longest, milliseconds_since(piece_begun));
        }
        if (const auto took = milliseconds_since(begun); took < least) {
            least = took;
            longest_piece = longest;
        }
    }
    std::cout << claims << " claims, " << bytes / 1024 << " KiB of text: " << least << " ms in all, " << longest_piece
              << " ms at most at once, " << piece.capacity() / 1024 << " KiB of buffer\n";
}
