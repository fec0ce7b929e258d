#include "closest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace soteria::web {
namespace {

constexpr std::size_t longest = 64; // of a word worth comparing
constexpr std::size_t most_changes = 3;

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
}

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = diagonal + (folded(left[i - 1]) == folded(right[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

} // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t fewest = most_changes + 1;
    if (word.size() > longest)
        return best;
    for (const auto candidate : known) {
        const auto changes = distance(word, candidate);
        if (changes < fewest && changes * 2 < candidate.size()) {
            best = candidate;
            fewest = changes;
        }
    }
    return best;
}

} // namespace soteria::web
