// Whether the cluster itself has checked what a Restore made with kubectl reaches for beyond its namespace: the
// ValidatingAdmissionPolicy "soteria-restores" of manifests/base/admission.yaml. Who made a record is known at its
// admission only, so where the policy was not in force, nobody has checked it.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <optional>

namespace soteria::operations {

// An API server applies a policy a moment after it was made, and each of several in its own time.
inline constexpr std::chrono::seconds policy_settles{10};

// The policy and its binding as the API shows them; nothing: there is none. True if both were made more than
// `policy_settles` before the record and the binding denies. What was deleted and made anew counts from then.
bool in_force(const std::optional<boost::json::object>& policy, const std::optional<boost::json::object>& binding,
              instant record_created);

enum class admission { unchecked, checked };

// Reads both and judges. A cluster that does not know such policies, or does not let us read them, has none. Other
// failures are the client's.
boost::asio::awaitable<result<admission>> look_at_admission(kube::client& kubernetes, instant record_created,
                                                            async::deadline until);

} // namespace soteria::operations
