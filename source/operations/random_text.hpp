// A text that nobody else comes up with.
#pragma once

#include <string>

namespace soteria::operations {

std::string random_text();

} // namespace soteria::operations
