// Kubernetes' JSON into the values of objects.hpp. Pure.
//
// Unknown fields are skipped and absent optional ones keep their defaults; a field of the wrong type, or an object
// without a name, is bad_answer with the field's path in the message. Nothing here keeps a reference to the JSON.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/json/object.hpp>

#include <functional>

namespace soteria::kube {

template <class T>
using decoder = std::function<result<T>(const boost::json::object&)>;

// From the whole object (the one that holds "metadata").
result<object_meta> decode_meta(const boost::json::object& object);

result<persistent_volume_claim> decode_persistent_volume_claim(const boost::json::object& object);
result<persistent_volume> decode_persistent_volume(const boost::json::object& object);
result<storage_class> decode_storage_class(const boost::json::object& object);
result<kube_namespace> decode_namespace(const boost::json::object& object);

// Erases metadata.managedFields: by far the largest part of many objects, and of no use here.
void drop_managed_fields(boost::json::object& object);

} // namespace soteria::kube
