// Small makers of answers.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/web/message.hpp>
#include <soteria/web/problem.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace soteria::web {

// application/json, not to be kept by caches
response json_answer(int status, const boost::json::object& document);
response failure_answer(const failure& error, const request& about);
// If-None-Match against an entity tag; weak comparison.
bool client_has(const request& asked, std::string_view etag);

} // namespace soteria::web
