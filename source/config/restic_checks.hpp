// What the restic variables mean together.
#pragma once

#include <soteria/config/settings.hpp>

#include <string>
#include <string_view>

namespace soteria::config {

// Makes the repository's URL whole (the endpoint goes in) and returns what is wrong, a line each ("\n  NAME ..."), or
// nothing. No line holds a URL: it may have a password in it.
std::string settle_restic(settings& values);

// The arguments of these that Soteria gives itself, so that nobody else may: "--host", "--tag=x", "-r". `command` is
// backup or forget, where a short form may mean different things. A line each, or nothing.
std::string refuse_reserved(std::string_view variable, std::string_view command, const std::vector<std::string>& given);

} // namespace soteria::config
