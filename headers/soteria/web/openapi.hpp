// GET /openapi.json: what openapi/ says, joined to one OpenAPI 3.1 document.
//
//   document.json    the frame: info, security, tags
//   components.json  parameters, headers, security schemes, examples; problem sets
//   schemas/*.json   schemas by name
//   paths/*.json     operations by path
//
// An operation's "x-problems" lists what can go wrong: names of problem sets (components.json, "x-problem-sets") and
// objects {"<status>": ["<code>", ...]}. From it an answer is made for each status, with its codes and their meanings.
// Neither "x-" member is in the joined document. info.version is the build's.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace soteria::web {

// Throws std::runtime_error with a sentence where a part is wrong: an unknown code, a missing set, two of one name.
// `anonymous`: callers without an identity are let in, which the document's "security" says.
boost::json::object openapi_document(bool anonymous);

struct openapi_answer {
    std::string body;
    std::string etag; // strong, of the content
};

openapi_answer openapi_text(bool anonymous);

} // namespace soteria::web
