// What a driver knows of the complete backups of one PVC.
#pragma once

#include <soteria/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace soteria::inventory {

// Complete backups only.
struct known_backups {
    std::int64_t count = 0;
    std::optional<instant> newest_at; // time of the data
    std::optional<std::int64_t> newest_size_bytes;
};

// What is last known, and whether it is to be believed.
struct backups_answer {
    const known_backups* backups = nullptr; // never null, lives until the view takes in something new
    std::string unknown_because;            // a sentence; empty: they are to be believed
};

} // namespace soteria::inventory
