#include "test/simulator/kubernetes/seed.hpp"

#include "test/simulator/kubernetes/json_access.hpp"

#include <yaml-cpp/yaml.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace simulator {

namespace {

namespace json = boost::json;

json::value to_json(const YAML::Node& node) {
    if (node.IsMap()) {
        json::object object;
        for (const auto& entry : node) {
            object[entry.first.as<std::string>()] = to_json(entry.second);
        }
        return object;
    }
    if (node.IsSequence()) {
        json::array array;
        for (const auto& entry : node) {
            array.push_back(to_json(entry));
        }
        return array;
    }
    if (!node.IsScalar()) {
        return nullptr;
    }
    const auto& text = node.Scalar();
    if (node.Tag() == "!") { // quoted
        return json::string(text);
    }
    if (text == "null" || text == "~" || text.empty()) {
        return nullptr;
    }
    boost::system::error_code error;
    auto value = json::parse(text, error); // numbers and booleans look the same
    return error || value.is_structured() ? json::value(json::string(text)) : value;
}

void add(const json::value& given, std::vector<json::object>& objects) {
    if (given.is_null()) {
        return;
    }
    if (given.is_array()) {
        for (const auto& one : given.get_array()) {
            add(one, objects);
        }
        return;
    }
    const auto& object = given.as_object();
    if (const auto* items = api::look_array(object, {"items"})) {
        add(*items, objects);
        return;
    }
    objects.push_back(object);
}

} // namespace

std::vector<json::object> read_objects(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    if (!stream) {
        throw std::runtime_error("cannot read " + file);
    }
    std::vector<json::object> objects;
    boost::system::error_code error;
    const auto parsed = json::parse(text.str(), error);
    try {
        if (!error) {
            add(parsed, objects);
            return objects;
        }
        for (const auto& document : YAML::LoadAll(text.str())) {
            add(to_json(document), objects);
        }
    } catch (const std::exception& problem) {
        throw std::runtime_error("cannot use " + file + ": " + problem.what());
    }
    return objects;
}

} // namespace simulator
