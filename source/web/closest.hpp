// "did you mean": the known word nearest to a misspelt one.
#pragma once

#include <span>
#include <string_view>

namespace soteria::web {

// Within three changed, added or missing letters, and fewer than half of the word; empty: none is near.
std::string_view closest(std::string_view word, std::span<const std::string_view> known);

} // namespace soteria::web
