// Reading restic's JSON leniently: a member that is absent or of another type is as good as not there.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

std::string text_member(const boost::json::object& object, std::string_view name);
// Whole numbers up to 2^63-1; larger ones, and negative ones, count as absent (restic's are unsigned).
std::optional<std::int64_t> count_member(const boost::json::object& object, std::string_view name);
std::optional<double> real_member(const boost::json::object& object, std::string_view name);
std::vector<std::string> texts_member(const boost::json::object& object, std::string_view name);
const boost::json::object* object_member(const boost::json::object& object, std::string_view name);

} // namespace soteria::restic
