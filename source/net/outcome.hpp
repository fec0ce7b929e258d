// What the end of a transfer means to the caller. Pure.
#pragma once

#include <soteria/base/result.hpp>

#include <curl/curl.h>

#include <string>
#include <string_view>

namespace soteria::net {

// GET and HEAD: losing their answer loses nothing.
bool changes_something(std::string_view method);

struct transfer_end {
    CURLcode code = CURLE_OK;
    bool sent = false;    // at least one byte of the request was handed to the connection
    bool harmless = true; // !changes_something(method)
    std::string what;     // "GET https://host/path"
    std::string detail;   // libcurl's own words, may be empty
};

// Of a transfer that libcurl ended with an error.
failure failed_transfer(const transfer_end& end);
// Of a transfer that the deadline ended.
failure late_transfer(const transfer_end& end);

// "GET https://host/path" without the query, which is long and says little.
std::string describe_request(std::string_view method, std::string_view url);

} // namespace soteria::net
