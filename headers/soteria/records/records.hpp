// Backups and Restores as custom resources (group soteria.dev, v1alpha1): codec and writes.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace soteria::records {

inline constexpr kube::resource backups{"soteria.dev", "v1alpha1", "backups", "Backup", true};
inline constexpr kube::resource restores{"soteria.dev", "v1alpha1", "restores", "Restore", true};

inline constexpr std::string_view finalizer = "soteria.dev/operation";
// On what an operation makes: the uid of its record.
inline constexpr std::string_view operation_annotation = "soteria.dev/operation";
// On a record: who wants it cancelled.
inline constexpr std::string_view cancel_annotation = "soteria.dev/cancelled-by";
// On a record made by a request: what the request resolved to, a JSON object of strings.
inline constexpr std::string_view resolved_annotation = "soteria.dev/resolved";

// A record as the reflectors keep it.
struct record {
    kube::object_meta meta;
    domain::operation operation;
};

const kube::resource& resource_of(domain::operation_kind kind);

// A stored object; invalid where its shape is not ours (the message names the object and the field).
result<record> decode_backup(const boost::json::object& object);
result<record> decode_restore(const boost::json::object& object);

// The object to create for a request; `name` and what it resolved to go in, the status does not.
boost::json::object encode_new(const domain::operation& operation);
// The whole status of an operation, as the status subresource takes it; unset members are explicit nulls, so that a
// merge patch removes them.
boost::json::object encode_status(const domain::operation& operation);

} // namespace soteria::records
