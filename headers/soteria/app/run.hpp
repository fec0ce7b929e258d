// The program: arguments, environment, signals, exit code.
#pragma once

#include <soteria/app/service.hpp>

#include <span>
#include <string_view>

namespace soteria::app {

// 0: stopped in order; 1: it could not start or not stop in time; 2: bad arguments or settings, with one message that
// lists all of them. SIGTERM and SIGINT stop it, a second one ends it at once.
int run(std::span<const char* const> arguments, const pace& paces = {});

} // namespace soteria::app
