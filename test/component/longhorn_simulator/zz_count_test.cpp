#include "replay.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>

// In a file that sorts last, so that it runs after the others.
BOOST_AUTO_TEST_CASE(as_many_recordings_are_replayed_as_there_were) {
    const auto [exchanges, sequences] = replay::replayed();
    std::cout << "recorded exchanges replayed: " << exchanges << ", recorded sequences: " << sequences << '\n';
    BOOST_TEST((exchanges == 0 || exchanges >= 100), "Only " << exchanges << " exchanges were replayed.");
}
