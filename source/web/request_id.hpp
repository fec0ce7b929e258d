// A name for each request, in its answer and in the log.
#pragma once

#include <string>
#include <string_view>

namespace soteria::web {

// The caller's own where it is 1 to 128 of A-Z a-z 0-9 . _ : -, else a new random one.
std::string request_id_for(std::string_view offered);

} // namespace soteria::web
