// Structured logs: one JSON object (or one plain line) a record, on standard output.
//
//     log::info("operation finished", {{"operation", id}, {"phase", "Succeeded"}});
//
// The message is constant; what varies is in the fields. A secret_string cannot be a field.
#pragma once

#include <boost/json/value.hpp>

#include <initializer_list>
#include <string_view>
#include <utility>

namespace soteria::log {

enum class level { debug, info, warning, error };
enum class format { json, text };

struct field {
    std::string_view name;
    boost::json::value value;
};

// Call once, before the first record; until then `info` and `json` hold. Unknown text: false, nothing changes.
bool configure(std::string_view level_name, std::string_view format_name);

void write(level severity, std::string_view message, std::initializer_list<field> fields = {});

inline void debug(std::string_view message, std::initializer_list<field> fields = {}) {
    write(level::debug, message, fields);
}

inline void info(std::string_view message, std::initializer_list<field> fields = {}) {
    write(level::info, message, fields);
}

inline void warning(std::string_view message, std::initializer_list<field> fields = {}) {
    write(level::warning, message, fields);
}

inline void error(std::string_view message, std::initializer_list<field> fields = {}) {
    write(level::error, message, fields);
}

} // namespace soteria::log
