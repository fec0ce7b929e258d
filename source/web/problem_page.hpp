// A refusal as a page, for whoever opens the console in a browser; programs get problem details.
#pragma once

#include <soteria/web/problem.hpp>

namespace soteria::web {

// A browser on its way to a page: its Accept names text/html, which scripts and programs do not send.
bool wants_page(const request& asked);

// Says in words what happened and what to do, with the request id. What it quotes is escaped.
response to_page(const problem& what, const request& about);

} // namespace soteria::web
