// Reading and changing nested JSON without a ladder of checks.
#pragma once

#include <boost/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace simulator::api {

namespace json = boost::json;
using json_path = std::initializer_list<std::string_view>;

// What is there, or nullptr where a step is missing or no object.
const json::value* look(const json::object& root, json_path path);
const json::object* look_object(const json::object& root, json_path path);
const json::array* look_array(const json::object& root, json_path path);

// The string there, or "".
std::string text_at(const json::object& root, json_path path);

// A quantity ("10Gi", "1e9", "500m"); 0 for anything else.
double quantity_at(const json::object& root, json_path path);

// The object there; steps that are missing (or are no objects) become empty objects.
json::object& make_object(json::object& root, json_path path);

// True if the array of strings there holds `text`.
bool array_holds(const json::object& root, json_path path, std::string_view text);

// Takes `text` out of the array of strings there; an array left empty goes as well.
void take_from_array(json::object& root, json_path parent, std::string_view member, std::string_view text);

// What a Secret's values are written in. Decoding stops at the first character that does not belong there.
std::string encode_base64(std::string_view bytes);
std::string decode_base64(std::string_view text);

// RFC 7396.
void merge_patch(json::value& target, const json::value& patch);

} // namespace simulator::api
