// The one table of settings: loading, --help and the documentation are printed from it.
#pragma once

#include <soteria/config/settings.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace soteria::config {

struct variable {
    std::string_view name = {};
    std::string_view default_text = {}; // parsed like a value; empty: nothing
    std::string_view unit = {};         // "seconds", "hours", "bytes"; empty: none
    bool secret = false;                // its value never stands in a message
    // Set to nothing it is an empty list; all others take their default then.
    bool empty_counts = false;
    std::string_view help = {}; // one sentence
    // Stores the value; what is wrong with it otherwise, as the end of a sentence ("must be a whole number ...").
    std::optional<std::string> (*parse)(settings& into, std::string_view text) = nullptr;
};

// In the order of the documentation.
std::span<const variable> variables();

} // namespace soteria::config
