// Reading optional members of a record: absent, null or of another type is "not there" (the CRD's schema has checked
// the types; a record from a later version may know more).
#pragma once

#include <soteria/base/time.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::records {

const boost::json::object* find_object(const boost::json::object& in, std::string_view name);
const boost::json::array* find_array(const boost::json::object& in, std::string_view name);
std::string text_of(const boost::json::object& in, std::string_view name);
bool flag_of(const boost::json::object& in, std::string_view name, bool otherwise);
std::optional<std::int64_t> number_of(const boost::json::object& in, std::string_view name);
std::optional<instant> instant_of(const boost::json::object& in, std::string_view name);
std::vector<std::string> texts_of(const boost::json::object& in, std::string_view name);
std::map<std::string, std::string> text_map(const boost::json::object* in);

} // namespace soteria::records
