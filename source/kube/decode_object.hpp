// The frame of every decoder: metadata, the fields of the kind, and a problem told with the object that has it.
#pragma once

#include "json_fields.hpp"

#include <soteria/kube/objects.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace soteria::kube {

object_meta read_meta(const json_fields& whole, std::optional<failure>& problem);

// Says which object a field's problem belongs to.
failure about(const failure& problem, std::string_view kind, const object_meta& meta);

// `read(fields of the whole object, value)` fills in what is not metadata.
template <class T, class Read>
result<T> decode_object(std::string_view kind, const boost::json::object& object, Read read) {
    std::optional<failure> problem;
    const json_fields fields(&object, "", problem);
    T value;
    value.meta = read_meta(fields, problem);
    read(fields, value);
    if (problem)
        return about(*problem, kind, value.meta);
    return value;
}

} // namespace soteria::kube
