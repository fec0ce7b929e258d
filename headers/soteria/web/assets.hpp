// The console's files, compiled in (generated from assets/ by cmake/embed_assets.cmake).
#pragma once

#include <span>
#include <string_view>

namespace soteria::web {

struct asset {
    std::string_view name; // "index.html", "js/main.js"
    std::string_view content_type;
    std::string_view etag; // "\"<hash of the content>\""
    std::string_view content;
};

std::span<const asset> assets();

} // namespace soteria::web
