// The environment into settings, and the settings' own documentation.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/config/settings.hpp>

#include <map>
#include <string>
#include <vector>

namespace soteria::config {

// Names and values, as environ has them; what does not begin with SOTERIA_ is not looked at.
using environment = std::map<std::string, std::string>;

// The process's own.
environment process_environment();

struct loaded {
    settings values;
    std::vector<std::string> warnings; // sentences: unknown variables, settings that are unsafe
};

// errc::invalid: one message that lists every problem, a line each. Secret values are not in it.
result<loaded> load(const environment& from);

// What an empty environment gives.
settings defaults();

// For a terminal: every variable with default, unit and meaning.
std::string help_text();
// The same as a Markdown table.
std::string help_markdown();

} // namespace soteria::config
