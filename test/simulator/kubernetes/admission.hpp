// What happens to an object on its way into the store: decoding, defaults, the kind's checks.
#pragma once

#include "test/simulator/kubernetes/status.hpp"

#include <string>
#include <vector>

namespace simulator::api {

// Takes empty maps and lists, nulls and what is never kept out of metadata.
void tidy_metadata(json::object& object);

// Refuses (400, 422) an object of another kind.
void check_type(const kind& which, const json::object& object);

// "strict decoding error: unknown field ...".
std::string strict_message(const std::vector<std::string>& unknown);

// The defaults of the kind's spec and of its schema.
void fill_all(const kind& which, json::object& object);

// As it is read from a request: pruned (refused with 400 if `strict` and there was something to prune), tidied, filled.
void decode(const kind& which, json::object& object, bool strict);

// Refuses (422) with all that is wrong; `old` is null for a new object.
void validate(const kind& which, const json::object* old, const json::object& object);

} // namespace simulator::api
