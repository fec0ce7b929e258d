// Structured logs: one JSON object (or one plain line) a record, on standard output.
//
//     log::info("operation finished", {{"operation", id}, {"phase", "Succeeded"}});
//
// The message is constant; what varies is in the fields, and a field that is null is left out. A secret_string cannot
// be a field. A record is one line of valid UTF-8 whatever is in it: what could end the line, or tell a terminal what
// to do, is escaped, and bytes that are no UTF-8 become U+FFFD.
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

// Who did what: written whatever the level, and marked with "audit":true.
void audit(std::string_view message, std::initializer_list<field> fields);

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
