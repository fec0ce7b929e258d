// Growing pauses between tries, with jitter, so that a herd spreads out.
#pragma once

#include <chrono>
#include <functional>
#include <random>

namespace soteria::async {

// client-go's reflector: 0.8 s doubling to 30 s, each up to twice as long by jitter.
struct backoff_policy {
    std::chrono::milliseconds first{800};
    double factor = 2.0;
    std::chrono::milliseconds ceiling{30000};
    double jitter = 1.0; // 1.0: a pause lies between its nominal length and twice that
};

// Returns a number in [0, 1). Injected, so that tests are exact.
using random_source = std::function<double()>;
random_source seeded_random();

class backoff {
public:
    explicit backoff(backoff_policy policy = {}, random_source random = seeded_random());
    // The pause before the next try.
    std::chrono::milliseconds next();
    // After success or a long healthy run: starts over.
    void reset();

private:
    backoff_policy policy_;
    random_source random_;
    double current_;
};

} // namespace soteria::async
