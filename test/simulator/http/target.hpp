// The request line's target, taken apart.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace simulator {

struct target {
    std::string path;
    std::map<std::string, std::string> query;
};

// Percent-decoded; in the query "+" is a blank. A broken escape stays as it is.
target parse_target(std::string_view text);

// The inverse for a query's key or value.
std::string encode_component(std::string_view text);

} // namespace simulator
