#include <soteria/async/backoff.hpp>

#include <algorithm>
#include <utility>

namespace soteria::async {

random_source seeded_random() {
    std::minstd_rand engine(std::random_device{}());
    std::uniform_real_distribution<double> distribution(0.0, 1.0);
    return [engine, distribution]() mutable { return distribution(engine); };
}

backoff::backoff(backoff_policy policy, random_source random)
    : policy_(policy), random_(std::move(random)), current_(static_cast<double>(policy.first.count())) {}

std::chrono::milliseconds backoff::next() {
    const double ceiling = static_cast<double>(policy_.ceiling.count());
    const double nominal = std::min(current_, ceiling);
    current_ = std::min(current_ * policy_.factor, ceiling);
    return std::chrono::milliseconds(static_cast<std::int64_t>(nominal * (1.0 + policy_.jitter * random_())));
}

void backoff::reset() {
    current_ = static_cast<double>(policy_.first.count());
}

} // namespace soteria::async
