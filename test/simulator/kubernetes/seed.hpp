// Objects to begin with, from files.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace simulator {

// Objects of a JSON file (one object, an array, or a List) or of a YAML file (documents, as in manifests). Throws
// std::runtime_error with the file's name in it.
std::vector<boost::json::object> read_objects(const std::string& file);

} // namespace simulator
